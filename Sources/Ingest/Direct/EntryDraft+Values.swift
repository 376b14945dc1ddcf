/// Values of a line as fields: each function takes what `LineFields` takes, or marks the draft.
extension EntryDraft {
  /// A text that says something; nothing when absent, null, empty or unresolved.
  mutating func take(text place: LinePlace, as key: Int, _ scan: LineSlots, _ line: Span<UInt8>) {
    guard let slot = meaningful(place, scan, line) else { return }
    set(key, text: slot, line)
  }

  /// The same where nothing else will do.
  mutating func takeRequired(
    text place: LinePlace, as key: Int, _ scan: LineSlots, _ line: Span<UInt8>
  ) {
    take(text: place, as: key, scan, line)
    if !has(key) { isUnclear = true }
  }

  mutating func meaningful(
    _ place: LinePlace, _ scan: LineSlots, _ line: Span<UInt8>
  ) -> LineSlot? {
    guard let slot = scan.slot(place), slot.form != .null else { return nil }
    if slot.form != .text, slot.form != .codedText { isUnclear = true }
    return slot.isMeaningful(in: line) ? slot : nil
  }

  /// A whole number written in digits alone.
  mutating func take(
    integer place: LinePlace, as key: Int, in range: ClosedRange<Int>, _ scan: LineSlots,
    _ line: Span<UInt8>
  ) {
    guard let slot = scan.slot(place), slot.form != .null else { return }
    guard slot.form == .number, let value = line.wholeNumber(slot.range), range.contains(value)
    else {
      isUnclear = true
      return
    }
    set(key, .line, slot.range)
  }

  /// Seconds, not negative, as the shortest text that reads back to the same number.
  mutating func take(
    seconds place: LinePlace, as key: Int, _ scan: LineSlots, _ line: Span<UInt8>
  ) {
    guard let slot = scan.slot(place), slot.form != .null else { return }
    guard slot.form == .number, line[slot.range.lowerBound] != UInt8(ascii: "-") else {
      isUnclear = true
      return
    }
    if let range = line.shortestDecimal(slot.range) { return set(key, .line, range) }
    let text = [UInt8](copying: line.extracting(slot.range))
    make(key) { JSONWriter.append(JSONNumber.double(text[...]), to: &$0) }
  }

  /// An object's own text. An emitter's empty one is no value; a record keeps it.
  mutating func take(
    object place: LinePlace, as key: Int, keepsEmpty: Bool = false, _ scan: LineSlots
  ) {
    guard let slot = scan.slot(place), slot.form != .null else { return }
    guard slot.form == .object else {
      isUnclear = true
      return
    }
    if keepsEmpty || slot.range.count > 2 { set(key, .line, slot.range) }
  }

  /// Groups as emitters write them: an array of strings, or one string with commas.
  mutating func take(groups place: LinePlace, as key: Int, _ scan: LineSlots, _ line: Span<UInt8>) {
    guard let slot = scan.slot(place), slot.form != .null else { return }
    switch slot.form {
    case .text: take(list: slot, as: key, line)
    case .texts: take(texts: slot, as: key, line)
    default: isUnclear = true
    }
  }

  /// An array of strings as it stands, unless it is empty or holds an empty one.
  mutating func take(texts slot: LineSlot, as key: Int, _ line: Span<UInt8>) {
    let list = line.extracting(slot.range)
    guard list.count > 2 else { return }
    for index in 1..<list.count - 1
    where list[index] == UInt8(ascii: "\"") && list[index + 1] == UInt8(ascii: "\"") {
      isUnclear = true
    }
    set(key, .line, slot.range)
  }

  /// The parts of `a, b,c`, trimmed, without empty ones.
  mutating func take(list slot: LineSlot, as key: Int, _ line: Span<UInt8>) {
    guard slot.isMeaningful(in: line) else { return }
    let text = line.extracting(slot.range)
    let start = made.count
    var first = 0
    for index in 0...text.count where index == text.count || text[index] == UInt8(ascii: ",") {
      let part = text.extracting(text.trimmedOfSpace(first..<index))
      first = index + 1
      if part.isEmpty { continue }
      made.append(made.count == start ? UInt8(ascii: "[") : UInt8(ascii: ","))
      made.append(UInt8(ascii: "\""))
      made.append(copying: part)
      made.append(UInt8(ascii: "\""))
    }
    guard made.count > start else { return }
    made.append(UInt8(ascii: "]"))
    set(key, .made, start..<made.count)
  }

