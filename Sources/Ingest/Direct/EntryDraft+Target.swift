/// Request targets as `RequestTarget` and `TriggerRoute` have them.
extension EntryDraft {
  /// Parameters of one query taken; with more the long way is gone.
  private static let parameterCountMax = 16

  mutating func takeTarget(_ scan: LineSlots, _ line: Span<UInt8>, _ settings: DirectSettings) {
    guard let slot = meaningful(.uri, scan, line), slot.form == .text,
      line[slot.range.lowerBound] == UInt8(ascii: "/")
    else {
      isUnclear = true
      return
    }
    var end = slot.range.lowerBound
    while end < slot.range.upperBound, line[end] != UInt8(ascii: "?") { end += 1 }
    let path = slot.range.lowerBound..<end
    set(RequestKey.path.rawValue, .quotedLine, path)
    if end < slot.range.upperBound { takeQuery(end + 1..<slot.range.upperBound, line) }
    takeJob(path, scan, line, settings)
  }

  private mutating func takeQuery(_ range: Range<Int>, _ line: Span<UInt8>) {
    var names: [Range<Int>] = []
    var start = range.lowerBound
    for index in range.lowerBound...range.upperBound {
      let isEnd = index == range.upperBound
      // What is decoded, and what sorts otherwise than its bytes, goes the long way.
      if !isEnd,
        line[index] == UInt8(ascii: "%") || line[index] == UInt8(ascii: "+") || line[index] >= 0x80
      {
        isUnclear = true
      }
      guard isEnd || line[index] == UInt8(ascii: "&") || line[index] == UInt8(ascii: ";") else {
        continue
      }
      var end = start
      while end < index, line[end] != UInt8(ascii: "=") { end += 1 }
      if end > start,
        !names.contains(where: { line.extracting($0).equals(line.extracting(start..<end)) })
      {
        names.append(start..<end)
      }
      start = index + 1
    }
    guard !names.isEmpty else { return }
    if names.count > EntryDraft.parameterCountMax { isUnclear = true }
    names.sort { line.extracting($0).precedes(line.extracting($1)) }
    make(RequestKey.queryKeys.rawValue) { bytes in
      for (number, name) in names.enumerated() {
        bytes.append(number == 0 ? UInt8(ascii: "[") : UInt8(ascii: ","))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(copying: line.extracting(name))
        bytes.append(UInt8(ascii: "\""))
      }
      bytes.append(UInt8(ascii: "]"))
    }
  }

  private mutating func takeJob(
    _ path: Range<Int>, _ scan: LineSlots, _ line: Span<UInt8>, _ settings: DirectSettings
  ) {
    guard let method = meaningful(.requestMethod, scan, line) else { return }
    if method.form != .text { isUnclear = true }
    for route in settings.log.triggerRoutes
    where line.extracting(method.range).equals(route.method.utf8Span.span) {
      for index in path where line[index] == UInt8(ascii: "%") { isUnclear = true }
      guard
        let job = route.job(
          method: line.extracting(method.range), path: line.extracting(path))
      else { continue }
      let start = path.lowerBound
      return set(
        RequestKey.job.rawValue, .quotedLine, start + job.lowerBound..<start + job.upperBound)
    }
  }
}

extension Span<UInt8> {
  /// Whether it comes first in bytewise order.
  fileprivate func precedes(_ other: Span<UInt8>) -> Bool {
    for index in 0..<Swift.min(count, other.count) where self[index] != other[index] {
      return self[index] < other[index]
    }
    return count < other.count
  }
}
