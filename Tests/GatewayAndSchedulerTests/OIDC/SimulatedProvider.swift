import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport

/// A provider without a network: discovery, keys, code flow with PKCE, refresh tokens that rotate.
final class SimulatedProvider: OIDCTransport {
  struct State {
    var issuer = "https://id.test/realms/a"
    var keys: [(keyID: String, key: TestSigningKey)] = []
    var isDown = false
    /// What the ID token says beside issuer, audience, times and nonce.
    var claims = #""sub":"alice","groups":["data-eng"],"email":"alice@example.test""#
    var accessSeconds = 300
    /// Requests by path.
    var counts: [String: Int] = [:]
    var codes: [String: (challenge: String, nonce: String, redirect: String)] = [:]
    var refreshToken: String?
    var nextNumber = 0
    /// Every body and authorization that was sent to the token endpoint.
    var sent: [(authorization: String, body: String)] = []
    var audience = "vigil"
    var nonceOverride: String?
    /// Renewals bring no ID token.
    var omitsIDToken = false
    var omitsRefreshToken = false
    /// What the userinfo endpoint answers.
    var userinfo = "{}"
    /// What the token endpoint answers instead.
    var tokenError: String?
    var areKeysDown = false
    /// Signs, and is not among the keys.
    var unpublishedKeyID: String?
    /// The only client secret taken; nil for any.
    var goodSecret: String?
  }

  let state: Mutex<State>
  private let world: TestWorld

  init(_ world: TestWorld, key: TestSigningKey) {
    self.world = world
    var state = State()
    state.keys = [("k1", key)]
    self.state = Mutex(state)
  }

  func count(_ path: String) -> Int { state.withLock { $0.counts[path] ?? 0 } }

  var settings: OIDCSettings {
    var settings = OIDCSettings(issuer: state.withLock { $0.issuer }, clientID: "vigil")
    settings.clientSecretReference = .environment(name: "TEST")
    return settings
  }

  func provider(
    _ settings: OIDCSettings? = nil,
    onKeysChanged: @escaping @Sendable (JSONWebKeySet, JSONWebKeySet) async -> Void = { _, _ in }
  ) -> OIDCProvider {
    OIDCProvider(
      settings ?? self.settings, transport: self, surroundings: world.surroundings,
      clientSecret: { "s3cret +&" }, replacementSecret: { _ in "newer" },
      onKeysChanged: onKeysChanged)
  }

