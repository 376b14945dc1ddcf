import GatewayAndScheduler
import TestSupport
import Testing

@Suite struct IPNetworkTests {
  @Test(
    "addresses are read as their RFCs say",
    arguments: [
      ("0.0.0.0", 32, UInt128(0)), ("10.1.2.3", 32, 0x0A01_0203),
      ("255.255.255.255", 32, 0xFFFF_FFFF),
      ("::", 128, 0), ("::1", 128, 1),
      ("2001:db8::1", 128, 0x2001_0DB8_0000_0000_0000_0000_0000_0001),
      ("1:2:3:4:5:6:7:8", 128, 0x0001_0002_0003_0004_0005_0006_0007_0008),
      ("ABCD::", 128, 0xABCD_0000_0000_0000_0000_0000_0000_0000),
      ("::ffff:10.1.2.3", 32, 0x0A01_0203), ("::FFFF:a01:203", 32, 0x0A01_0203),
      ("64:ff9b::1.2.3.4", 128, 0x0064_FF9B_0000_0000_0000_0000_0102_0304),
      ("1::2:3:4:5:6:7", 128, 0x0001_0000_0002_0003_0004_0005_0006_0007),
    ])
  func addresses(text: String, bitCount: Int, bits: UInt128) throws {
    let address = try #require(IPAddress(text))
    #expect(address.bitCount == bitCount && address.bits == bits)
  }

  @Test(
    "what is no address is none",
    arguments: [
      "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.-4", "1.2.3.4 ", "1.2.3.4:80",
      "[::1]", "::1%eth0", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::",
      "::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7::8", ":1:2:3:4:5:6:7", "1:", "0x7f.0.0.1", "١.2.3.4",
    ])
  func noAddresses(text: String) { #expect(IPAddress(text) == nil) }

  @Test(
    "networks contain their addresses and no others",
    arguments: [
      ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false),
      ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("::ffff:10.0.0.0/104", "10.9.9.9", true),
      ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false), ("::/0", "1.2.3.4", false),
      ("::/0", "::1", true), ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false),
      ("2001:db8::/32", "2001:db8:ffff::", true), ("2001:db8::/32", "2001:db9::", false),
      ("fe80::1/128", "fe80::1", true), ("fe80::1/128", "fe80::2", false),
    ])
  func networks(network: String, address: String, expected: Bool) throws {
    let network = try #require(IPNetwork(network))
    #expect(network.contains(try #require(IPAddress(address))) == expected)
  }

  @Test(
    "networks with bits behind the prefix, or none at all, are refused",
    arguments: [
      "10.1.0.0/8", "10.0.0.1/31", "2001:db8::1/64", "10.0.0.0/33", "::/129", "10.0.0.0/", "/8",
      "10.0.0.0/8/8", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/-1", "::ffff:0:0/95", "10.0.0.0/8 ",
    ])
  func noNetworks(text: String) { #expect(IPNetwork(text) == nil) }

  @Test(
    "membership is arithmetic: the address lies between the first and the last", arguments: 0..<8)
  func arithmetic(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    for _ in 0..<500 {
      let length = Int.random(in: 0...32, using: &random)
      let size = UInt64(1) << UInt64(32 - length)
      let first = UInt64(UInt32.random(in: .min ... .max, using: &random)) / size * size
      let network = try #require(IPNetwork("\(Self.dotted(first))/\(length)"))
      // Often just at an edge.
      let edges = [first, first + size - 1, first &- 1, first + size].map { $0 & 0xFFFF_FFFF }
      let anywhere = UInt64(UInt32.random(in: .min ... .max, using: &random))
      let number = (edges + [anywhere]).randomElement(using: &random) ?? anywhere
      let address = try #require(IPAddress(Self.dotted(number)))
      #expect(
        network.contains(address) == (first..<(first + size)).contains(number),
        "seed \(seed): \(Self.dotted(first))/\(length) \(Self.dotted(number))")
    }
  }

  private static func dotted(_ number: UInt64) -> String {
    (0..<4).reversed().map { "\(number >> UInt64(8 * $0) & 0xFF)" }.joined(separator: ".")
  }
}
