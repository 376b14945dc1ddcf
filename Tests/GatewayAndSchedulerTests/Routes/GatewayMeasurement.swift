import Foundation
import GatewayAndScheduler
import Ingest
import Testing

/// Figures, not judgements: runs only when asked for.
///
///     VIGIL_MEASURE=20000 swift test -c release --filter GatewayMeasurement
@Suite(.enabled(if: ProcessInfo.processInfo.environment["VIGIL_MEASURE"] != nil), .serialized)
struct GatewayMeasurement {
  private let count =
    ProcessInfo.processInfo.environment["VIGIL_MEASURE"].flatMap { Int($0) } ?? 20_000

  private func report(_ what: String, _ elapsed: Duration) {
    let rate = Int(Double(count) / (elapsed / .seconds(1)))
    print("\(what): \(count) in \(elapsed): \(rate) a second")
  }

  /// Taken apart, claims judged and signature checked; one after the other.
  @Test(arguments: [SignatureAlgorithm.rs256, .ps256, .es256, .es384, .edDSA])
  func `tokens verified`(algorithm: SignatureAlgorithm) throws {
    let key =
      switch algorithm {
      case .es256: try TestSigningKey.p256.get()
      case .es384: try TestSigningKey.p384.get()
      case .edDSA: try TestSigningKey.ed25519.get()
      default: try TestSigningKey.rsa.get()
      }
    let now = try #require(Timestamp(rfc3339: "2026-11-24T12:00:00Z"))
    let set = try JSONWebKeySet(json: keySetText([key.jwk(keyID: "k1")]))
    let text = try key.token(
      algorithm,
      claims:
        "{\"iss\":\"https://id.test\",\"aud\":\"vigil\",\"sub\":\"alice\",\"groups\":[\"a\",\"b\"],"
        + "\"exp\":\(Int(now.secondsSinceEpoch) + 300)}")
    let rules = JWTRules(issuer: "https://id.test", audiences: ["vigil"])
    var goodCount = 0
    let start = ContinuousClock.now
    for _ in 0..<count {
      let token = try JSONWebToken(text)
      try rules.check(token.claims, at: now)
      goodCount += set.check(token) == .good ? 1 : 0
    }
    report("\(algorithm.rawValue) tokens, one thread", ContinuousClock.now - start)
    #expect(goodCount == count)
  }

  /// The whole of `/auth/verify` but HTTP and the journal's disk: credential, policy, record, assertion.
  @Test(arguments: [true, false])
  func `requests judged`(isBearer: Bool) async throws {
    let bench = try GatewayBench()
    var headers = HTTPHeaders()
    if isBearer {
      headers.append("Authorization", "Bearer \(try bench.simulated.token())")
    } else {
      try await bench.logIn()
      headers.append("Cookie", "__Host-vigil=\(try #require(bench.cookies["__Host-vigil"]))")
    }
    headers.append("X-Forwarded-Method", "GET")
    headers.append("X-Forwarded-Uri", "/jobs")
    let request = HTTPRequest(
      method: .get, target: try HTTPTarget(Array("/auth/verify".utf8)), headers: headers,
      peer: .loopback(port: 1))
    let (gateway, share) = (bench.gateway, count / 8)
    let start = ContinuousClock.now
    let goodCount = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          var good = 0
          for _ in 0..<share { good += await gateway.verify(request).status == .ok ? 1 : 0 }
          return good
        }
      }
      return await group.reduce(0, +)
    }
    report(
      "/auth/verify by \(isBearer ? "EdDSA token" : "session"), 8 tasks",
      ContinuousClock.now - start)
    #expect(goodCount == share * 8)
  }
}
