import CPlatform

/// Texts without white space, quotes and separators: of the rules only those about credentials that
/// give themselves away, and about base64, concern them.
///
/// No name has its value in such a text, for between them stands `=`, `:`, a quote or a space; schemes,
/// options and private keys need a space too; and nothing is encoded without `%` or a backslash.
struct PlainTextRule: Sendable {
  /// Pairs of bytes that begin a known credential.
  private let pairs: [UInt64]

  init() {
    var pairs = [UInt64](repeating: 0, count: 1024)
    for token in SecretToken.known {
      let pair = Int(token.prefix[0]) << 8 | Int(token.prefix[1])
      pairs[pair >> 6] |= 1 << UInt64(pair & 63)
    }
    self.pairs = pairs
  }

  /// Whether the text is such a text and holds no secret; false for anything that is not certain.
  func isClean(_ text: Span<UInt8>, isURL: Bool) -> Bool {
    guard text.count > 0 else { return true }
    switch text[0] {
    case UInt8(ascii: "-"), UInt8(ascii: "{"), UInt8(ascii: "["): return false
    default: break
    }
    let traits = text.traits
    if traits.contains(.special) || isURL && traits.contains(.query) { return false }
    if text.count < InertText.tokenByteCountMin { return true }
    if InertText.isHexadecimalClean, !traits.contains(.notHexadecimal) { return true }
    // SAFETY: both pointers are valid for the closures; the table has the 1,024 words asked for.
    return unsafe text.withUnsafeBufferPointer { text in
      unsafe pairs.withUnsafeBufferPointer { pairs in
        unsafe vigil_has_pair(text.baseAddress, text.count, pairs.baseAddress) == 0
          && (text.count < LenientBase64.runByteCountMin
            || vigil_may_hide_text(text.baseAddress, text.count) == 0)
      }
    }
  }
}
