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

  /// Room for `count` more bytes; growth stays that of `append`.
  mutating func reserveAdditional(_ count: Int) {
    let wanted = self.count + count
    if wanted > capacity { reserveCapacity(Swift.max(wanted, 2 * capacity)) }
  }

  mutating func add(_ value: Bool) { append(value ? StateTag.yes : StateTag.no) }

  mutating func add(_ value: String) {
    append(StateTag.text)
    appendText(value)
  }

  mutating func add(_ value: Double) {
    append(StateTag.double)
    appendLittleEndian(value.bitPattern)
  }

  mutating func add<Number: FixedWidthInteger>(_ value: Number) {
    guard Number.isSigned else {
      append(StateTag.unsigned)
      return appendVariable(UInt64(truncatingIfNeeded: value))
    }
    let number = Int64(truncatingIfNeeded: value)
    append(StateTag.signed)
    appendVariable(UInt64(bitPattern: number << 1 ^ number >> 63))
  }
}
