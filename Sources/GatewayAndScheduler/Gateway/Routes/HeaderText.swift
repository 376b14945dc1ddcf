/// Names of people and groups as they may stand in a header and in a log: printable ASCII, the rest
/// percent-encoded byte by byte (UTF-8).
///
/// Encoded are spaces, controls, everything beyond ASCII, `%` itself, the comma that parts groups, and
/// the braces that a gateway would read as a placeholder.
package enum HeaderText {
  package static func encoded(_ text: String) -> String {
    guard text.utf8.contains(where: mustBeEncoded) else { return text }
    var result: [UInt8] = []
    for byte in text.utf8 {
      if mustBeEncoded(byte) {
        result.append(UInt8(ascii: "%"))
        result.append(digits[Int(byte >> 4)])
        result.append(digits[Int(byte & 15)])
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Joined by commas.
  package static func encoded(_ texts: [String]) -> String {
    texts.map { encoded($0) }.joined(separator: ",")
  }

  private static func mustBeEncoded(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte >= 0x7F || marks.contains(byte)
  }

  private static let marks = Array("%,{}\"\\<>".utf8)
  private static let digits = Array("0123456789ABCDEF".utf8)
}
