import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import Testing

/// The whole gateway over a simulated provider, with a browser's cookie jar.
final class GatewayBench: Sendable {
  let world = TestWorld()
  let simulated: SimulatedProvider
  let provider: OIDCProvider
  let sessions: SessionStore
  let archive: MemoryArchive
  let signer: AssertionSigner
  let gateway: Gateway
  let router: Router
  let policy = ScriptedPolicy()
  private let jar = Mutex<[String: String]>([:])
  let refreshless: RefreshlessLogins

  init(
    limits: SessionLimits = SessionLimits(), archive: MemoryArchive = MemoryArchive(),
    continuing before: GatewayBench? = nil, address: String = "https://p.test",
    asksUserinfo: Bool = false, isBehindProxy: Bool = true
  ) throws {
    self.archive = archive
    simulated = SimulatedProvider(world, key: try TestSigningKey.quick.get())
    if let before {
      let jar = before.cookies
      self.jar.withLock { $0 = jar }
      let refreshToken = before.simulated.state.withLock { $0.refreshToken }
      simulated.state.withLock { $0.refreshToken = refreshToken }
    }
    var asked = simulated.settings
    asked.asksUserinfo = asksUserinfo
    provider = simulated.provider(
      asked, onKeysChanged: world.gatewayRecords.keysChanged(issuer: "https://id.test"))
    let key = try #require(SessionKey([UInt8](repeating: 9, count: 32)))
    sessions = try SessionStore(
      key: key, archive: archive, limits: limits, surroundings: world.surroundings)
    signer = try #require(AssertionSigner(surroundings: world.surroundings))
    var settings = GatewaySettings(address: address)
    settings.oidc = provider.settings
    settings.sessions = limits
    settings.isBehindProxy = isBehindProxy
    let records = GatewayRecords(
      world, surroundings: world.surroundings, isBehindProxy: isBehindProxy)
    let refreshless = RefreshlessLogins()
    self.refreshless = refreshless
    gateway = Gateway(
      checkers: [
        BearerTokenChecker(provider),
        SessionChecker(sessions, provider: provider, records: records, origins: settings.origins),
      ], actions: PathActions(), policy: policy, facts: NoFacts(), records: records, signer: signer,
      login: GatewayLogin(
        settings, provider: provider, sessions: sessions, records: records,
        onNoRefreshToken: { refreshless.note() }))
    var router = Router()
    router.addGateway(gateway)
    self.router = router
  }

  var cookies: [String: String] { jar.withLock { $0 } }

  func setCookies(_ cookies: [String: String]) { jar.withLock { $0 = cookies } }

  /// Sends a request as the browser would, and keeps the cookies of the answer.
  func browse(
    _ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders = [:], sendsCookies: Bool = true
  ) async throws -> HTTPResponse {
    var all = headers
    let cookies = cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    if sendsCookies, !cookies.isEmpty { all.append("Cookie", cookies.joined(separator: "; ")) }
    let response = await router.respond(
      to: HTTPRequest(
        method: method, target: try HTTPTarget(Array(target.utf8)), headers: all,
        peer: .loopback(port: 1)))
    for field in response.headers.values("Set-Cookie") { keep(field) }
    return response
  }

  func keep(_ field: String) {
    let pair = field.prefix { $0 != ";" }.split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    jar.withLock { $0[String(pair[0])] = field.contains("Max-Age=0") ? nil : String(pair[1]) }
  }

  /// Asks `/auth/verify` about a client's request, as Caddy does; takes a new cookie along.
  func verify(
    _ method: HTTPMethod = .get, _ uri: String = "/jobs", _ headers: HTTPHeaders = [:],
    id: String? = nil, sendsCookies: Bool = true
  ) async throws -> HTTPResponse {
    var all = headers
    all.append("X-Forwarded-Method", method.rawValue)
    all.append("X-Forwarded-Uri", uri)
    all.append("X-Forwarded-For", "192.0.2.7")
    all.append("X-Forwarded-Host", "p.test")
    all.append("X-Request-Id", id ?? UUID().uuidString)
    let response = try await browse(.get, "/auth/verify", all, sendsCookies: sendsCookies)
    if let cookie = response.headers["X-Vigil-Set-Cookie"], !cookie.isEmpty { keep(cookie) }
    return response
  }

