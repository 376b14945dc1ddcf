import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

/// Accounts of a site without a provider.
@Suite struct UsersFileTests {
  private static func read(_ text: String) throws(ConfigurationError) -> UsersFile {
    try ConfigurationReader.read(Array(text.utf8).span, file: "users.json5", UsersFile.init(from:))
  }

  private static let file = """
    { accounts: {
        "svc-ci": { type: "service", groups: ["ci", "deploy"] },
        "svc-old": { groups: ["ci"] },
        alice: { type: "human", groups: ["operators"], zone: "Europe/Berlin", email: "a@example.com" },
    } }
    """

  private static func identity(
    _ name: String, _ credential: DecisionRecord.Credential = .serviceToken
  ) -> Identity {
    Identity(principal: name, principalType: .human, credential: credential)
  }

  @Test func `a token's principal gets type, groups, zone and address from the file`() throws {
    let users = try Self.read(Self.file)
    let service = users.enriched(Self.identity("svc-ci"))
    #expect(service.principalType == .service && service.groups == ["ci", "deploy"])
    #expect(users.enriched(Self.identity("svc-old")).principalType == .service)
    let person = users.enriched(Self.identity("alice"))
    #expect(person.principalType == .human && person.zone == "Europe/Berlin")
    #expect(person.email == "a@example.com" && person.groups == ["operators"])
  }

  @Test func `what a credential states stands, and so does who is not in the file`() throws {
    let users = try Self.read(Self.file)
    var stated = Self.identity("alice")
    stated.groups = ["readers"]
    stated.zone = "Asia/Tokyo"
    #expect(users.enriched(stated).groups == ["readers"])
    #expect(users.enriched(stated).zone == "Asia/Tokyo")
    for identity in [
      Self.identity("alice", .oidc), Self.identity("alice", .session), Self.identity("bob"),
    ] {
      #expect(users.enriched(identity) == identity)
    }
    #expect(try Self.read("{}").accounts.isEmpty)
  }

  @Test(arguments: [
    ("{accounts: {a: {type: \"robot\"}}}", "expected one of \"human\", \"service\""),
    ("{accounts: {a: {token: \"x\"}}}", "unknown key \"token\""),
    ("{accounts: {a: {groups: [\"g\", \"g\"]}}}", "each once"),
    ("{accounts: {\"\": {}}}", "an account name of 0 bytes"),
    ("{accounts: {\"a\\nb\": {type: \"human\"}}}", "without control characters"),
    ("{accounts: [1]}", "\"accounts\""), ("{users: {}}", "unknown key \"users\""),
  ])
  func `a file that says something else is refused, with the place`(
    text: String, words: String
  ) throws {
    let error = #expect(throws: ConfigurationError.self) { try Self.read(text) }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  @Test func `a checker's identities come out enriched, its refusals as they are`() async throws {
    let users = try Self.read(Self.file)
    let checker = UsersFileChecker(FakeChecker(), users: { users })
    func answer(_ token: String?) async throws -> Authentication {
      var headers = HTTPHeaders()
      if let token { headers.append("Authorization", "Bearer \(token)") }
      let request = HTTPRequest(
        method: .get, target: try HTTPTarget(Array("/".utf8)), headers: headers, peer: .unnamed)
      return await checker.authenticate(request, at: Build.time(0))
    }
    guard case .authenticated(let identity, nil) = try await answer("alice") else {
      Issue.record("alice is not known")
      return
    }
    #expect(identity.zone == "Europe/Berlin")
    #expect(try await answer(nil) == .anonymous)
    guard case .refused = try await answer("nobody") else {
      Issue.record("an unknown token is taken")
      return
    }
  }
}
