/// The fields of an entry, as ranges of the line that it is made from.
///
/// Filled by one of the readers (`readCaddy` and its like) and written by `write`. A value that the
/// readers do not understand marks the draft: its line is then read the long way.
struct EntryDraft: Sendable {
  /// Where a field's JSON text is.
  struct Field: Sendable {
    enum Place: UInt8, Sendable {
      /// In the line, to be put between quotes.
      case quotedLine
      /// In the line, a JSON text.
      case line
      /// In `made`, a JSON text.
      case made
    }

    var place = Place.line
    var start: Int32 = 0
    var end: Int32 = 0

    var range: Range<Int> { Int(start)..<Int(end) }
  }

  /// Bytes that `write` adds at most to three times the line, what was made, and the source.
  static let byteCountBeside = 2048

  var kind = RecordKind.request
  var timestamp = Timestamp.earliest
  /// The id as the emitter gave it, a range of the line; nil without one.
  var id: Range<Int>?
  /// The source as a native record names it, a range of the line.
  var source: Range<Int>?
  /// The host that ends the source's name, a range of the line; nil for the settings' host.
  var sourceHost: Range<Int>?
  /// Texts that are no part of the line.
  var made: [UInt8] = []
  /// Whether the long way is to be taken.
  var isUnclear = false

  private var fields = [Field](repeating: Field(), count: 32)
  private var present: UInt32 = 0

  init() {}

  mutating func removeAll(_ kind: RecordKind) {
    self.kind = kind
    id = nil
    source = nil
    sourceHost = nil
    made.removeAll(keepingCapacity: true)
    isUnclear = false
    present = 0
  }

  // MARK: Setting fields

  mutating func set(_ key: Int, _ place: Field.Place, _ range: Range<Int>) {
    present |= 1 << UInt32(key)
    fields[key] = Field(
      place: place, start: Int32(truncatingIfNeeded: range.lowerBound),
      end: Int32(truncatingIfNeeded: range.upperBound))
  }

  /// Sets a field to a JSON text that `make` appends.
  mutating func make(_ key: Int, _ make: (inout [UInt8]) -> Void) {
    let start = made.count
    make(&made)
    set(key, .made, start..<made.count)
  }

  /// Takes over a string of the line.
  mutating func set(_ key: Int, text slot: LineSlot, _ line: Span<UInt8>) {
    if slot.form == .text { return set(key, .quotedLine, slot.range) }
    let raw = [UInt8](copying: line.extracting(slot.range))
    make(key) { JSONEscape.appendQuoted(JSONEscape.unescaped(raw[...]).span, to: &$0) }
  }

  func has(_ key: Int) -> Bool { present & 1 << UInt32(key) != 0 }

  // MARK: Writing

  /// Appends the entry up to its `received_at`, which is left out.
  func write(
    to output: inout OutputSpan<UInt8>, _ line: Span<UInt8>, source: Span<UInt8>,
    id: Span<UInt8>
  ) {
    switch kind {
    case .run: output.append(copying: "{\"v\":1,\"kind\":\"run\",\"ts\":\"")
    case .task: output.append(copying: "{\"v\":1,\"kind\":\"task\",\"ts\":\"")
    default: output.append(copying: "{\"v\":1,\"kind\":\"request\",\"ts\":\"")
    }
    timestamp.appendRFC3339(to: &output)
    output.append(copying: "\",\"source\":\"")
    output.append(copying: source)
    output.append(copying: "\",\"id\":\"")
    output.append(copying: id)
    output.append(UInt8(ascii: "\""))
    switch kind {
    case .run: write(EntryKeys.run, to: &output, line)
    case .task: write(EntryKeys.task, to: &output, line)
    default: write(EntryKeys.request, to: &output, line)
    }
  }

  private func write(
    _ keys: EntryKeys, to output: inout OutputSpan<UInt8>, _ line: Span<UInt8>
  ) {
    var rest = present
    while rest != 0 {
      let key = rest.trailingZeroBitCount
      rest &= rest - 1
      output.append(copying: keys.literal(key))
      let field = fields[key]
      switch field.place {
      case .quotedLine:
        output.append(UInt8(ascii: "\""))
        output.append(copying: line.extracting(field.range))
        output.append(UInt8(ascii: "\""))
      case .line: output.append(copying: line.extracting(field.range))
      case .made: output.append(copying: made.span.extracting(field.range))
      }
    }
  }
}

extension OutputSpan<UInt8> {
  /// Appends a copy of the bytes. Precondition: there is room for them.
  mutating func append(copying span: Span<UInt8>) {
    let length = span.count
    precondition(length <= freeCapacity, "\(length) bytes into \(freeCapacity)")
    // SAFETY: `length` bytes are free behind the `count` that are filled, by the check above.
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      unsafe span.withUnsafeBufferPointer { source in
        guard let base = buffer.baseAddress, let start = source.baseAddress else { return }
        unsafe (base + count).update(from: start, count: length)
        count += length
      }
    }
  }
}
