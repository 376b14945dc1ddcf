import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport
import Testing

@Suite struct ServiceTokenCheckerTests {
  private let now = ManualClock().now
  private let directory: TemporaryDirectory
  private let checker: ServiceTokenChecker
  private let problems = Problems()

  final class Problems: Sendable {
    let all = Mutex<[String]>([])
  }

  init() throws {
    directory = try TemporaryDirectory()
    let problems = problems
    checker = ServiceTokenChecker(stateDirectory: directory.path) { problem in
      problems.all.withLock { $0.append(problem) }
    }
  }

  private func issuer() throws -> ServiceTokenIssuer {
    ServiceTokenIssuer(
      ServiceTokenStore(try PosixStorage(directory: directory.path, creating: false)),
      randomBytes: SecureRandom.bytes(count:), record: { _ in })
  }

  private func ask(_ token: ServiceTokenText, at time: Timestamp? = nil) -> Authentication {
    checker.authenticate(authorization: ["Bearer " + token.reveal()], at: time ?? now)
  }

  private func reason(_ answer: Authentication) -> String? {
    if case .refused(let refusal) = answer { refusal.reason } else { nil }
  }

  @Test("a good token is the identity that it was made for")
  func good() throws {
    var wish = ServiceTokenIssuer.Wish(
      principal: "svc-ci", scopes: ["run:trigger:etl", "run:view"])
    wish.groups = ["ci", "all"]
    wish.zone = "Europe/Berlin"
    let token = try issuer().create(wish, at: now)
    guard case .authenticated(let identity, let origin) = ask(token) else {
      Issue.record("\(ask(token))")
      return
    }
    #expect(identity.principal == "svc-ci" && identity.principalType == .service && origin == nil)
    #expect(identity.issuer == "vigil" && identity.credential == .serviceToken)
    #expect(identity.credentialID == token.id && identity.groups == ["ci", "all"])
    #expect(identity.zone == "Europe/Berlin" && identity.scopes == wish.scopes)
  }

  @Test("what somebody else did to the file counts from the next use on")
  func changes() throws {
    let other = try issuer()
    let old = try other.create(ServiceTokenIssuer.Wish(principal: "svc-ci", scopes: ["*"]), at: now)
    #expect(reason(ask(old)) == nil)
    let new = try other.rotate(old.id, overlapSeconds: 60, at: now)
    for token in [old, new] { #expect(reason(ask(token, at: now.advanced(bySeconds: 60))) == nil) }
    let late = now.advanced(bySeconds: 61)
    guard case .refused(let refusal) = ask(old, at: late) else {
      Issue.record("the old one is still good")
      return
    }
    #expect(refusal.reason == "rotated_away" && refusal.credentialID == old.id)
    #expect(refusal.principal == "svc-ci" && refusal.credential == .serviceToken)
    #expect(reason(ask(new, at: late)) == nil)
    try other.revoke(new.id, reason: "leaked", at: late)
    #expect(reason(ask(new, at: late)) == "revoked")
  }

  @Test("a token ends at its instant")
  func expiry() throws {
    var wish = ServiceTokenIssuer.Wish(principal: "svc-ci", scopes: ["*"])
    wish.secondsGood = 60
    let token = try issuer().create(wish, at: now)
    #expect(reason(ask(token, at: now.advanced(bySeconds: 59.999_999))) == nil)
    #expect(reason(ask(token, at: now.advanced(bySeconds: 60))) == "expired")
  }

  @Test("nothing is said in the name of a credential whose secret was not shown")
  func guessed() throws {
    let token = try issuer().create(
      ServiceTokenIssuer.Wish(principal: "svc-ci", scopes: ["*"]), at: now)
    let wrong = "vigil_\(token.id)_" + String(repeating: "0", count: 64)
    guard
      case .refused(let refusal) = checker.authenticate(authorization: ["Bearer \(wrong)"], at: now)
    else {
      Issue.record("a wrong secret was taken")
      return
    }
    #expect(refusal.reason == "unknown" && refusal.credentialID == nil && refusal.principal == nil)
    #expect(!"\(refusal)".contains(token.reveal().suffix(64)))
  }

  private static let unknown = "vigil_0123456789abcdef_" + String(repeating: "a", count: 64)

  @Test(
    "what is no token of ours is nobody's, and what is a bad one is refused",
    arguments: [
      ([], nil), ([""], nil), (["Bearer"], nil), (["Bearer "], nil), (["Bearer eyJ.x.y"], nil),
      (["Basic vigil_x"], nil), (["vigil_x"], nil), (["Bearer Vigil_x"], nil),
      (["Bearer vigil_x"], "malformed"), (["bearer   vigil_"], "malformed"),
      (["BEARER \(unknown)"], "unknown"), (["Bearer \(unknown) "], "malformed"),
      (["Bearer \(unknown)", "Bearer x"], "malformed"),
      (["Bearer x", "Bearer \(unknown)"], "malformed"),
      (["Bearer vigil_" + String(repeating: "a", count: 5000)], "too_long"),
      (["Bearer vigil_\u{0}é\n"], "malformed"),
    ] as [([String], String?)])
  func forms(values: [String], expected: String?) {
    let answer = checker.authenticate(authorization: values, at: now)
    if let expected { #expect(reason(answer) == expected) } else { #expect(answer == .anonymous) }
  }

  @Test("a damaged file is believed in nothing, is told once, and counts again once it is mended")
  func damaged() throws {
    let token = try issuer().create(
      ServiceTokenIssuer.Wish(principal: "svc-ci", scopes: ["*"]), at: now)
    #expect(reason(ask(token)) == nil)
    let path = directory.path + "/" + ServiceTokenStore.fileName
    let good = try Data(contentsOf: URL(fileURLWithPath: path))
    try (Data("x".utf8) + good).write(to: URL(fileURLWithPath: path))
    for _ in 0..<3 { #expect(reason(ask(token)) == "store_unavailable") }
    #expect(problems.all.withLock { $0 }.count == 1)
    #expect(problems.all.withLock { $0 }.first?.contains("line 1") == true)
    try good.write(to: URL(fileURLWithPath: path))
    #expect(reason(ask(token, at: now.advanced(bySeconds: 2))) == nil)
  }

  @Test("an HTTP request is asked for its one Authorization field")
  func request() async throws {
    let token = try issuer().create(
      ServiceTokenIssuer.Wish(principal: "svc-ci", scopes: ["*"]), at: now)
    let request = HTTPRequest(
      method: .get, target: try HTTPTarget(Array("/jobs".utf8)),
      headers: ["authorization": "Bearer \(token.reveal())"], peer: .unnamed)
    guard case .authenticated = await checker.authenticate(request, at: now) else {
      Issue.record("not authenticated")
      return
    }
  }
}
