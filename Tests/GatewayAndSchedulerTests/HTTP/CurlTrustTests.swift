import GatewayAndScheduler
import Testing

@Suite struct CurlTrustTests {
  @Test("a file of authorities stands in place of the system's file and of its folder")
  func alone() {
    let (file, folder) = CurlTrust.authorities(with: "/etc/vigil/ca.pem")
    #expect(file == "/etc/vigil/ca.pem")
    #expect(folder == nil)
  }

  @Test("without one the system's authorities are trusted")
  func system() {
    let (file, folder) = CurlTrust.authorities(with: nil)
    #expect(file != nil || folder != nil)
  }
}
