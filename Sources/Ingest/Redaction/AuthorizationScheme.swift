/// Schemes of an `Authorization` value (RFC 9110 section 11) that may stand in any text.
enum AuthorizationScheme: CaseIterable {
  case bearer, basic, negotiate

  private var word: StaticString {
    switch self {
    case .bearer: "bearer"
    case .basic: "basic"
    case .negotiate: "negotiate"
    }
  }

  /// The credentials after the scheme's word at `index`; nil when what follows is plain language.
  func credentials(in text: Span<UInt8>, at index: Int) -> Range<Int>? {
    guard text.hasBytes(word, at: index, ignoringCase: true) else { return nil }
    var start = index + word.utf8CodeUnitCount
    guard start < text.count, text[start] == UInt8(ascii: " ") else { return nil }
    while start < text.count, text[start] == UInt8(ascii: " ") { start += 1 }
    var end = start
    while end < text.count, AuthorizationScheme.isCredentialByte(text[end]) { end += 1 }
    let credentials = text.extracting(start..<end)
    return looksLikeCredentials(credentials) ? start..<end : nil
  }

  private func looksLikeCredentials(_ text: Span<UInt8>) -> Bool {
    switch self {
    case .bearer: text.count >= 4
    case .basic: LenientBase64.decoded(text).contains(UInt8(ascii: ":"))
    case .negotiate: text.count >= 16
    }
  }

  private static func isCredentialByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ","), UInt8(ascii: ";"),
      UInt8(ascii: "\\"), UInt8(ascii: "["):
      false
    default: !byte.isASCIISpace
    }
  }
}
