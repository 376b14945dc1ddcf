import GatewayAndScheduler
import Ingest
import Synchronization

/// The gateway's side of `vigil serve`: who is believed, and the pages for browsers.
struct ServeGateway {
  /// Service tokens, bearer tokens, sessions, in this order.
  let checkers: [any CredentialChecker]
  let login: GatewayLogin?
  let records: GatewayRecords
  let signer: AssertionSigner

  init(
    _ configuration: ServeConfiguration, _ sink: any RecordSink, _ surroundings: Surroundings,
    users: @escaping @Sendable () -> UsersFile, report: @escaping @Sendable (String) -> Void
  ) throws {
    guard let signer = AssertionSigner(surroundings: surroundings) else {
      throw ServeError("the system gives no random bytes for the key of assertions")
    }
    self.signer = signer
    records = GatewayRecords(
      sink, surroundings: surroundings, isBehindProxy: configuration.front == .caddy)
    let tokens = ServiceTokenChecker(stateDirectory: configuration.state) {
      report("service tokens: \($0)")
    }
    var checkers: [any CredentialChecker] = [UsersFileChecker(tokens, users: users)]
    login = try ServeGateway.login(configuration, records, surroundings, &checkers, report)
    self.checkers = checkers
  }

  /// Nil without a provider.
  private static func login(
    _ configuration: ServeConfiguration, _ records: GatewayRecords, _ surroundings: Surroundings,
    _ checkers: inout [any CredentialChecker], _ report: @escaping @Sendable (String) -> Void
  ) throws -> GatewayLogin? {
    guard var settings = configuration.gateway, let oidc = settings.oidc else { return nil }
    settings.isBehindProxy = configuration.front == .caddy
    let secret = secret(oidc, report)
    let provider = OIDCProvider(
      oidc, transport: HTTPClient(), surroundings: surroundings,
      clientSecret: { try await text(of: secret, at: surroundings.now()) },
      replacementSecret: { refused in
        // Where nothing better can be had, the provider's refusal is what is told.
        try? await secret?.refreshed(
          after: Secret(Array(refused.utf8)), at: surroundings.now())?.revealText()
      },
      onKeysChanged: records.keysChanged(issuer: oidc.issuer))
    let sessions = try SessionStore(
      key: try SessionKey(stateDirectory: configuration.state, surroundings: surroundings),
      archive: try SessionDirectory(configuration.state + "/sessions"), limits: settings.sessions,
      surroundings: surroundings)
    checkers.append(BearerTokenChecker(provider))
    checkers.append(
      SessionChecker(sessions, provider: provider, records: records, origins: settings.origins))
    let warning = OnceReport(
      "oidc: the provider gave no refresh token, so sessions end after 8 h: "
        + "most give one when \"offline_access\" is among the scopes", report)
    return GatewayLogin(
      settings, provider: provider, sessions: sessions, records: records,
      onNoRefreshToken: { warning.tell() })
  }

  /// Nil for a public client.
  private static func secret(
    _ oidc: OIDCSettings, _ report: @escaping @Sendable (String) -> Void
  ) -> RotatingSecret? {
    guard let reference = oidc.clientSecretReference else { return nil }
    return RotatingSecret(reference, source: Assembly.secrets(), warn: report)
  }

  /// Read for each use, so that a rotated file counts at once.
  private static func text(of secret: RotatingSecret?, at now: Timestamp) async throws -> String {
    guard let secret else { return "" }
    guard let value = try await secret.secret(at: now).revealText() else {
      throw ServeError("\(secret.reference): found bytes that are no UTF-8")
    }
    return value
  }
}

/// A line that is told once, however often there is reason to.
private final class OnceReport: Sendable {
  private let line: String
  private let report: @Sendable (String) -> Void
  private let isTold = Atomic(false)

  init(_ line: String, _ report: @escaping @Sendable (String) -> Void) {
    self.line = line
    self.report = report
  }

  func tell() {
    guard !isTold.exchange(true, ordering: .relaxed) else { return }
    report(line)
  }
}

/// The journal failed while serving: nothing more is triggered.
struct ServeStopped: Error, CustomStringConvertible {
  let problem: String

  var description: String {
    "the journal can no longer be written, so nothing is triggered: \(problem)"
  }
}

/// Why `vigil serve` does not start; the message says what was found and what was expected.
struct ServeError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
