/// What one line turned out to be.
package enum ParsedLine: Sendable, Equatable {
  case record(PreparedRecord)
  case rejected(Rejection)
  /// White space only.
  case blank
  /// Understood, and of no interest to an audit; counted under its reason.
  case ignored(String)
}

/// A record and how its `original` relates to the line.
package struct PreparedRecord: Sendable, Equatable {
  /// Redacted in every field. `header.id` is empty when the emitter gave none.
  package var record: Record
  /// Whether nothing of the line was replaced: `original`, where kept, is the line byte for byte.
  package var isOriginalVerbatim: Bool
  /// The emitter as recognised; never `auto`.
  package var format: LogFormat

  package init(record: Record, isOriginalVerbatim: Bool, format: LogFormat) {
    self.record = record
    self.isOriginalVerbatim = isOriginalVerbatim
    self.format = format
  }
}

/// Why a line is no record, told without its secrets.
package struct Rejection: Error, Sendable, Equatable {
  /// What a rejected line is counted under.
  package enum Reason: String, Sendable, CaseIterable {
    /// Not JSON, and not what Caddy's console encoder writes.
    case notJSON = "not_json"
    /// Text of Caddy's console encoder or of its plain fallback.
    case consoleEncoded = "console_encoded"
    /// Longer than `LogSettings.lineByteCountMax`.
    case tooLong = "too_long"
    /// JSON that ends in the middle.
    case truncated
    case invalidUTF8 = "invalid_utf8"
    case duplicateKey = "duplicate_key"
    case numberOutOfRange = "number_out_of_range"
    /// Nested deeper than `JSONDocument.depthMax`.
    case tooDeep = "too_deep"
    /// Byte 0x0A inside: two lines were handed over as one.
    case embeddedNewline = "embedded_newline"
    /// JSON, but of no emitter that the file's format allows.
    case unknownShape = "unknown_shape"
    /// A known emitter in a version that is not known.
    case unknownVersion = "unknown_version"
    /// A known emitter, and an event that is not known.
    case unknownEvent = "unknown_event"
    case missingField = "missing_field"
    case wrongType = "wrong_type"
    /// A value outside the range that its field can have.
    case outOfRange = "out_of_range"
    /// A time that cannot be read, or whose unit or zone is open.
    case badTime = "bad_time"
    /// A duration that cannot be read, or whose unit is open.
    case badDuration = "bad_duration"
    /// A native record of a kind that only a file of format `record` may bring.
    case kindNotBelieved = "kind_not_believed"
  }

  package let reason: Reason
  /// What was found and what was expected; lower case, no secrets.
  package let detail: String
  /// Offset in the line, from 0.
  package let byteOffset: Int
  /// The beginning of the line, masked, in printable ASCII, at most 176 characters.
  package let excerpt: String

  package init(reason: Reason, detail: String, byteOffset: Int, excerpt: String) {
    self.reason = reason
    self.detail = detail
    self.byteOffset = byteOffset
    self.excerpt = excerpt
  }
}
