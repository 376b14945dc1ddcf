import GatewayAndScheduler
import Ingest

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
    records = GatewayRecords(sink, surroundings: surroundings)
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
    guard let settings = configuration.gateway, let oidc = settings.oidc else { return nil }
    let provider = OIDCProvider(
      oidc, transport: HTTPClient(), surroundings: surroundings,
      clientSecret: try secret(oidc, surroundings, report),
      onKeysChanged: records.keysChanged(issuer: oidc.issuer))
    let sessions = try SessionStore(
      key: try SessionKey(stateDirectory: configuration.state, surroundings: surroundings),
      archive: try SessionDirectory(configuration.state + "/sessions"), limits: settings.sessions,
      surroundings: surroundings)
    checkers.append(BearerTokenChecker(provider))
    checkers.append(
      SessionChecker(sessions, provider: provider, records: records, origins: settings.origins))
    return GatewayLogin(settings, provider: provider, sessions: sessions, records: records)
  }

  /// Read for each use, so that a rotated secret counts at once.
  private static func secret(
    _ oidc: OIDCSettings, _ surroundings: Surroundings,
    _ report: @escaping @Sendable (String) -> Void
  ) throws -> @Sendable () async throws -> String {
    guard let text = oidc.clientSecretReference else { return { "" } }
    let source = SystemSecretSource(
      variable: { ProcessEnvironment.variable($0) },
      environment: ProcessEnvironment.passedOn(["PATH", "HOME"]), clock: ContinuousClock())
    let secret = RotatingSecret(try SecretReference(text), source: source, warn: report)
    return {
      guard let value = try await secret.secret(at: surroundings.now()).revealText() else {
        throw ServeError("\(secret.reference): found bytes that are no UTF-8")
      }
      return value
    }
  }
}

/// Why `vigil serve` does not start; the message says what was found and what was expected.
struct ServeError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
