/// One field of many rows: whole numbers of equal width above the least of them.
///
///     0  width: bytes a value, 0 to 8 (0 where all are the least)
///     1  the least value, little-endian, 8 bytes
///     9  value - least, little-endian, width bytes × rows
///
/// A block ends with `paddingByteCount` zeros, so that eight bytes may be read at any value.
struct PackedColumn: Sendable {
  static let headByteCount = 9
  static let paddingByteCount = 8

  private let start: Int
  private let width: Int
  private let mask: UInt64
  private let least: UInt64

  /// Appends a column with these values.
  static func append(_ values: [UInt64], to bytes: inout [UInt8]) {
    let least = values.min() ?? 0
    let spread = (values.max() ?? 0) - least
    let width = (71 - spread.leadingZeroBitCount) / 8
    bytes.append(UInt8(width))
    bytes.append(littleEndian: least, width: 8)
    guard width > 0 else { return }
    for value in values { bytes.append(littleEndian: value - least, width: width) }
  }

  /// Takes the column at the cursor; nil where it does not fit in the block.
  init?(_ cursor: inout ColumnCursor, _ bytes: [UInt8], rowCount: Int) {
    guard let head = cursor.take(PackedColumn.headByteCount) else { return nil }
    width = Int(bytes[head])
    least = bytes.word(at: head + 1)
    guard width <= 8, let start = cursor.take(width * rowCount) else { return nil }
    self.start = start
    mask = width == 8 ? .max : (1 << UInt64(8 * width)) - 1
  }

  /// A column without rows.
  static let empty = PackedColumn()

  private init() {
    (start, width, mask, least) = (0, 0, 0, 0)
  }

  /// The value of a row. Precondition: the row is one of the column's. Wraps where the sum of a
  /// hostile column would not fit.
  @inline(__always)
  func value(_ row: Int, _ bytes: [UInt8]) -> UInt64 {
    width == 0 ? least : least &+ (bytes.word(at: start &+ row &* width) & mask)
  }
}

/// A place in a block that is read from front to back.
struct ColumnCursor {
  private(set) var offset: Int
  /// Where the padding begins.
  private let end: Int

  /// Nil for bytes too few to hold the padding.
  init?(_ bytes: [UInt8], from offset: Int = 0) {
    end = bytes.count - PackedColumn.paddingByteCount
    self.offset = offset
    guard offset <= end else { return nil }
  }

  var isAtEnd: Bool { offset == end }

  /// Where the next `count` bytes begin; nil where there are fewer before the padding.
  mutating func take(_ count: Int) -> Int? {
    guard count >= 0, count <= end - offset else { return nil }
    defer { offset += count }
    return offset
  }
}

extension [UInt8] {
  /// The eight bytes from `offset` as a little-endian number. Precondition: they are there.
  @inline(__always)
  func word(at offset: Int) -> UInt64 { span.word(at: offset) }

  /// Appends the `width` lowest bytes of a number, the lowest first.
  mutating func append(littleEndian value: UInt64, width: Int) {
    for position in 0..<width { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * position))) }
  }
}
