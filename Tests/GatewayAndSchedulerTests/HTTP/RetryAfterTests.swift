import GatewayAndScheduler
import Ingest
import Testing

@Suite struct RetryAfterTests {
  /// 2015-10-21T07:28:00Z.
  private static let now = Timestamp(microseconds: 1_445_412_480_000_000) ?? .earliest

  @Test(
    "seconds and dates are pauses from nothing to an hour; all else is none",
    arguments: [
      ("0", Duration.zero), ("59", .seconds(59)), ("3601", .seconds(3600)),
      ("00120", .seconds(120)), ("99999999999999999999999", .seconds(3600)), ("", nil),
      ("-1", nil), ("1.5", nil), (" 5", nil), ("٣", nil),
      ("Wed, 21 Oct 2015 07:28:30 GMT", .seconds(30)),
      ("Wed, 21 Oct 2015 07:27:00 GMT", .zero), ("Fri, 01 Jan 9999 00:00:00 GMT", .seconds(3600)),
      ("Wed, 21 Oct 2015 24:28:30 GMT", nil), ("Wed, 31 Feb 2015 07:28:30 GMT", nil),
      ("Wed, 21 Oct 2015 07:28:30 CET", nil), ("Wednesday, 21-Oct-15 07:28:00 GMT", nil),
      ("Wed, 21 Oct 2015 07:-8:30 GMT", nil),
    ] as [(String, Duration?)])
  func pauses(text: String, expected: Duration?) {
    #expect(RetryAfter.pause(text, at: RetryAfterTests.now) == expected)
  }
}

@Suite struct ServerAddressTests {
  @Test(
    "a host is a name or an address, and this host is known by its names",
    arguments: [
      ("localhost", true), ("LOCALHOST", true), ("127.0.0.1", true), ("127.255.0.9", true),
      ("::1", true), ("127.0.0.1.example.org", false), ("127.0.0.256", false), ("::2", false),
      ("mail.example.org", false), ("10.0.0.1", false),
    ])
  func loopback(host: String, isLoopback: Bool) throws {
    let address = try #require(ServerAddress(host: host, port: 25))
    #expect(address.isLoopback == isLoopback)
  }

  @Test(
    "a host that could say more in a url is none",
    arguments: ["", "a/b", "a@b", "a b", "a\r\nb", "a?b", "é", "[::1]", "a#b"])
  func refused(host: String) {
    #expect(ServerAddress(host: host, port: 25) == nil)
  }
}
