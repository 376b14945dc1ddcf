/// One line of any emitter in, one normalised record or a reasoned rejection out.
///
/// The line is parsed, recognised, redacted, and only then read: everything that leaves this type
/// comes from the redacted text. Reuse one parser for a whole file; its buffers keep their capacity.
package struct LineParser: Sendable {
  private let format: LogFormat
  private let settings: LogSettings
  private var line = JSONDocument()
  private var redactedLine = JSONDocument()
  private var redactor: LineRedactor
  private var excerpt: LineExcerpt

  /// - Parameter format: the file's format; `auto` recognises each line by itself.
  package init(format: LogFormat, settings: LogSettings = LogSettings()) {
    self.format = format
    self.settings = settings
    redactor = LineRedactor(settings.redaction)
    excerpt = LineExcerpt(settings.redaction)
  }

  /// Reads one line, with or without its newline.
  ///
  /// Cost: linear in the line; two passes, and a third over lines in which something was redacted.
  package mutating func parse(_ bytes: Span<UInt8>) -> ParsedLine {
    let range = LineParser.trimmed(bytes)
    if range.isEmpty { return .blank }
    let text = bytes.extracting(range)
    do {
      return try parseTrimmed(text, isWhole: LineParser.isWhole(bytes, range))
    } catch {
      return .rejected(
        Rejection(
          reason: error.reason, detail: error.detail, byteOffset: range.lowerBound + error.offset,
          excerpt: excerpt.make(text)))
    }
  }

  private struct Failure: Error {
    let reason: Rejection.Reason
    let detail: String
    let offset: Int
  }

  private mutating func parseTrimmed(
    _ text: Span<UInt8>, isWhole: Bool
  ) throws(Failure) -> ParsedLine {
    try checkLength(text)
    do {
      try line.parse(text)
    } catch {
      throw LineParser.failure(error, in: text)
    }
    guard line.kind(line.root) == .object else {
      throw Failure(
        reason: .unknownShape, detail: "a JSON \(line.kind(line.root)), expected an object",
        offset: 0)
    }
    let source = try recognise()
    let wasRedacted = try redact(source)
    return try read(source, wasRedacted ? redactedLine : line, isVerbatim: isWhole && !wasRedacted)
  }

  private func checkLength(_ text: Span<UInt8>) throws(Failure) {
    if text.count > settings.lineByteCountMax {
      throw Failure(
        reason: .tooLong,
        detail: "\(text.count) bytes, expected at most \(settings.lineByteCountMax)",
        offset: settings.lineByteCountMax)
    }
    if let index = text.firstOffset(of: 0x0A, in: 0..<text.count) {
      throw Failure(
        reason: .embeddedNewline, detail: "byte 0x0A inside the line", offset: index)
    }
  }

  // MARK: Recognition

  private func recognise() throws(Failure) -> any LogSource.Type {
    let reader = LineFields(document: line, settings: settings)
    for source in candidates where source.recognises(reader) {
      if source == RecordLines.self { try refuseUnbelieved() }
      return source
    }
    throw Failure(
      reason: .unknownShape, detail: "a JSON object, but no line of format \(format.rawValue)",
      offset: 0)
  }

  /// In the order in which they are asked; the schemas and versions first, for they are explicit.
  private var candidates: [any LogSource.Type] {
    switch format {
    case .auto: LineParser.everySource
    case .caddy: [CaddyAccessLog.self]
    case .caddyRuntime: [CaddyRuntimeLog.self]
    case .luigi: [LuigiEvents.self]
    case .launcher: [LauncherEvents.self]
    case .record: [RecordLines.self]
    }
  }

  private static let everySource: [any LogSource.Type] = [
    LuigiEvents.self, LauncherEvents.self, RecordLines.self, CaddyAccessLog.self,
    CaddyRuntimeLog.self,
  ]

  private func refuseUnbelieved() throws(Failure) {
    guard format == .auto, let node = line.member(line.root, "kind"),
      let kind = line.string(node).flatMap(RecordKind.init(rawValue:)),
      !RecordLines.isBelievedAnywhere(kind)
    else { return }
    throw Failure(
      reason: .kindNotBelieved,
      detail: "a \(kind.rawValue) record is taken only from a file of format record",
      offset: line.range(node).lowerBound)
  }

  // MARK: Redaction and reading

  private mutating func redact(_ source: any LogSource.Type) throws(Failure) -> Bool {
    guard let clean = redactor.redacted(line, keptKeys: source.keptKeys) else { return false }
    do {
      try redactedLine.parse(clean.span)
    } catch {
      // Only a redactor that breaks the structure can come here; the line is then withheld.
      throw Failure(
        reason: .notJSON, detail: "the line after redaction: \(error.reason.rawValue)", offset: 0)
    }
    return true
  }

  private func read(
    _ source: any LogSource.Type, _ document: JSONDocument, isVerbatim: Bool
  ) throws(Failure) -> ParsedLine {
    let reader = LineFields(document: document, settings: settings)
    do {
      switch try source.read(reader) {
      case .ignored(let reason): return .ignored(reason)
      case .record(var record):
        if source != RecordLines.self { record.header.original = document.bytes }
        if !settings.keepsOriginal { record.header.original = nil }
        return .record(
          PreparedRecord(record: record, isOriginalVerbatim: isVerbatim, format: source.format))
      }
    } catch {
      // Redaction keeps the nodes, so the line's own offset is that of the same node.
      throw Failure(
        reason: error.reason, detail: error.detail, offset: line.range(error.node).lowerBound)
    }
  }

  private static func failure(_ error: JSONError, in text: Span<UInt8>) -> Failure {
    if let advice = ConsoleEncoding.advice(text) {
      return Failure(reason: .consoleEncoded, detail: advice, offset: 0)
    }
    let reason: Rejection.Reason
    switch error.reason {
    case .unexpectedByte, .invalidEscape, .controlCharacter, .trailingBytes: reason = .notJSON
    case .unexpectedEnd: reason = .truncated
    case .invalidUTF8: reason = .invalidUTF8
    case .duplicateKey: reason = .duplicateKey
    case .tooDeep: reason = .tooDeep
    case .numberOutOfRange: reason = .numberOutOfRange
    }
    return Failure(reason: reason, detail: error.reason.rawValue, offset: error.byteOffset)
  }

  // MARK: White space

  private static func trimmed(_ bytes: Span<UInt8>) -> Range<Int> {
    var start = 0
    var end = bytes.count
    while end > start, bytes[end - 1].isASCIISpace { end -= 1 }
    while start < end, bytes[start].isASCIISpace { start += 1 }
    return start..<end
  }

  /// Whether trimming took off nothing but one newline.
  private static func isWhole(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.lowerBound == 0 else { return false }
    return range.upperBound == bytes.count
      || range.upperBound == bytes.count - 1 && bytes[range.upperBound] == 0x0A
  }
}