  /// The whole way through the provider; the last answer.
  @discardableResult
  func logIn(to target: String = "/jobs") async throws -> HTTPResponse {
    let begun = try await browse(.get, "/auth/login?to=" + target)
    let back = simulated.logIn(at: try #require(begun.headers["Location"]))
    return try await browse(.get, String(back.dropFirst("https://p.test".count)))
  }
}

/// Counts the logins for which the provider gave no refresh token.
final class RefreshlessLogins: Sendable {
  private let value = Atomic(0)
  var count: Int { value.load(ordering: .relaxed) }
  func note() { value.add(1, ordering: .relaxed) }
}

/// Sessions in memory that outlive a store.
final class MemoryArchive: SessionArchive {
  struct Broken: Error {}

  private let files = Mutex<[String: [UInt8]]>([:])
  private let isBroken = Mutex(false)

  func breakDown(_ broken: Bool) { isBroken.withLock { $0 = broken } }

  var contents: [String: [UInt8]] { files.withLock { $0 } }

  func load() throws -> [(name: String, bytes: [UInt8])] {
    files.withLock { files in files.map { (name: $0.key, bytes: $0.value) } }
  }

  func save(_ name: String, _ bytes: [UInt8]) throws {
    if isBroken.withLock({ $0 }) { throw Broken() }
    files.withLock { $0[name] = bytes }
  }

  func remove(_ name: String) throws {
    if isBroken.withLock({ $0 }) { throw Broken() }
    files.withLock { $0[name] = nil }
  }
}

/// `POST /jobs/{job}/runs`, `GET /jobs` and everything under `/luigi`; `/healthz` is public.
struct PathActions: ActionMapping {
  func mapped(method: HTTPMethod, target: HTTPTarget) -> MappedAction {
    switch (method, target.segments.first, target.segments.count) {
    case (.post, "jobs", 3): return MappedAction(action: "run:trigger", job: target.segments[1])
    case (.get, "jobs", 1), (.head, "jobs", 1):
      var mapped = MappedAction(action: "job:view")
      mapped.jobIsOpen = true
      return mapped
    case (.get, "healthz", 1): return MappedAction(isPublic: true)
    case (_, "luigi", _): return MappedAction(action: "luigi:view")
    case (_, "twice", _):
      var mapped = MappedAction(action: "job:view")
      mapped.ambiguity = "an escape in a literal"
      return mapped
    default: return MappedAction()
    }
  }
}

/// Permits everyone with an identity but for jobs of names it knows; holds whatever the group `held` does.
final class ScriptedPolicy: AccessJudging {
  private let asked = Mutex<[AccessQuestion]>([])

  var questions: [AccessQuestion] { asked.withLock { $0 } }

  func decide(_ question: AccessQuestion) -> AccessDecision {
    asked.withLock { $0.append(question) }
    let (effect, rule): (DecisionRecord.Effect, String) =
      switch (question.identity, question.job) {
      case (nil, _): (.deny, "credential")
      case (let identity?, _) where identity.groups.contains("held"): (.hold, "night")
      case (_, "secret"): (.deny, "secret-jobs")
      case (_, "late"): (.hold, "night")
      case (_, "full"): (.deny, "busy")
      default: (.permit, "all")
      }
    var decision = AccessDecision(
      effect, rule: rule, reason: "because of \(rule)", policySHA256: "ab12")
    decision.limit = rule == "busy" ? .openRunsOfJob : nil
    return decision
  }
}

struct NoFacts: AccessFactsSource {
  func facts(principal: String?, job: String?, at now: Timestamp) async -> AccessFacts {
    AccessFacts()
  }
}
