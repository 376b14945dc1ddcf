/// The few pieces of DER (ITU-T X.690) that public keys and ECDSA signatures are made of.
enum DistinguishedEncoding {
  /// A positive INTEGER from its magnitude, most significant byte first; leading zeros are dropped.
  static func integer(_ magnitude: ArraySlice<UInt8>) -> [UInt8] {
    var digits = Array(magnitude.drop { $0 == 0 })
    // Without it the top bit would make the number negative.
    if digits.first.map({ $0 & 0x80 != 0 }) ?? true { digits.insert(0, at: 0) }
    return tagged(0x02, digits)
  }

  static func sequence(_ parts: [UInt8]...) -> [UInt8] { tagged(0x30, parts.flatMap { $0 }) }

  /// A BIT STRING of whole bytes.
  static func bitString(_ bytes: [UInt8]) -> [UInt8] { tagged(0x03, [0] + bytes) }

  private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    if content.count < 0x80 {
      length = [UInt8(content.count)]
    } else {
      var rest = content.count
      while rest > 0 {
        length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
        rest >>= 8
      }
      length.insert(0x80 | UInt8(length.count), at: 0)
    }
    return [tag] + length + content
  }
}
