import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport
import Testing

/// The gateway against a real provider: glewlwyd on a free loopback port, started by the test.
///
/// Skipped where it is not installed; VIGIL_TEST_LIVE=required makes that a failure.
@Suite(.serialized, .enabled(if: LiveProvider.isWanted, "glewlwyd, sqlite3 or openssl is missing"))
struct LiveOIDCTests {
  private static let address = "https://p.test"

  private func withProvider(
    accessSeconds: Int = 300, _ body: (LiveProvider) async throws -> Void
  ) async throws {
    let live = try await LiveProvider(
      redirect: LiveOIDCTests.address + "/auth/callback", logout: LiveOIDCTests.address + "/",
      accessSeconds: accessSeconds)
    do {
      try await body(live)
    } catch {
      await live.stop()
      throw error
    }
    await live.stop()
  }

  @Test func `code flow, renewal, rotation of keys and logout work with glewlwyd`() async throws {
    try await withProvider(accessSeconds: 40) { live in
      let bench = try LiveBench(live)
      try await logIn(bench, live)
      try await renew(bench)
      try await rotateKeys(bench, live)
      try await logOut(bench)
    }
  }

  /// PKCE is required at the provider: without it there would be no code.
  private func logIn(_ bench: LiveBench, _ live: LiveProvider) async throws {
    let begun = try await bench.browse(.get, "/auth/login?to=%2Fjobs")
    let back = try await live.authorize("alice", at: try #require(begun.headers["Location"]))
    #expect(back.hasPrefix(LiveOIDCTests.address + "/auth/callback?"))
    let target = String(back.dropFirst(LiveOIDCTests.address.count))
    let stolen = try await bench.browse(.get, target, sendsCookies: false)
    #expect(stolen.status == .unauthorized)
    let done = try await bench.browse(.get, target)
    #expect(done.status == .seeOther && done.headers["Location"] == "/jobs", "\(done)")
    let answer = try await bench.verify()
    #expect(answer.status == .ok)
    #expect(answer.headers["Remote-User"] == "alice")
    #expect(answer.headers["Remote-Groups"] == "data-eng,etl-owners")
    #expect(answer.headers["Remote-Email"] == "alice@example.test")
  }

  /// Each refresh token is good once, and a replay would end the chain: eight requests at once must
  /// share what one of them began.
  private func renew(_ bench: LiveBench) async throws {
    for round in 1...6 {
      bench.advance(32)
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<8 { group.addTask { try await bench.verify().status.code } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses == Array(repeating: 200, count: 8))
      #expect(bench.refreshCount == round)
    }
    bench.advance(-6 * 32)
  }

  private func rotateKeys(_ bench: LiveBench, _ live: LiveProvider) async throws {
    let old = try await live.machineToken()
    #expect(try await bench.verify(bearer: old).headers["Remote-User"] == "svc-ci")
    let keyID = try await live.rotate()
    let new = try await live.machineToken()
    #expect(try JSONWebToken(new).keyID == keyID)
    #expect(try await bench.verify(bearer: new).status == .ok)
    #expect(try await bench.verify(bearer: old).status == .ok)
    let told = bench.world.controls.last { $0.event == .keyRotated }
    #expect(told?.reason?.contains(keyID.prefix(32)) == true)
    _ = try await live.rotate(dropping: true)
    #expect(try await bench.verify(bearer: try await live.machineToken()).status == .ok)
    let refused = try await bench.verify(bearer: old)
    #expect(refused.status == .unauthorized)
    #expect(bench.world.decisions.last?.reason?.hasPrefix("unknown_key") == true)
  }

  private func logOut(_ bench: LiveBench) async throws {
    let answer = try await bench.browse(
      .post, "/auth/logout", ["Sec-Fetch-Site": "same-origin"])
    #expect(answer.status == .seeOther)
    #expect(answer.headers["Location"]?.contains("/end_session?client_id=vigil") == true)
    #expect(try await bench.verify().status == .unauthorized)
  }

  @Test func `tokens for others and hostile ones are refused with glewlwyd's real keys`()
    async throws
  {
    try await withProvider { live in
      let bench = try LiveBench(live)
      let good = try await live.machineToken()
      #expect(try await bench.verify(bearer: good).status == .ok)
      let parts = good.split(separator: ".").map(String.init)
      let none = Base64URL.text(Array(#"{"alg":"none"}"#.utf8))
      for text in [
        none + "." + parts[1] + ".", none + "." + parts[1] + "." + parts[2],
        parts[0] + "." + parts[1] + "." + String(parts[2].reversed()),
        good + "A", String(repeating: "a.", count: 1 << 19),
      ] {
        #expect(try await bench.verify(bearer: text).status == .unauthorized)
      }
      bench.advance(601)
      #expect(try await bench.verify(bearer: good).status == .unauthorized)
      #expect(bench.world.decisions.last?.reason?.hasPrefix("expired") == true)
      bench.advance(-601)
      await live.stop()
      let late = try LiveBench(live)
      #expect(try await late.verify(bearer: good).status == .serviceUnavailable)
      #expect(try await bench.verify(bearer: good).status == .ok)
    }
  }
}
