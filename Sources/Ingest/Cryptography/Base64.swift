/// Base64 of RFC 4648 section 4, padded and strict: one text for each byte string.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// By character: its sextet, or 255 where it is none.
  private static let sextets: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (sextet, character) in alphabet.enumerated() { table[Int(character)] = UInt8(sextet) }
    return table
  }()

  /// Four characters for each three bytes begun.
  package static func text(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let rest = bytes.count - start
      var group = UInt32(bytes[start]) << 16
      if rest > 1 { group |= UInt32(bytes[start + 1]) << 8 }
      if rest > 2 { group |= UInt32(bytes[start + 2]) }
      for position in 0..<4 {
        let isPadding = position > rest
        let sextet = Int(group >> UInt32(18 - 6 * position) & 63)
        result.append(isPadding ? UInt8(ascii: "=") : alphabet[sextet])
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Nil for any other text: foreign characters, missing padding, bits set under the padding.
  package static func bytes(_ text: String) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count % 4 == 0 else { return nil }
    let padding = characters.reversed().prefix(2).prefix { $0 == UInt8(ascii: "=") }.count
    var result: [UInt8] = []
    var group: UInt32 = 0
    var sextetCount = 0
    for character in characters.dropLast(padding) {
      let sextet = sextets[Int(character)]
      guard sextet < 64 else { return nil }
      group = group << 6 | UInt32(sextet)
      sextetCount += 1
      guard sextetCount % 4 == 0 else { continue }
      for shift in [UInt32(16), 8, 0] { result.append(UInt8(truncatingIfNeeded: group >> shift)) }
      group = 0
    }
    guard padding > 0 else { return result }
    group <<= UInt32(6 * padding)
    result.append(UInt8(truncatingIfNeeded: group >> 16))
    if padding == 1 { result.append(UInt8(truncatingIfNeeded: group >> 8)) }
    let leftover = padding == 1 ? group & 0xFF : group & 0xFFFF
    return leftover == 0 ? result : nil
  }
}
