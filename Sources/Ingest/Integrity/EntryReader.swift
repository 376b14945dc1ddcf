/// What the bytes of one entry say, where they were read.
package struct EntryFacts: Sendable, Equatable {
  /// Nil when the entry is no record.
  package let timestamp: Timestamp?
  package let receivedAt: Timestamp?
}

/// Reads entries for what verifying asks: whether each is a record, and its two times.
///
/// An entry as writers of ours make them is validated in full by the line scanner, and its values by
/// their first bytes; any other is parsed and made into a record. Both give the same answer: where the
/// first has any doubt, the second decides. `Benchmarks/verify/run.sh`: what verify takes beyond --integrity.
package struct EntryReader {
  /// One path of the scanner as one kind sees it.
  private struct Check {
    let path: Int
    let value: RecordShape.Value
    let isRequired: Bool
  }

  private struct Kind {
    let word: [UInt8]
    let checks: [Check]
  }

  private let version: Int
  private let kind: Int
  private let kinds: [Kind]
  private let header: [Check]
  private var scanner: JSONLineScanner
  private var times = InstantReader()
  private var arrivals = InstantReader()
  private var document = JSONDocument()

  package init() {
    var paths = LinePaths()
    var numbers: [String: Int] = [:]
    func number(_ key: StaticString) -> Int {
      let name = key.description
      if let known = numbers[name] { return known }
      let new = paths.add(key)
      numbers[name] = new
      return new
    }
    version = number("v")
    kind = number("kind")
    header = RecordShape.header.enumerated().map {
      Check(
        path: number($1.key), value: $1.value, isRequired: $0 < RecordShape.requiredCount)
    }
    kinds = RecordShape.kinds.map { kind in
      let required = RecordShape.required(of: kind)
      return Kind(
        word: Array("\"\(kind.rawValue)\"".utf8),
        checks: RecordShape.fields(of: kind).map {
          Check(
            path: number($0.key), value: $0.value,
            isRequired: required.contains($0.key.description))
        })
    }
    scanner = JSONLineScanner(paths)
  }

  /// The facts of each line of `text`, which ends with a newline.
  package mutating func facts(of text: Span<UInt8>, count: Int) -> [EntryFacts] {
    var result: [EntryFacts] = []
    result.reserveCapacity(count)
    scanner.begin()
    while let line = scanner.next(text) {
      if line.isPlain, let facts = plain(text, end: line.range.upperBound) {
        result.append(facts)
      } else {
        result.append(facts(ofEntry: text.extracting(line.range)))
      }
    }
    return result
  }

  /// The same by making the record.
  package mutating func facts(ofEntry line: Span<UInt8>) -> EntryFacts {
    do {
      try document.parse(line)
      let header = try Record(document).header
      return EntryFacts(timestamp: header.timestamp, receivedAt: header.receivedAt)
    } catch { return EntryFacts(timestamp: nil, receivedAt: nil) }
  }

  /// Of the line that the scanner gave last; nil when there is any doubt.
  private mutating func plain(_ text: Span<UInt8>, end: Int) -> EntryFacts? {
    let version = scanner.value(version)
    guard version >= 0, text[version] == UInt8(ascii: "1"), text.endsValue(at: version + 1),
      let kind = kind(text)
    else { return nil }
    guard holds(header, text), holds(kinds[kind].checks, text) else { return nil }
    let (timestamp, receivedAt) = (scanner.value(header[0].path), scanner.value(header[1].path))
    guard let timestamp = times.read(text, at: timestamp),
      let receivedAt = arrivals.read(text, at: receivedAt)
    else { return nil }
    return EntryFacts(timestamp: timestamp, receivedAt: receivedAt)
  }

  private func kind(_ text: Span<UInt8>) -> Int? {
    let offset = scanner.value(kind)
    guard offset >= 0 else { return nil }
    return kinds.firstIndex { text.hasBytes($0.word, at: offset) }
  }

  private func holds(_ checks: [Check], _ text: Span<UInt8>) -> Bool {
    for index in checks.indices {
      let offset = scanner.value(checks[index].path)
      if offset < 0 {
        if checks[index].isRequired { return false }
      } else if !text.holds(checks[index].value, at: offset) {
        return false
      }
    }
    return true
  }
}

