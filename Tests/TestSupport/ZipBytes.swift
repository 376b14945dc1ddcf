/// A zip archive put together byte by byte, to say what no honest program would write.
package struct ZipBytes {
  package struct Entry {
    package var name: String
    package var contents: [UInt8]
    /// As the headers state it.
    package var statedByteCount: Int?
    package var method = 0
    package var flags = 0
    package var checksum: UInt32?

    /// An honest entry, stored as it is.
    package init(name: String, contents: [UInt8] = []) {
      self.name = name
      self.contents = contents
    }
  }

  package var entries: [Entry]

  package init(entries: [Entry]) { self.entries = entries }

  /// APPNOTE.TXT 4.3: local headers with their bytes, central directory, its end.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    var central: [UInt8] = []
    for entry in entries {
      let offset = bytes.count
      let facts = fields(of: entry)
      bytes += number(0x0403_4B50, 4) + number(20, 2) + facts + number(0, 2)
      bytes += Array(entry.name.utf8) + entry.contents
      central += number(0x0201_4B50, 4) + number(20, 2) + number(20, 2) + facts
      central += number(0, 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0, 4)
      central += number(offset, 4) + Array(entry.name.utf8)
    }
    let start = bytes.count
    return bytes + central + number(0x0605_4B50, 4) + number(0, 4) + number(entries.count, 2)
      + number(entries.count, 2) + number(central.count, 4) + number(start, 4) + number(0, 2)
  }

  /// What both headers hold: flags, method, time, checksum, sizes, length of the name.
  private func fields(of entry: Entry) -> [UInt8] {
    let checksum = entry.checksum ?? ZipBytes.checksum(entry.contents)
    return number(entry.flags, 2) + number(entry.method, 2) + number(0, 2) + number(33, 2)
      + number(Int(checksum), 4) + number(entry.contents.count, 4)
      + number(entry.statedByteCount ?? entry.contents.count, 4) + number(entry.name.utf8.count, 2)
  }

  private func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// CRC-32 of ISO 3309, bit by bit.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var rest: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      rest ^= UInt32(byte)
      for _ in 0..<8 { rest = rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1 }
    }
    return ~rest
  }
}
