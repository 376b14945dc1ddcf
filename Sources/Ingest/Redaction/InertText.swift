/// Values that no rule of redaction can concern, told by the classes of their bytes alone.
///
/// Most values of a log are such: ids, methods, names, addresses without a port. What the rules need
/// and an inert value lacks: a name's value needs `=`, `:` or a quote; an option and a scheme need a
/// space; encoded text needs `%` or a backslash; a known token has 15 bytes or more and a letter
/// beyond `f`; base64 is looked for from 24 bytes on and is never hexadecimal.
enum InertText {
  /// Fewest bytes of a credential that its own prefix gives away.
  static let tokenByteCountMin =
    SecretToken.known.map { $0.prefix.count + $0.tailByteCountMin }.min() ?? 0

  /// Whether no credential is written in hexadecimal digits and dashes alone.
  static let isHexadecimalClean = SecretToken.known.allSatisfy {
    $0.prefix.span.traits.contains(.notHexadecimal)
  }
}

extension Span<UInt8> {
  /// Whether redaction leaves the value as it is, and learns nothing from it about the next.
  ///
  /// - Parameter isURL: the value is read as a URL or request target.
  package func isInert(isURL: Bool) -> Bool {
    guard count > 0 else { return true }
    // `--password` concerns the next value; brackets may open JSON.
    switch self[0] {
    case UInt8(ascii: "-"), UInt8(ascii: "{"), UInt8(ascii: "["): return false
    default: break
    }
    let traits = traits
    if traits.contains(.special) || isURL && traits.contains(.query) { return false }
    return count < InertText.tokenByteCountMin
      || InertText.isHexadecimalClean && !traits.contains(.notHexadecimal)
  }
}
