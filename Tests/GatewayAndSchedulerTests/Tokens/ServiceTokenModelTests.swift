import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

@Suite struct ServiceTokenModelTests {
  /// What a credential is, the plain way.
  private struct Model {
    let token: ServiceTokenText
    var expiresAt: Timestamp?
    var goodUntil: Timestamp?
    var isRevoked = false

    func reason(at now: Timestamp) -> String? {
      if isRevoked { return "revoked" }
      if let goodUntil, now > goodUntil { return "rotated_away" }
      if let expiresAt, now >= expiresAt { return "expired" }
      return nil
    }
  }

  private func reason(_ answer: Authentication) -> String? {
    switch answer {
    case .authenticated: nil
    case .anonymous: "anonymous"
    case .refused(let refusal): refusal.reason
    }
  }

  @Test(
    "after any commands every credential is what they made of it, for a checker that runs on",
    arguments: 0..<6)
  func commands(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let directory = try TemporaryDirectory()
    let store = ServiceTokenStore(try PosixStorage(directory: directory.path, creating: false))
    let issuer = ServiceTokenIssuer(
      store, randomBytes: SecureRandom.bytes(count:), record: { _ in })
    let checker = ServiceTokenChecker(stateDirectory: directory.path)
    var all: [Model] = []
    var now = ManualClock().now
    for _ in 0..<60 {
      now = now.advanced(bySeconds: Double(Int.random(in: 0...40, using: &random)))
      let place = all.isEmpty ? nil : Int.random(in: 0..<all.count, using: &random)
      switch (Int.random(in: 0..<4, using: &random), place) {
      case (1, let place?):
        let overlap = Double([0, 10, 60].randomElement(using: &random) ?? 0)
        let isGood = all[place].reason(at: now) == nil && all[place].goodUntil == nil
        guard let token = try? issuer.rotate(all[place].token.id, overlapSeconds: overlap, at: now)
        else {
          #expect(!isGood, "seed \(seed)")
          continue
        }
        #expect(isGood, "seed \(seed)")
        all[place].goodUntil = now.advanced(bySeconds: overlap)
        all.append(
          Model(
            token: token,
            expiresAt: all[place].expiresAt == nil ? nil : now.advanced(bySeconds: 100)))
      case (2, let place?):
        try issuer.revoke(all[place].token.id, reason: nil, at: now)
        all[place].isRevoked = true
      default:
        var wish = ServiceTokenIssuer.Wish(principal: "svc", scopes: ["*"])
        wish.secondsGood = Bool.random(using: &random) ? 100 : nil
        let token = try issuer.create(wish, at: now)
        all.append(
          Model(token: token, expiresAt: wish.secondsGood.map { now.advanced(bySeconds: $0) }))
      }
      for each in all {
        let time = now.advanced(bySeconds: Double(Int.random(in: 0...120, using: &random)))
        let answer = checker.authenticate(
          authorization: ["Bearer " + each.token.reveal()], at: time)
        #expect(reason(answer) == each.reason(at: time), "seed \(seed): \(each.token.id)")
      }
    }
  }

  @Test("two commands do not write at once")
  func locked() throws {
    let directory = try TemporaryDirectory()
    let storage = try PosixStorage(directory: directory.path, creating: false)
    let lock = try #require(try storage.lock("tokens.lock"))
    let issuer = ServiceTokenIssuer(
      ServiceTokenStore(storage), randomBytes: SecureRandom.bytes(count:), record: { _ in })
    #expect(throws: ServiceTokenStoreError.locked) {
      try issuer.create(TokenBench.wish(), at: ManualClock().now)
    }
    withExtendedLifetime(lock) {}
  }

  @Test("without random bytes nothing is made")
  func noRandomBytes() throws {
    let storage = SimulatedStorage()
    let issuer = ServiceTokenIssuer(
      ServiceTokenStore(storage), randomBytes: { _ in nil }, record: { _ in })
    #expect(throws: ServiceTokenStoreError.noRandomBytes) {
      try issuer.create(TokenBench.wish(), at: ManualClock().now)
    }
    #expect(storage.bytes(ServiceTokenStore.fileName) == nil)
  }
}
