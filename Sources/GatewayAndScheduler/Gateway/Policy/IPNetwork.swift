import Ingest

/// An IPv4 or IPv6 address.
///
/// An IPv4 address written in IPv6 (`::ffff:10.0.0.1`, RFC 4291 section 2.5.5.2) is the IPv4 address:
/// whoever listens on both sees the one as the other.
package struct IPAddress: Hashable, Sendable {
  /// 32 or 128.
  package let bitCount: Int
  /// In the low `bitCount` bits.
  package let bits: UInt128

  init(bitCount: Int, bits: UInt128) {
    // ::ffff:0:0/96
    if bitCount == 128, bits >> 32 == 0xFFFF {
      self.bitCount = 32
      self.bits = bits & 0xFFFF_FFFF
    } else {
      self.bitCount = bitCount
      self.bits = bits
    }
  }

  /// Reads `10.1.2.3` (four decimal numbers without leading zeros) or an IPv6 text of RFC 4291 section
  /// 2.2; no port, no brackets, no zone index. Nil for anything else.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= 45 else { return nil }
    if bytes.contains(UInt8(ascii: ":")) {
      guard let bits = IPAddress.bits128(bytes[...]) else { return nil }
      self.init(bitCount: 128, bits: bits)
    } else {
      guard let bits = IPAddress.bits32(bytes[...]) else { return nil }
      self.init(bitCount: 32, bits: UInt128(bits))
    }
  }

  private static func bits32(_ text: ArraySlice<UInt8>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      // A leading zero is read as octal by some, so it is read by nobody here.
      guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0"),
        let number = decimal(part), number <= 255
      else { return nil }
      bits = bits << 8 | number
    }
    return bits
  }

  private static func decimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
    var value: UInt32 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + UInt32(digit - UInt8(ascii: "0"))
    }
    return value
  }

  private static func bits128(_ text: ArraySlice<UInt8>) -> UInt128? {
    let colon = UInt8(ascii: ":")
    let doubled = text.indices.dropLast().first { text[$0] == colon && text[$0 + 1] == colon }
    guard let gap = doubled else {
      guard let groups = groups(text), groups.count == 8 else { return nil }
      return bits(groups)
    }
    guard let head = groups(text[..<gap], mayEndInIPv4: false),
      let tail = groups(text[(gap + 2)...]), head.count + tail.count < 8
    else { return nil }
    return bits(head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail)
  }

  /// Groups of one to four hexadecimal digits; the last two may be written as an IPv4 address.
  private static func groups(
    _ text: ArraySlice<UInt8>, mayEndInIPv4: Bool = true
  ) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    var parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var tail: [UInt16] = []
    if mayEndInIPv4, let last = parts.last, last.contains(UInt8(ascii: ".")) {
      guard let bits = bits32(last) else { return nil }
      tail = [UInt16(bits >> 16), UInt16(bits & 0xFFFF)]
      parts.removeLast()
    }
    var groups: [UInt16] = []
    for part in parts {
      guard (1...4).contains(part.count), part.allSatisfy({ JSONEscape.hexDigit($0) != nil }) else {
        return nil
      }
      groups.append(part.reduce(0) { $0 << 4 | UInt16(JSONEscape.hexDigit($1) ?? 0) })
    }
    return groups + tail
  }

  private static func bits(_ groups: [UInt16]) -> UInt128 {
    groups.reduce(0) { $0 << 16 | UInt128($1) }
  }
}

/// A network in CIDR notation (RFC 4632): `10.0.0.0/8`, `2001:db8::/32`; a plain address is the
/// network of it alone.
package struct IPNetwork: Hashable, Sendable {
  /// The first address.
  package let address: IPAddress
  /// Leading bits that count, from 0 to the address's own.
  package let prefixLength: Int

  /// Nil for anything else, and where bits behind the prefix are set: `10.1.0.0/8` is a mistake that
  /// reads as a smaller network than it is.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
    let writtenBitCount = parts[0].contains(":") ? 128 : 32
    var length = writtenBitCount
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        (1...3).contains(parts[1].utf8.count), parts[1].utf8.count == 1 || parts[1].first != "0",
        let number = Int(parts[1]),
        number <= writtenBitCount
      else { return nil }
      length = number
    }
    // ::ffff:10.0.0.0/104 is 10.0.0.0/8; a shorter prefix would reach beyond the IPv4 addresses.
    length -= writtenBitCount - address.bitCount
    guard length >= 0, address.bits & ~IPNetwork.mask(length, of: address.bitCount) == 0 else {
      return nil
    }
    self.address = address
    prefixLength = length
  }

  /// The leading ones, within the low `bitCount` bits.
  private static func mask(_ length: Int, of bitCount: Int) -> UInt128 {
    let all: UInt128 = bitCount == 128 ? .max : (1 << UInt128(bitCount)) - 1
    return length == 0 ? 0 : all & ~((1 << UInt128(bitCount - length)) &- 1)
  }

  /// Whether the address lies in it. IPv4 and IPv6 never contain each other.
  package func contains(_ other: IPAddress) -> Bool {
    other.bitCount == address.bitCount
      && (other.bits ^ address.bits) & IPNetwork.mask(prefixLength, of: address.bitCount) == 0
  }

  /// Whether every address of the other lies in it.
  package func covers(_ other: IPNetwork) -> Bool {
    prefixLength <= other.prefixLength && contains(other.address)
  }
}
