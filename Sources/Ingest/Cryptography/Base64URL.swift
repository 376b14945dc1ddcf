/// Base64 of RFC 4648 section 5 without padding, as tokens use it; one text for each byte string.
package enum Base64URL {
  /// The text of bytes: letters, digits, `-` and `_`.
  package static func text(_ bytes: [UInt8]) -> String {
    let standard = Base64.text(bytes).utf8.compactMap { byte -> UInt8? in
      switch byte {
      case UInt8(ascii: "+"): UInt8(ascii: "-")
      case UInt8(ascii: "/"): UInt8(ascii: "_")
      case UInt8(ascii: "="): nil
      default: byte
      }
    }
    return String(decoding: standard, as: UTF8.self)
  }

  /// Nil for any other text: foreign characters, padding, bits set behind the last byte.
  package static func bytes(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    var group: UInt32 = 0
    var bitCount: UInt32 = 0
    for character in text {
      let sextet = sextets[Int(character)]
      guard sextet < 64 else { return nil }
      group = group << 6 | UInt32(sextet)
      bitCount += 6
      guard bitCount >= 8 else { continue }
      bitCount -= 8
      result.append(UInt8(truncatingIfNeeded: group >> bitCount))
    }
    guard bitCount < 6, group & ((1 << bitCount) - 1) == 0 else { return nil }
    return result
  }

  /// By character: its sextet, or 255 where it is none.
  private static let sextets: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for (sextet, character) in alphabet.utf8.enumerated() {
      table[Int(character)] = UInt8(sextet)
    }
    return table
  }()
}
