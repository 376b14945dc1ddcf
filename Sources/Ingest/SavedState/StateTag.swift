/// The first byte of every value. Counts and lengths are LEB128 of 64 bits.
///
/// | tag | value | what follows |
/// |---|---|---|
/// | 0 | null | nothing |
/// | 1, 2 | false, true | nothing |
/// | 3 | whole number | LEB128 of its zigzag form |
/// | 4 | unsigned number | LEB128 |
/// | 5 | double | 8 bytes, little-endian bit pattern |
/// | 6 | text | length, UTF-8 |
/// | 7 | list | length of the rest in bytes, count, that many values |
/// | 8 | map | length of the rest in bytes, count, that many keys (length, UTF-8) with values, by key |
/// | 9 | list of doubles | count, 8 bytes each |
enum StateTag {
  static let null: UInt8 = 0
  static let no: UInt8 = 1
  static let yes: UInt8 = 2
  static let signed: UInt8 = 3
  static let unsigned: UInt8 = 4
  static let double: UInt8 = 5
  static let text: UInt8 = 6
  static let list: UInt8 = 7
  static let map: UInt8 = 8
  static let doubles: UInt8 = 9
}
