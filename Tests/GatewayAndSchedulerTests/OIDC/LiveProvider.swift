import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport
import Testing

/// glewlwyd in a directory of its own, through `Tests/Live/glewlwyd.py`.
final class LiveProvider: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What the script says of the provider that it started.
  struct Facts: Decodable {
    let issuer: String
    let clientID: String
    let clientSecret: String
    let machineID: String
    let machineSecret: String
  }

  let facts: Facts
  private let directory: TemporaryDirectory

  private static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Live/glewlwyd.py")

  /// Whether the programs are here, or their absence is to be a failure.
  static var isWanted: Bool {
    let isDemanded = ProcessInfo.processInfo.environment["VIGIL_TEST_LIVE"] == "required"
    let programs = ["glewlwyd", "sqlite3", "openssl"].map { "/usr/bin/\($0)" }
    return isDemanded || programs.allSatisfy(FileManager.default.isExecutableFile(atPath:))
  }

  init(redirect: String, logout: String, accessSeconds: Int) async throws {
    directory = try TemporaryDirectory()
    let text = try await LiveProvider.run([
      "start", directory.path, "--redirect", redirect, "--logout", logout, "--access-seconds",
      "\(accessSeconds)",
    ])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom { path in
      let word = path.last?.stringValue ?? ""
      let pieces = word.split(separator: "_").enumerated().map { number, piece in
        number == 0 ? String(piece) : piece == "id" ? "ID" : piece.capitalized
      }
      return Key(stringValue: pieces.joined())
    }
    facts = try decoder.decode(Facts.self, from: Data(text.utf8))
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func stop() async { _ = try? await LiveProvider.run(["stop", directory.path]) }

  /// Where the provider sends a browser in which this user has logged in.
  func authorize(_ user: String, at address: String) async throws -> String {
    try await LiveProvider.run(["authorize", directory.path, user, address])
  }

  /// The new key's id.
  func rotate(dropping: Bool = false) async throws -> String {
    try await LiveProvider.run(["rotate", directory.path] + (dropping ? ["--drop"] : []))
  }

  /// An access token of client credentials.
  func machineToken() async throws -> String {
    let pair = Base64.text(Array("\(facts.machineID):\(facts.machineSecret)".utf8))
    let response = try await HTTPClient().send(
      HTTPClientRequest(
        .post, facts.issuer + "/token",
        headers: [
          "Authorization": "Basic \(pair)", "Content-Type": "application/x-www-form-urlencoded",
        ], body: Array("grant_type=client_credentials&scope=pipelines".utf8)))
    let fields = try JSONFields(response.body)
    return try #require(fields.text("access_token"))
  }

  /// Off the pool of threads that servers need.
  private static func run(_ arguments: [String]) async throws -> String {
    try await offPool { try runBlocking(arguments) }
  }

  private static func runBlocking(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", script.path] + arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: String(decoding: complaint, as: UTF8.self))
    }
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// The gateway with a real provider behind it, and a browser's cookie jar.
final class LiveBench: Sendable {
  let world = TestWorld()
  private let router: Router
  private let client = CountingTransport()
  private let jar = Mutex<[String: String]>([:])
  private let skew: SkewedClock

  init(_ live: LiveProvider) throws {
    let skew = SkewedClock()
    self.skew = skew
    let surroundings = Surroundings(
      now: { skew.now }, randomBytes: { SecureRandom.bytes(count: $0) })
    var oidc = OIDCSettings(issuer: live.facts.issuer, clientID: live.facts.clientID)
    oidc.clientSecretReference = .environment(name: "TEST")
    oidc.scopes = ["openid", "pipelines"]
    oidc.audiences = ["pipelines"]
    oidc.leewaySeconds = 300
    oidc.claims.principal = "preferred_username"
    let secret = live.facts.clientSecret
    let records = GatewayRecords(world, surroundings: surroundings)
    let provider = OIDCProvider(
      oidc, transport: client, surroundings: surroundings, clientSecret: { secret },
      onKeysChanged: records.keysChanged(issuer: oidc.issuer))
    var settings = GatewaySettings(address: "https://p.test")
    settings.oidc = oidc
    let key = try #require(SessionKey([UInt8](repeating: 5, count: 32)))
    let sessions = try SessionStore(
      key: key, archive: MemoryArchive(), limits: settings.sessions, surroundings: surroundings)
    var router = Router()
    router.addGateway(
      Gateway(
        checkers: [
          BearerTokenChecker(provider),
          SessionChecker(sessions, provider: provider, records: records, origins: settings.origins),
        ], actions: PathActions(), policy: ScriptedPolicy(), facts: NoFacts(), records: records,
        signer: try #require(AssertionSigner(surroundings: surroundings)),
        login: GatewayLogin(settings, provider: provider, sessions: sessions, records: records)))
    self.router = router
  }

  var refreshCount: Int { client.refreshCount }

  func advance(_ seconds: Double) { skew.advance(seconds) }

  func browse(
    _ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders = [:], sendsCookies: Bool = true
  ) async throws -> HTTPResponse {
    var all = headers
    let cookies = jar.withLock { $0 }.map { "\($0.key)=\($0.value)" }
    if sendsCookies { for cookie in cookies { all.append("Cookie", cookie) } }
    let response = await router.respond(
      to: HTTPRequest(
        method: method, target: try HTTPTarget(Array(target.utf8)), headers: all,
        peer: .loopback(port: 1)))
    for field in response.headers.values("Set-Cookie") {
      let pair = field.prefix { $0 != ";" }.split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      jar.withLock { $0[String(pair[0])] = field.contains("Max-Age=0") ? nil : String(pair[1]) }
    }
    return response
  }

  func verify(bearer: String? = nil) async throws -> HTTPResponse {
    var headers: HTTPHeaders = ["X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs"]
    if let bearer { headers.append("Authorization", "Bearer \(bearer)") }
    return try await browse(.get, "/auth/verify", headers, sendsCookies: bearer == nil)
  }
}

/// The machine's clock, moved.
private final class SkewedClock: Sendable {
  private let offset = Mutex(0.0)

  func advance(_ seconds: Double) { offset.withLock { $0 += seconds } }

  var now: Timestamp {
    let seconds = Date().timeIntervalSince1970 + offset.withLock { $0 }
    return Timestamp(secondsSinceEpoch: seconds) ?? .latest
  }
}

/// The real client, counting what renews a login.
private final class CountingTransport: OIDCTransport {
  private let client = HTTPClient()
  private let count = Mutex(0)

  var refreshCount: Int { count.withLock { $0 } }

  func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
    if String(decoding: request.body, as: UTF8.self).contains("grant_type=refresh_token") {
      count.withLock { $0 += 1 }
    }
    return try await client.send(request)
  }
}
