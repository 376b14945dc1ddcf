import CPlatform

/// Texts without white space, quotes and separators: of the rules only those about credentials that
/// give themselves away, and about base64, concern them.
///
/// No name has its value in such a text, for between them stands `=`, `:`, a quote or a space; schemes,
/// options and private keys need a space too; and nothing is encoded without `%` or a backslash.
struct PlainTextRule: Sendable {
  /// Pairs of bytes that begin a known credential.
  private let pairs: [UInt64]
  /// By byte: which digits of a group of base64 it can be whose bytes are printable.
  private let places: [UInt8]

  init() {
    var pairs = [UInt64](repeating: 0, count: 1024)
    for token in SecretToken.known {
      let pair = Int(token.prefix[0]) << 8 | Int(token.prefix[1])
      pairs[pair >> 6] |= 1 << UInt64(pair & 63)
    }
    self.pairs = pairs
    places = (UInt8.min...UInt8.max).map { byte in
      LenientBase64.digit(byte).map(PlainTextRule.places(ofDigit:)) ?? 0
    }
  }

  /// The first byte of a group is `digit << 2` and up, the second begins with the low four bits of the
  /// second digit, the third with the low two of the third; printable is 0x20 to 0x7E, white space
  /// 0x09, 0x0A and 0x0D.
  private static func places(ofDigit digit: UInt8) -> UInt8 {
    let first = digit == 2 || digit == 3 || (8...31).contains(digit)
    let second = digit & 15 == 0 || (2...7).contains(digit & 15)
    let third = digit & 3 < 2
    return (first ? 1 : 0) | (second ? 2 : 0) | (third ? 4 : 0)
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
    // SAFETY: the pointers are valid for the closures; the tables have the 1,024 words and the 256 bytes
    // asked for.
    return unsafe text.withUnsafeBufferPointer { text in
      unsafe pairs.withUnsafeBufferPointer { pairs in
        unsafe vigil_has_pair(text.baseAddress, text.count, pairs.baseAddress) == 0
      }
        && (text.count < LenientBase64.runByteCountMin
          || places.withUnsafeBufferPointer { places in
            unsafe vigil_may_hide_text(text.baseAddress, text.count, places.baseAddress) == 0
          })
    }
  }
}