extension Span<UInt8> {
  /// Whether a value begins as one that is plainly right; the text is a valid line.
  fileprivate func holds(_ value: RecordShape.Value, at offset: Int) -> Bool {
    switch value {
    case .text, .instant: return self[offset] == UInt8(ascii: "\"")
    case .list: return self[offset] == UInt8(ascii: "[")
    case .object: return self[offset] == UInt8(ascii: "{")
    case .flag: return self[offset] == UInt8(ascii: "t") || self[offset] == UInt8(ascii: "f")
    // Neither a sign nor, in what the scanner takes, an exponent: not negative, and finite.
    case .seconds: return self[offset] &- UInt8(ascii: "0") < 10
    case .whole(let range): return wholeNumber(at: offset).map { range.contains($0) } ?? false
    case .word(let words): return words.contains { hasBytes($0, at: offset) }
    case .other: return false
    }
  }

  /// A number of at most 15 digits; nil for anything else.
  private func wholeNumber(at offset: Int) -> Int? {
    var (value, place) = (0, offset)
    while place < offset + 15, self[place] &- UInt8(ascii: "0") < 10 {
      value = value * 10 + Int(self[place] &- UInt8(ascii: "0"))
      place += 1
    }
    return place > offset && endsValue(at: place) ? value : nil
  }

  fileprivate func endsValue(at offset: Int) -> Bool {
    self[offset] == UInt8(ascii: ",") || self[offset] == UInt8(ascii: "}")
  }

  fileprivate func hasBytes(_ bytes: [UInt8], at offset: Int) -> Bool {
    guard bytes.count <= count - offset else { return false }
    for index in bytes.indices where self[offset + index] != bytes[index] { return false }
    return true
  }
}

/// Reads times in the one form in which entries have them; most have the day of the one before.
private struct InstantReader {
  private var day: [UInt8] = []
  private var midnight: Int64 = 0

  private static let zeros = Array("00:00:00.000000Z".utf8)
  private static let byteCount = 27

  /// The time in the string that begins with the quote at `offset`; nil for another form.
  mutating func read(_ text: Span<UInt8>, at offset: Int) -> Timestamp? {
    let start = offset + 1
    guard text.count - start > InstantReader.byteCount,
      text[start + InstantReader.byteCount] == UInt8(ascii: "\""),
      text[start + 13] == UInt8(ascii: ":"), text[start + 16] == UInt8(ascii: ":"),
      text[start + 19] == UInt8(ascii: "."), text[start + 26] == UInt8(ascii: "Z"),
      isDay(text, at: start),
      let hour = number(text, start + 11, 2), let minute = number(text, start + 14, 2),
      let second = number(text, start + 17, 2), let microsecond = number(text, start + 20, 6),
      hour < 24, minute < 60, second < 60
    else { return nil }
    let seconds = (hour * 60 + minute) * 60 + second
    return Timestamp(microseconds: midnight + seconds * 1_000_000 + microsecond)
  }

  /// Whether the eleven bytes up to and with the `T` are a day; it is then the one known.
  private mutating func isDay(_ text: Span<UInt8>, at start: Int) -> Bool {
    if !day.isEmpty, text.hasBytes(day, at: start) { return true }
    let new = [UInt8](copying: text.extracting(start..<start + 11))
    guard new[10] == UInt8(ascii: "T") else { return false }
    let whole = new + InstantReader.zeros
    guard let instant = Timestamp(rfc3339: whole.span) else { return false }
    (day, midnight) = (new, instant.microseconds)
    return true
  }

  private func number(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int64? {
    var value: Int64 = 0
    for offset in start..<start + count {
      let digit = text[offset] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
    }
    return value
  }
}
