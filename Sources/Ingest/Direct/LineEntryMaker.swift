/// Makes entries from the bytes of lines in the shapes that the known emitters usually write.
///
/// A line is scanned once, its values judged by the rules of redaction, and its entry written from
/// ranges of it: no text and no record is made. Where something is to be replaced, the redacted line is
/// scanned again and only then read, as everywhere. Every other line is left to `LineParser`,
/// `LineIdentity` and `EntryPreparer`, which say what an entry is: what this type makes is byte for byte
/// what they make of the same line. Reuse one for a whole file; it remembers what is clean.
struct LineEntryMaker: ~Copyable {
  /// Longest line taken: with its fields twice in the entry, it stays below the longest entry.
  static let lineByteCountMax = 16_384

  private let settings: DirectSettings
  private var redactor: LineRedactor
  private var scan: LineScan
  private var draft = EntryDraft()
  private var digests: LineDigests
  private var clean: [UInt8] = []
  private var source: [UInt8] = []
  private var id: [UInt8] = []
  /// Of the line in its chunk.
  private var number = 0

  init(_ format: LogFormat, _ settings: LogSettings, digests: consuming LineDigests) {
    self.settings = DirectSettings(format, settings)
    self.digests = digests
    redactor = LineRedactor(settings.redaction)
    scan = LineScan(LineKeyTable(&redactor.keys))
  }

  /// Begins a chunk, whose lines come next.
  mutating func begin(_ chunk: borrowing LineChunk) { digests.begin(chunk) }

  /// Ends the chunk: until then the entries have no keys.
  mutating func finish(_ batch: inout EntryBatch) { digests.finish(&batch) }

  /// Adds the line's entry; false, and nothing added, when the line is to be read the long way.
  ///
  /// - Parameters:
  ///   - line: without its newline.
  ///   - number: in its chunk.
  mutating func make(
    _ line: Span<UInt8>, number: Int, into batch: inout EntryBatch
  ) -> Bool {
    self.number = number
    guard !settings.isUnclear, line.count > 2, line.count <= LineEntryMaker.lineByteCountMax,
      line.count <= settings.log.lineByteCountMax,
      scan.read(line, &redactor, checksValues: true)
    else { return false }
    if scan.replacements.isEmpty { return make(line, of: line, isVerbatim: true, &batch) }
    setClean(line)
    // Taken out while it is lent.
    let redacted = exchange(&clean, with: [])
    defer { clean = redacted }
    guard redacted.count <= LineEntryMaker.lineByteCountMax,
      scan.read(redacted.span, &redactor, checksValues: false)
    else { return false }
    return make(redacted.span, of: line, isVerbatim: false, &batch)
  }

  private mutating func setClean(_ line: Span<UInt8>) {
    clean.removeAll(keepingCapacity: true)
    var copied = 0
    for replacement in scan.replacements {
      clean.append(copying: line.extracting(copied..<replacement.range.lowerBound))
      clean.append(contentsOf: replacement.bytes)
      copied = replacement.range.upperBound
    }
    clean.append(copying: line.extracting(copied..<line.count))
  }

  // MARK: Reading

  /// The emitters in the order in which `LineParser` asks them.
  private enum Shape { case luigi, launcher, record, caddy, unclear }

  private func shape(_ text: Span<UInt8>) -> Shape {
    let format = settings.format
    func takes(_ other: LogFormat) -> Bool { format == .auto || format == other }
    if let schema = scan.found.slot(.schema) {
      guard schema.form == .text else { return .unclear }
      let word = text.extracting(schema.range)
      if word.equals("luigi-event/1"), takes(.luigi) { return .luigi }
      return word.equals("trigger-event/1") && takes(.launcher) ? .launcher : .unclear
    }
    if scan.found.slot(.version) != nil, scan.found.slot(.kind) != nil {
      return takes(.record) ? .record : .unclear
    }
    let isCaddy = scan.found.slot(.request) != nil && scan.found.slot(.responseHeaders) != nil
    return isCaddy && takes(.caddy) ? .caddy : .unclear
  }

  private mutating func setSource(_ prefix: [UInt8], _ text: Span<UInt8>) {
    source.append(contentsOf: prefix)
    guard settings.log.source == nil else { return }
    if let host = draft.sourceHost {
      source.append(copying: text.extracting(host))
    } else {
      source.append(contentsOf: settings.log.host.utf8)
    }
  }