  /// The word for what made a run come about; nothing for a word that is none of them.
  mutating func take(trigger place: LinePlace, _ scan: LineSlots, _ line: Span<UInt8>) {
    guard let slot = meaningful(place, scan, line) else { return }
    guard slot.form == .text else {
      isUnclear = true
      return
    }
    let word = line.extracting(slot.range)
    for (emitted, recorded) in EntryDraft.triggers where word.equals(emitted) {
      make(RunKey.trigger.rawValue) { $0.append(copying: recorded) }
    }
  }

  /// The emitters' words of `RunRecord.Trigger.init(emitterWord:)`.
  private static let triggers: [(StaticString, StaticString)] = [
    ("http", "\"request\""), ("request", "\"request\""), ("schedule", "\"schedule\""),
    ("cron", "\"schedule\""), ("timer", "\"schedule\""), ("retry", "\"retry\""),
    ("manual", "\"manual\""), ("cli", "\"manual\""),
  ]

  /// The trace id of a `traceparent` value.
  mutating func take(traceparent place: LinePlace, _ scan: LineSlots, _ line: Span<UInt8>) {
    guard let slot = meaningful(place, scan, line) else { return }
    guard slot.form == .text else {
      isUnclear = true
      return
    }
    guard let range = TraceParent.traceIDRange(line.extracting(slot.range)) else { return }
    let start = slot.range.lowerBound
    set(
      RunKey.traceID.rawValue, .quotedLine,
      start + range.lowerBound..<start + range.upperBound)
  }

  /// `ts` in seconds since the epoch.
  mutating func takeEpochSeconds(_ scan: LineSlots, _ line: Span<UInt8>) {
    guard let slot = scan.slot(.ts), slot.form == .number,
      let value = line.microseconds(slot.range), let instant = Timestamp(microseconds: value)
    else {
      isUnclear = true
      return
    }
    timestamp = instant
  }
}

extension Span<UInt8> {
  func equals(_ word: StaticString) -> Bool {
    count == word.utf8CodeUnitCount && hasBytes(word, at: 0)
  }

  /// Of 1 to 18 digits and nothing else.
  func wholeNumber(_ range: Range<Int>) -> Int? {
    guard range.count <= 18 else { return nil }
    var value = 0
    for index in range {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return value
  }

  func trimmedOfSpace(_ range: Range<Int>) -> Range<Int> {
    var (first, last) = (range.lowerBound, range.upperBound)
    while first < last, self[first].isASCIISpace { first += 1 }
    while first < last, self[last - 1].isASCIISpace { last -= 1 }
    return first..<last
  }

  /// Seconds as microseconds, as `JSONNumber.microseconds` reads them; nil for a negative number and
  /// for one of more than 18 digits.
  func microseconds(_ range: Range<Int>) -> Int64? {
    guard range.count <= 19 else { return nil }
    var value: Int64 = 0
    var index = range.lowerBound
    while index < range.upperBound, self[index] != UInt8(ascii: ".") {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int64(digit)
      index += 1
    }
    guard value < 1_000_000_000_000 else { return nil }
    value *= 1_000_000
    var weight: Int64 = 100_000
    index += 1
    while index < range.upperBound, weight > 0 {
      value += Int64(self[index] &- UInt8(ascii: "0")) * weight
      weight /= 10
      index += 1
    }
    if index < range.upperBound, self[index] >= UInt8(ascii: "5") { value += 1 }
    return value
  }

  /// The part of a decimal without exponent and sign that is the shortest text of its binary64, as
  /// `JSONWriter` writes it; nil when its text must be worked out.
  ///
  /// Decimals of up to 15 digits are told apart by binary64, so that no shorter one reads the same;
  /// below 0.0001 Swift writes an exponent.
  func shortestDecimal(_ range: Range<Int>) -> Range<Int>? {
    var point = range.lowerBound
    while point < range.upperBound, self[point] != UInt8(ascii: ".") { point += 1 }
    var end = range.upperBound
    if point < end {
      while self[end - 1] == UInt8(ascii: "0") { end -= 1 }
      if end == point + 1 { end = point }
    }
    let isBelowOne = self[range.lowerBound] == UInt8(ascii: "0")
    if end <= point { return point - range.lowerBound <= 15 ? range.lowerBound..<end : nil }
    guard end - range.lowerBound <= 16 else { return nil }
    guard isBelowOne else { return range.lowerBound..<end }
    for index in point + 1..<Swift.min(point + 5, end) where self[index] != UInt8(ascii: "0") {
      return range.lowerBound..<end
    }
    return nil
  }
}

extension [UInt8] {
  mutating func append(copying text: StaticString) {
    append(addingCapacity: text.utf8CodeUnitCount) { $0.append(copying: text) }
  }
}
