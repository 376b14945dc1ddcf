import GatewayAndScheduler
import Testing

@Suite struct MailRequestTests {
  @Test(
    "a host's name goes behind EHLO as it is, an address in brackets, all else not",
    arguments: [
      ("host.example", "host.example"), ("10.0.0.1", "[10.0.0.1]"), ("::1", "[IPv6:::1]"),
      ("10.0.0", "10.0.0"), ("10.0.0.256", "10.0.0.256"), ("a_b", nil), ("a b", nil), ("", nil),
      ("a/b", nil),
    ] as [(String, String?)])
  func helloName(host: String, expected: String?) {
    #expect(MailRequest.helloName(host) == expected)
  }
}
