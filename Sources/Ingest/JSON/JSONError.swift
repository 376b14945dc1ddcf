/// Why bytes are not one JSON value, and where.
package struct JSONError: Error, Hashable, Sendable {
  /// What was wrong; each a reason under which a rejected line is counted.
  package enum Reason: String, Sendable, CaseIterable {
    /// A byte that the grammar of RFC 8259 does not allow at this place.
    case unexpectedByte = "unexpected_byte"
    /// The text ends inside a value.
    case unexpectedEnd = "unexpected_end"
    /// Bytes that are no UTF-8 (overlong forms, surrogates and values above U+10FFFF included).
    case invalidUTF8 = "invalid_utf8"
    /// A backslash followed by something that is no escape.
    case invalidEscape = "invalid_escape"
    /// A byte below 0x20 inside a string.
    case controlCharacter = "control_character"
    /// An object with one key twice: parsers disagree about which value counts.
    case duplicateKey = "duplicate_key"
    /// Nesting beyond `JSONDocument.depthMax`.
    case tooDeep = "too_deep"
    /// A number beyond the range of a binary64.
    case numberOutOfRange = "number_out_of_range"
    /// Something other than white space after the value.
    case trailingBytes = "trailing_bytes"
  }

  package let reason: Reason
  /// Offset of the offending byte, from 0; the text's length for `unexpectedEnd`.
  package let byteOffset: Int

  package init(_ reason: Reason, at byteOffset: Int) {
    self.reason = reason
    self.byteOffset = byteOffset
  }
}