  func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
    let path = "/" + (request.url.split(separator: "/").last.map(String.init) ?? "")
    let isDown = state.withLock { state in
      state.counts[path, default: 0] += 1
      return state.isDown || state.areKeysDown && path == "/jwks"
    }
    guard !isDown else { throw .couldNotConnect("https://id.test") }
    do {
      switch path {
      case "/openid-configuration": return answer(200, discovery)
      case "/jwks": return answer(200, try keySetText(keys()))
      case "/token": return try token(request)
      case "/userinfo": return answer(200, Array(state.withLock { $0.userinfo }.utf8))
      case "/revoke": return answer(200, Array("{}".utf8))
      default: return answer(404, [])
      }
    } catch {
      return answer(500, Array("\(error)".utf8))
    }
  }

  private func answer(_ status: Int, _ body: [UInt8]) -> HTTPClientResponse {
    HTTPClientResponse(
      status: HTTPStatus(code: status) ?? .internalServerError, headers: [:], body: body)
  }

  private var discovery: [UInt8] {
    let issuer = state.withLock { $0.issuer }
    return Array(
      """
      {"issuer":"\(issuer)","authorization_endpoint":"\(issuer)/authorize?tenant=1",
      "token_endpoint":"\(issuer)/token","jwks_uri":"\(issuer)/jwks","revocation_endpoint":
      "\(issuer)/revoke","userinfo_endpoint":"\(issuer)/userinfo","end_session_endpoint":"\(issuer)/logout"}
      """.utf8)
  }

  private func keys() throws -> [[String: String]] {
    try state.withLock { state in state.keys.filter { $0.keyID != state.unpublishedKeyID } }
      .map { try $0.key.jwk(keyID: $0.keyID) }
  }

  /// What the provider's login page does: the address that the browser is sent to.
  func logIn(at address: String) -> String {
    let query = URLComponents(string: address)?.queryItems ?? []
    func value(_ name: String) -> String { query.first { $0.name == name }?.value ?? "" }
    let code = state.withLock { state in
      state.nextNumber += 1
      let code = "code-\(state.nextNumber)"
      state.codes[code] = (value("code_challenge"), value("nonce"), value("redirect_uri"))
      return code
    }
    return value("redirect_uri") + "?code=\(code)&state=\(value("state"))"
  }

  private func token(_ request: HTTPClientRequest) throws -> HTTPClientResponse {
    let body = String(decoding: request.body, as: UTF8.self)
    let items = URLComponents(string: "?" + body)?.queryItems ?? []
    func value(_ name: String) -> String { items.first { $0.name == name }?.value ?? "" }
    state.withLock { $0.sent.append((request.headers["Authorization"] ?? "", body)) }
    if let error = state.withLock({ $0.tokenError }) { return refused(error) }
    if let secret = state.withLock({ $0.goodSecret }),
      request.headers["Authorization"] != "Basic " + Base64.text(Array("vigil:\(secret)".utf8))
    {
      return refused("invalid_client")
    }
    if value("grant_type") == "refresh_token" {
      let isGood = state.withLock { state in
        // Rotation: a replay ends the chain.
        defer { state.refreshToken = nil }
        return state.refreshToken == value("refresh_token")
      }
      return isGood ? try tokens(nonce: nil) : refused("invalid_grant")
    }
    guard let known = state.withLock({ $0.codes.removeValue(forKey: value("code")) }) else {
      return refused("invalid_grant")
    }
    let verifier = Array(value("code_verifier").utf8)
    guard Base64URL.text(SHA256.digest(verifier.span).bytes) == known.challenge,
      value("redirect_uri") == known.redirect
    else { return refused("invalid_grant") }
    return try tokens(nonce: known.nonce)
  }

  private func refused(_ code: String) -> HTTPClientResponse {
    answer(400, Array("{\"error\":\"\(code)\"}".utf8))
  }

  private func tokens(nonce: String?) throws -> HTTPClientResponse {
    let refreshToken = state.withLock { state in
      state.nextNumber += 1
      state.refreshToken = "refresh-\(state.nextNumber)"
      return state.omitsRefreshToken ? "" : ",\"refresh_token\":\"\(state.refreshToken ?? "")\""
    }
    let (seconds, override) = state.withLock { ($0.accessSeconds, $0.nonceOverride) }
    let stated = (override ?? nonce).map { ",\"nonce\":\"\($0)\"" } ?? ""
    let isOmitted = state.withLock { $0.omitsIDToken } && nonce == nil
    let idToken = isOmitted ? "" : ",\"id_token\":\"\(try token(more: stated))\""
    return answer(
      200,
      Array(
        """
        {"access_token":"opaque","token_type":"bearer","expires_in":\(seconds)
        \(refreshToken)\(idToken)}
        """.utf8))
  }

  /// A token that the provider signs now.
  func token(more: String = "") throws -> String {
    let (issuer, claims, key, audience) = state.withLock {
      ($0.issuer, $0.claims, $0.keys.last, $0.audience)
    }
    guard let key else { return "" }
    let now = Int(world.now.secondsSinceEpoch)
    return try key.key.token(
      .edDSA, keyID: key.keyID,
      claims: "{\"iss\":\"\(issuer)\",\"aud\":\"\(audience)\",\"iat\":\(now),\"exp\":\(now + 300),"
        + claims + more + "}")
  }
}

/// Clock, randomness and journal of a test.
final class TestWorld: Sendable {
  private struct State {
    var clock = ManualClock()
    var random = SeededRandom(seed: 7)
    var records: [Record] = []
    var isJournalBroken = false
  }

  private let state = Mutex(State())

  var now: Timestamp { state.withLock { $0.clock.now } }

  func advance(_ seconds: Double) { state.withLock { $0.clock.advance(bySeconds: seconds) } }

  func breakJournal(_ isBroken: Bool = true) { state.withLock { $0.isJournalBroken = isBroken } }

  var surroundings: Surroundings {
    Surroundings(
      now: { self.now },
      randomBytes: { count in self.state.withLock { $0.random.bytes(count: count) } })
  }

  var gatewayRecords: GatewayRecords { GatewayRecords(self, surroundings: surroundings) }

  var records: [Record] { state.withLock { $0.records } }

  var decisions: [DecisionRecord] {
    records.compactMap { if case .decision(let body) = $0.body { body } else { nil } }
  }

  var controls: [ControlRecord] {
    records.compactMap { if case .control(let body) = $0.body { body } else { nil } }
  }
}

extension TestWorld: RecordSink {
  @discardableResult
  func append(_ record: Record) async throws(WriterRefusal) -> Acknowledgement {
    let index: Int? = state.withLock { state in
      guard !state.isJournalBroken else { return nil }
      state.records.append(record)
      return state.records.count - 1
    }
    guard let index else { throw WriterRefusal(.stopped, "the test broke it") }
    return .appended(index: index)
  }
}