  /// Reads the line into the draft and `source`; whether it is a native record, nil for unclear.
  private mutating func read(_ text: Span<UInt8>) -> Bool? {
    source.removeAll(keepingCapacity: true)
    let shape = shape(text)
    switch shape {
    case .unclear: return nil
    case .luigi:
      draft.readLuigi(scan.found, text)
      setSource(settings.luigiSource, text)
    case .launcher:
      draft.readLauncher(scan.found, text)
      setSource(settings.launcherSource, text)
    case .caddy:
      draft.readCaddy(scan.found, text, settings)
      source.append(contentsOf: settings.caddySource)
    case .record:
      draft.readRecord(scan.found, text)
      if let range = draft.source { source.append(copying: text.extracting(range)) }
    }
    return draft.isUnclear ? nil : shape == .record
  }

  // MARK: Making

  /// - Parameters:
  ///   - text: the line after redaction.
  ///   - line: as it arrived.
  private mutating func make(
    _ text: Span<UInt8>, of line: Span<UInt8>, isVerbatim: Bool, _ batch: inout EntryBatch
  ) -> Bool {
    guard let isNative = read(text), isVerbatim || !isNative else { return false }
    id.removeAll(keepingCapacity: true)
    if let range = draft.id { id.append(copying: text.extracting(range)) }
    let isAdded = batch.add { bytes in
      isNative ? appendNative(text, &bytes) : append(text, of: line, isVerbatim, &bytes)
    }
    if isAdded { digests.addKey(row: batch.rows.count - 1, source: source, id: id) }
    return isAdded
  }

  /// A native record is its own line: no `original`, and the digest is of the entry itself.
  private mutating func appendNative(
    _ text: Span<UInt8>, _ bytes: inout [UInt8]
  ) -> EntryBatch.Facts? {
    let start = bytes.count
    appendFields(text, &bytes, tailByteCount: 64)
    bytes.append(UInt8(ascii: "}"))
    let code = digests.code(of: bytes.span.extracting(start..<bytes.count))
    bytes.removeLast()
    let receivedAt = appendReceivedAt(&bytes)
    bytes.append(copying: "\"}")
    return facts(start, receivedAt, code, bytes)
  }

  private mutating func append(
    _ text: Span<UInt8>, of line: Span<UInt8>, _ isVerbatim: Bool, _ bytes: inout [UInt8]
  ) -> EntryBatch.Facts? {
    let start = bytes.count
    let code = digests.code(ofLine: number, line)
    if id.isEmpty {
      (isVerbatim ? digests.hash(ofLine: number, line) : code).appendHex(to: &id)
    }
    appendFields(text, &bytes, tailByteCount: text.count + 256)
    let receivedAt = appendReceivedAt(&bytes)
    if !isVerbatim {
      bytes.append(copying: "\",\"original_hmac\":\"")
      code.appendHex(to: &bytes)
    }
    bytes.append(copying: "\",\"original\":")
    bytes.append(copying: text)
    bytes.append(UInt8(ascii: "}"))
    return facts(start, receivedAt, code, bytes)
  }

  /// Nil for an entry that is too long: escapes can make more of a text than the line has.
  private func facts(
    _ start: Int, _ receivedAt: Int, _ code: Digest, _ bytes: [UInt8]
  ) -> EntryBatch.Facts? {
    guard bytes.count - start <= Record.entryByteCountMax else { return nil }
    return EntryBatch.Facts(
      timestamp: draft.timestamp, kind: draft.kind, receivedAt: receivedAt, key: nil,
      content: ContentDigest(code))
  }

  /// - Parameter tailByteCount: what will follow, so that room is made once.
  private func appendFields(
    _ text: Span<UInt8>, _ bytes: inout [UInt8], tailByteCount: Int
  ) {
    let count =
      2 * text.count + draft.made.count + source.count + id.count + EntryDraft.byteCountBeside
    bytes.reserveSpace(count + tailByteCount)
    bytes.append(addingCapacity: count) { output in
      draft.write(to: &output, text, source: source.span, id: id.span)
    }
  }

  private func appendReceivedAt(_ bytes: inout [UInt8]) -> Int {
    bytes.append(copying: ",\"received_at\":\"")
    let start = bytes.count
    bytes.append(copying: "0001-01-01T00:00:00.000000Z")
    return start
  }
}

extension [UInt8] {
  /// Makes room for so many bytes more, at least doubling what there is.
  fileprivate mutating func reserveSpace(_ byteCount: Int) {
    if capacity - count < byteCount { reserveCapacity(Swift.max(count + byteCount, capacity * 2)) }
  }
}
