import Ingest

/// Makes the checksums of a file of columns fit what it holds, as somebody hostile would.
package enum ColumnSeal {
  /// Blocks first, then the directory (Documentation/JournalFormat.md); what does not fit stays.
  package static func seal(_ bytes: inout [UInt8]) {
    guard bytes.count >= 88 else { return }
    let count = number(bytes, 20, 4)
    guard count <= bytes.count / 56, 88 + count * 56 <= bytes.count else { return }
    for block in 0..<count {
      let entry = 80 + block * 56
      let (offset, length) = (number(bytes, entry, 8), number(bytes, entry + 8, 8))
      guard offset <= bytes.count, length <= bytes.count - offset else { continue }
      put(ColumnChecksum.sum(bytes[offset..<offset + length]), &bytes, entry + 16)
    }
    put(ColumnChecksum.sum(bytes[..<(80 + count * 56)]), &bytes, 80 + count * 56)
  }

  private static func number(_ bytes: [UInt8], _ place: Int, _ width: Int) -> Int {
    let value = (0..<width).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[place + $1]) }
    return Int(value & UInt64(Int.max))
  }

  private static func put(_ value: UInt64, _ bytes: inout [UInt8], _ place: Int) {
    for byte in 0..<8 { bytes[place + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
  }
}
