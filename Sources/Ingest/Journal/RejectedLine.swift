/// A line that became no entry, and why: bad input kept as data.
package struct RejectedLine: Sendable, Equatable {
  /// Bytes of the line that are kept; the rest is cut.
  package static let lineByteCountMax = 4096

  package var source: String
  package var file: String
  /// Where the line begins in the file.
  package var byteOffset: Int
  /// A word of the documented list: `invalid_utf8`, `duplicate_key`, `line_too_long` and so on.
  package var reason: String
  /// What exactly: the offending byte's offset, the key; nil when the reason says it all.
  package var detail: String?
  /// The line after redaction. Bytes that are no UTF-8 are kept as U+FFFD.
  package var line: [UInt8]
  /// `JournalSecret.code` of the line as it arrived: what a repetition is recognised by.
  package var lineHMAC: Digest

  package init(
    source: String, file: String, byteOffset: Int, reason: String, detail: String? = nil,
    line: [UInt8], lineHMAC: Digest
  ) {
    self.source = source
    self.file = file
    self.byteOffset = byteOffset
    self.reason = reason
    self.detail = detail
    self.line = line
    self.lineHMAC = lineHMAC
  }

  func encode(to writer: inout JSONWriter) {
    let text = String(decoding: line.prefix(RejectedLine.lineByteCountMax), as: UTF8.self)
    writer.beginObject()
    writer.field("source", FieldLimit.prefix(source, byteCount: FieldLimit.identifier.byteCount))
    writer.field("file", FieldLimit.prefix(file, byteCount: FieldLimit.path.byteCount))
    writer.field("byte_offset", byteOffset)
    writer.field("reason", FieldLimit.prefix(reason, byteCount: FieldLimit.text.byteCount))
    writer.field(
      "detail", detail.map { FieldLimit.prefix($0, byteCount: FieldLimit.text.byteCount) })
    writer.field("line_bytes", line.count)
    writer.field("line_hmac", lineHMAC.hex)
    writer.field("line", text)
    writer.endObject()
  }
}

/// What became of a rejection.
package enum RejectionOutcome: Sendable, Equatable {
  case kept
  /// The same line of the same source is there already.
  case repeated
  /// The quota is used up: counted, not kept.
  case overQuota
}
