extension [UInt8] {
  /// LEB128: seven bits a byte, the least significant first.
  mutating func appendVariable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  mutating func appendText(_ text: String) {
    appendVariable(UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  var withLength: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 5)
    bytes.appendVariable(UInt64(count))
    bytes += self
    return bytes
  }

  static func of(_ value: Bool) -> [UInt8] { [value ? StateTag.yes : StateTag.no] }

  static func of(_ value: String) -> [UInt8] {
    var bytes = [StateTag.text]
    bytes.appendText(value)
    return bytes
  }

  static func of(_ value: Double) -> [UInt8] {
    var bytes = [StateTag.double]
    bytes.appendLittleEndian(value.bitPattern)
    return bytes
  }

  static func of<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    guard Number.isSigned else {
      var bytes = [StateTag.unsigned]
      bytes.appendVariable(UInt64(truncatingIfNeeded: value))
      return bytes
    }
    let number = Int64(truncatingIfNeeded: value)
    var bytes = [StateTag.signed]
    bytes.appendVariable(UInt64(bitPattern: number << 1 ^ number >> 63))
    return bytes
  }
}
