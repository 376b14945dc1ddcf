/// Caddy's access lines as `CaddyAccessLog.read` has them.
extension EntryDraft {
  mutating func readCaddy(_ scan: LineSlots, _ line: Span<UInt8>, _ settings: DirectSettings) {
    removeAll(.request)
    guard let request = scan.slot(.request), request.form == .object,
      let status = scan.slot(.status), status.form == .number, !settings.isCaddyUnclear,
      scan.slot(.groups).map({ $0.form == .null }) ?? true
    else {
      isUnclear = true
      return
    }
    takeCaddyTime(scan, line, settings)
    takeRequestID(scan, line)
    takeTraceID(scan, line)
    take(text: .userID, as: RequestKey.principal.rawValue, scan, line)
    if let groups = scan.slot(.answerGroups) {
      if groups.form == .codedText { isUnclear = true }
      take(list: groups, as: RequestKey.groups.rawValue, line)
    }
    takePeer(scan, line)
    takeTarget(scan, line, settings)
    take(integer: .status, as: RequestKey.status.rawValue, in: 0...999, scan, line)
    takeDuration(scan, line)
    take(integer: .bytesRead, as: RequestKey.bytesIn.rawValue, in: 0...Int.max, scan, line)
    take(integer: .size, as: RequestKey.bytesOut.rawValue, in: 0...Int.max, scan, line)
    takeRunID(scan, line)
    takeTLS(scan, line)
  }

  private mutating func takeCaddyTime(
    _ scan: LineSlots, _ line: Span<UInt8>, _ settings: DirectSettings
  ) {
    takeEpochSeconds(scan, line)
    // Between these, seconds are the only unit; at the edges the long way decides.
    let range: Range<Int64> = 946_684_801_000_000..<253_402_300_798_000_000
    if !range.contains(timestamp.microseconds) { isUnclear = true }
  }

  /// The gateway's own words, in this order.
  private mutating func takeRequestID(_ scan: LineSlots, _ line: Span<UInt8>) {
    let slot =
      meaningful(.requestID, scan, line) ?? scan.slot(.answerRequestID)
      ?? meaningful(.uuid, scan, line)
    guard let slot else { return }
    if slot.form != .text { isUnclear = true }
    set(RequestKey.requestID.rawValue, text: slot, line)
    id = slot.range
  }

  private mutating func takeTraceID(_ scan: LineSlots, _ line: Span<UInt8>) {
    for place in [LinePlace.traceIDCaddy, .traceID] {
      guard let slot = meaningful(place, scan, line) else { continue }
      if slot.form != .text { isUnclear = true }
      guard TraceParent.isTraceID(line.extracting(slot.range)) else { continue }
      return set(RequestKey.traceID.rawValue, .quotedLine, slot.range)
    }
  }

  private mutating func takePeer(_ scan: LineSlots, _ line: Span<UInt8>) {
    take(text: .clientAddress, as: RequestKey.remoteIP.rawValue, scan, line)
    if !has(RequestKey.remoteIP.rawValue) {
      take(text: .peerAddress, as: RequestKey.remoteIP.rawValue, scan, line)
    }
    if let agent = scan.slot(.agent) { set(RequestKey.userAgent.rawValue, text: agent, line) }
    take(text: .requestMethod, as: RequestKey.method.rawValue, scan, line)
    take(text: .requestHost, as: RequestKey.host.rawValue, scan, line)
    guard let port = meaningful(.peerPort, scan, line) else { return }
    guard let number = line.wholeNumber(port.range), number <= 65_535,
      port.range.count == 1 || line[port.range.lowerBound] != UInt8(ascii: "0")
    else {
      isUnclear = true
      return
    }
    set(RequestKey.remotePort.rawValue, .line, port.range)
  }

  private mutating func takeDuration(_ scan: LineSlots, _ line: Span<UInt8>) {
    guard let slot = scan.slot(.duration), slot.form != .null else { return }
    // A whole number may be of another unit.
    if slot.form == .number, line.wholeNumber(slot.range) != nil,
      line[slot.range.lowerBound] != 0x30
    {
      isUnclear = true
    }
    take(seconds: .duration, as: RequestKey.durationSeconds.rawValue, scan, line)
  }

  private mutating func takeRunID(_ scan: LineSlots, _ line: Span<UInt8>) {
    if let slot = scan.slot(.answerRunID) {
      return set(RequestKey.runID.rawValue, text: slot, line)
    }
    guard let slot = scan.slot(.answerLocation) else { return }
    if slot.form != .text { isUnclear = true }
    if let range = line.lastSegment(slot.range, after: "runs") {
      set(RequestKey.runID.rawValue, .quotedLine, range)
    }
  }

  private mutating func takeTLS(_ scan: LineSlots, _ line: Span<UInt8>) {
    if let number = tlsNumber(.protocolVersion, scan, line) {
      make(RequestKey.tlsVersion.rawValue) { bytes in
        if number == 772 { return bytes.append(copying: "\"TLS1.3\"") }
        JSONEscape.appendQuoted(TLSNames.version(number), to: &bytes)
      }
    }
    if let number = tlsNumber(.cipherSuite, scan, line) {
      make(RequestKey.tlsCipher.rawValue) { bytes in
        switch number {
        case 0x1301: bytes.append(copying: "\"TLS_AES_128_GCM_SHA256\"")
        case 0x1302: bytes.append(copying: "\"TLS_AES_256_GCM_SHA384\"")
        case 0x1303: bytes.append(copying: "\"TLS_CHACHA20_POLY1305_SHA256\"")
        default: JSONEscape.appendQuoted(TLSNames.cipherSuite(number), to: &bytes)
        }
      }
    }
  }

  private mutating func tlsNumber(
    _ place: LinePlace, _ scan: LineSlots, _ line: Span<UInt8>
  ) -> Int? {
    guard let slot = scan.slot(place), slot.form != .null else { return nil }
    if slot.form == .number, let number = line.wholeNumber(slot.range), number <= 65_535 {
      return number
    }
    isUnclear = true
    return nil
  }
}

extension Span<UInt8> {
  /// The last segment of a path within `range`, when the one before it is `parent`; query and
  /// fragment aside, empty segments passed over.
  fileprivate func lastSegment(_ range: Range<Int>, after parent: StaticString) -> Range<Int>? {
    var end = range.lowerBound
    while end < range.upperBound, self[end] != UInt8(ascii: "?"), self[end] != UInt8(ascii: "#") {
      end += 1
    }
    guard let last = segment(before: end, from: range.lowerBound),
      let before = segment(before: last.lowerBound, from: range.lowerBound),
      extracting(before).equals(parent)
    else { return nil }
    return last
  }

  /// The segment that ends at or before `end`.
  private func segment(before end: Int, from first: Int) -> Range<Int>? {
    var last = end
    while last > first, self[last - 1] == UInt8(ascii: "/") { last -= 1 }
    var start = last
    while start > first, self[start - 1] != UInt8(ascii: "/") { start -= 1 }
    return start < last ? start..<last : nil
  }
}
