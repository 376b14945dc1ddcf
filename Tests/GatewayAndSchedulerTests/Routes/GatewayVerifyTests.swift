import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import Testing

/// `/auth/verify`: each answer, its headers, and the record that stands before it.
@Suite struct GatewayVerifyTests {
  private let bench: GatewayBench

  init() throws { bench = try GatewayBench() }

  private static let copied = [
    "Remote-User", "Remote-Groups", "Remote-Email", "X-Auth-Method", "X-Request-Id",
    "X-Vigil-Assertion", "X-Vigil-Set-Cookie",
  ]

  private func bearer() throws -> HTTPHeaders {
    ["Authorization": "Bearer \(try bench.simulated.token())"]
  }

  @Test func `a bearer token that counts is let through with all that the API needs`() async throws
  {
    let answer = try await bench.verify(.post, "/jobs/etl/runs?x=1", bearer(), id: "request-1")
    #expect(answer.status == .ok)
    #expect(answer.headers["Remote-User"] == "alice")
    #expect(answer.headers["Remote-Groups"] == "data-eng")
    #expect(answer.headers["X-Auth-Method"] == "oidc")
    #expect(answer.headers["X-Request-Id"] == "request-1")
    let record = try #require(bench.world.records.first)
    #expect(record.header.id == "decision/request-1" && record.header.source == "vigil/gateway")
    let decision = try #require(bench.world.decisions.first)
    #expect(decision.effect == .permit && decision.rule == "all" && decision.job == "etl")
    #expect(decision.action == "run:trigger" && decision.principal == "alice")
    #expect(decision.policySHA256 == "ab12" && decision.credential == .oidc)
    #expect(bench.policy.questions.first?.remoteIP == "192.0.2.7")
    let checker = AssertionChecker(bench.signer)
    let passedOn = HTTPRequest(
      method: .post, target: try HTTPTarget(Array("/jobs/etl/runs?x=1".utf8)),
      headers: [
        "X-Request-Id": "request-1",
        "X-Vigil-Assertion": try #require(answer.headers["X-Vigil-Assertion"]),
      ], peer: .loopback(port: 1))
    guard
      case .authenticated(let identity, let origin?) = await checker.authenticate(
        passedOn, at: bench.world.now)
    else {
      Issue.record("the assertion does not count")
      return
    }
    #expect(identity.principal == "alice" && identity.groups == ["data-eng"])
    #expect(origin.requestID == "request-1" && origin.remoteIP == "192.0.2.7")
  }

  @Test func `every answer has every header that the proxy copies`() async throws {
    let good = try bearer()
    for answer in [
      try await bench.verify(.post, "/jobs/etl/runs", good), try await bench.verify(),
      try await bench.verify(.post, "/jobs/secret/runs", good),
      try await bench.verify(.get, "/healthz"),
      try await bench.verify(.get, "/jobs", ["Authorization": "Bearer a.b.c"]),
      try await bench.browse(.get, "/auth/verify"),
    ] {
      for name in GatewayVerifyTests.copied {
        #expect(answer.headers.values(name).count == 1, "\(answer.status.code) \(name)")
      }
      #expect(answer.headers.firstUnsendable == nil)
    }
  }

  @Test func `what the client says of itself is not believed`() async throws {
    let spoofed: HTTPHeaders = [
      "Remote-User": "root", "Remote-Groups": "admin", "X-Vigil-Assertion": "v1.e30.AA",
      "X-Forwarded-User": "root",
    ]
    let answer = try await bench.verify(.post, "/jobs/etl/runs", spoofed)
    #expect(answer.status == .unauthorized)
    #expect(answer.headers["Remote-User"] == "")
    #expect(bench.world.decisions.first?.principal == nil)
  }

  @Test func `a machine without a credential gets 401, a person the login page`() async throws {
    let machine = try await bench.verify(.get, "/jobs", ["Accept": "*/*"])
    #expect(machine.status == .unauthorized)
    #expect(machine.headers["WWW-Authenticate"] == "Bearer realm=\"vigil\"")
    let page: HTTPHeaders = ["Accept": "text/html,application/xhtml+xml"]
    let person = try await bench.verify(.get, "/jobs?a=b&c=%2F", page)
    #expect(person.status == .found)
    #expect(person.headers["Location"] == "/auth/login?to=%2Fjobs%3Fa%3Db%26c%3D%252F")
    #expect(try await bench.verify(.post, "/jobs/etl/runs", page).status == .unauthorized)
    var script = page
    script.append("Sec-Fetch-Mode", "cors")
    #expect(try await bench.verify(.get, "/jobs", script).status == .unauthorized)
    #expect(bench.world.decisions.map(\.effect) == [.deny, .deny, .deny, .deny])
    #expect(bench.world.decisions.allSatisfy { $0.rule == "credential" })
  }

  @Test func `a denial says which rule, and names whom it denied`() async throws {
    let answer = try await bench.verify(.post, "/jobs/secret/runs", bearer())
    #expect(answer.status == .forbidden)
    #expect(answer.headers["Remote-User"] == "alice")
    #expect(answer.headers["X-Vigil-Assertion"] == "")
    #expect(String(decoding: answer.body, as: UTF8.self).contains("secret-jobs"))
    #expect(bench.world.decisions.first?.effect == .deny)
  }

  @Test func `a hold goes on to the scheduler, which keeps it`() async throws {
    let answer = try await bench.verify(.post, "/jobs/late/runs", bearer())
    #expect(answer.status == .ok)
    #expect(bench.world.decisions.first?.effect == .hold)
  }

  @Test func `a hold of what nobody can wait for is a no`() async throws {
    bench.simulated.state.withLock { $0.claims = #""sub":"alice","groups":["held"]"# }
    let read = try await bench.verify(.get, "/luigi/api/task_list", bearer())
    #expect(read.status == .forbidden && read.headers["X-Vigil-Assertion"] == "")
    let decision = try #require(bench.world.decisions.first)
    #expect(decision.effect == .deny && decision.rule == "night")
    #expect(
      decision.reason
        == "needs an approval, which only a trigger can wait for: because of night")
    #expect(try await bench.verify(.post, "/jobs/etl/runs", bearer()).status == .ok)
    // The API asks again about each job, and shows none that is held.
    #expect(try await bench.verify(.get, "/jobs", bearer()).status == .ok)
    #expect(bench.world.decisions.map(\.effect) == [.deny, .hold, .hold])
  }

  @Test func `without a journal nothing is let through`() async throws {
    bench.world.breakJournal()
    for headers in [try bearer(), [:], ["Authorization": "Bearer a.b.c"]] {
      let answer = try await bench.verify(.post, "/jobs/etl/runs", headers)
      #expect(answer.status == .serviceUnavailable)
      #expect(answer.headers["X-Vigil-Assertion"] == "")
    }
    #expect(try await bench.browse(.get, "/auth/verify").status == .serviceUnavailable)
  }

  @Test func `what is public needs nothing and is no decision`() async throws {
    #expect(try await bench.verify(.get, "/healthz").status == .ok)
    #expect(try await bench.verify(.get, "/healthz", bearer()).status == .ok)
    #expect(bench.world.records.isEmpty)
  }

  @Test func `a bad credential at a public route is recorded, and the request passes without it`()
    async throws
  {
    let bad: HTTPHeaders = ["Authorization": "Bearer a.b.c"]
    let answer = try await bench.verify(.get, "/healthz", bad)
    #expect(answer.status == .ok && answer.headers["Remote-User"] == "")
    #expect(answer.headers["X-Vigil-Assertion"] == "")
    let decision = try #require(bench.world.decisions.first)
    #expect(bench.world.decisions.count == 1)
    #expect(decision.effect == .deny && decision.rule == "credential")
    #expect(decision.reason?.hasPrefix("malformed: ") == true)
    bench.world.breakJournal()
    #expect(try await bench.verify(.get, "/healthz", bad).status == .serviceUnavailable)
    #expect(try await bench.verify(.get, "/healthz").status == .ok)
  }

  @Test func `a bad credential that asks who it is is recorded before it is told`() async throws {
    let bad: HTTPHeaders = ["Authorization": "Bearer a.b.c"]
    #expect(try await bench.browse(.get, "/auth/whoami", bad).status == .unauthorized)
    let decision = try #require(bench.world.decisions.first)
    #expect(decision.effect == .deny && decision.rule == "credential")
    #expect(decision.action == "whoami" && decision.reason?.hasPrefix("malformed: ") == true)
    #expect(decision.requestID?.utf8.count == 32)
    bench.world.breakJournal()
    #expect(try await bench.browse(.get, "/auth/whoami", bad).status == .serviceUnavailable)
  }

  @Test func `a path without an action is denied to everyone`() async throws {
    let answer = try await bench.verify(.get, "/elsewhere", bearer())
    #expect(answer.status == .forbidden)
    #expect(bench.world.decisions.first?.rule == "route")
    #expect(try await bench.verify(.get, "/twice", bearer()).status == .badRequest)
    #expect(bench.world.decisions.last?.rule == "forwarded")
  }

  @Test func `a limit is 409, and an open job is told to the policy`() async throws {
    #expect(try await bench.verify(.post, "/jobs/full/runs", bearer()).status == .conflict)
    #expect(try await bench.verify(.get, "/jobs", bearer()).status == .ok)
    #expect(bench.policy.questions.map(\.jobIsOpen) == [false, true])
  }

  @Test(arguments: ["Basic YTpi", "Bearer", "Digest x", "Bearer opaque"])
  func `an authorization of no known kind is not nothing`(value: String) async throws {
    let answer = try await bench.verify(.get, "/jobs", ["Authorization": value])
    #expect(answer.status == .unauthorized)
    #expect(bench.world.decisions.first?.reason?.hasPrefix("unknown") == true)
  }

  @Test func `a bad token is 401, its word on the wire and the rest in the record`() async throws {
    let text = String(try bench.simulated.token().dropLast(86)) + String(repeating: "A", count: 86)
    let answer = try await bench.verify(.get, "/jobs", ["Authorization": "Bearer \(text)"])
    #expect(answer.status == .unauthorized)
    #expect(answer.headers["WWW-Authenticate"]?.contains("invalid_token") == true)
    #expect(bench.world.decisions.first?.reason == "bad_signature: alg EdDSA")
    #expect(bench.world.decisions.first?.principal == nil)
    for record in bench.world.records {
      #expect(!"\(record)".contains(text.prefix(40)))
    }
  }

  /// A token that does not count: header, claims beside the issuer's, whose key, and the record's reason.
  struct Refused: Sendable, CustomTestStringConvertible {
    var what: String
    var reason: String
    var algorithm = "EdDSA"
    var keyID = "k1"
    var issuer = "https://id.test/realms/a"
    var audience = "vigil"
    /// Seconds from now.
    var expiry = 300
    var more = ""
    var isOfOtherKey = false
    var byteCount = 0

    var testDescription: String { what }

    func token(at now: Timestamp) throws -> String {
      guard byteCount == 0 else { return "a.b." + String(repeating: "c", count: byteCount) }
      let seconds = Int(now.secondsSinceEpoch)
      let filled = more.replacing("NOW+61", with: "\(seconds + 61)")
      let key = try (isOfOtherKey ? TestSigningKey.otherQuick : TestSigningKey.quick).get()
      return try key.token(
        .edDSA, header: #"{"alg":"\#(algorithm)","typ":"JWT","kid":"\#(keyID)"}"#,
        claims: #"{"iss":"\#(issuer)","aud":"\#(audience)","sub":"alice""#
          + #","exp":\#(seconds + expiry)"# + filled + "}")
    }
  }

  private static let refused: [Refused] = [
    Refused(what: "no algorithm", reason: "algorithm_refused", algorithm: "none"),
    Refused(what: "HMAC", reason: "algorithm_refused", algorithm: "HS256"),
    Refused(
      what: "another algorithm than the key's", reason: "algorithm_refused", algorithm: "RS256"),
    Refused(what: "another's key under our name", reason: "bad_signature", isOfOtherKey: true),
    Refused(what: "a key of no name we know", reason: "unknown_key", keyID: "k9"),
    Refused(what: "expired", reason: "expired", expiry: -61),
    Refused(what: "not yet valid", reason: "not_yet_valid", more: #","nbf":NOW+61"#),
    Refused(what: "made in the future", reason: "not_yet_valid", more: #","iat":NOW+61"#),
    Refused(what: "for somebody else", reason: "wrong_audience", audience: "other"),
    Refused(what: "by somebody else", reason: "wrong_issuer", issuer: "https://id.test/realms/b"),
    Refused(what: "times that are texts", reason: "malformed", more: #","nbf":"soon""#),
    Refused(what: "a mebibyte", reason: "too_long", byteCount: 1 << 20),
  ]

  @Test(arguments: refused)
  func `a token that does not count is 401, and its record says why`(item: Refused) async throws {
    let text = try item.token(at: bench.world.now)
    let answer = try await bench.verify(
      .post, "/jobs/etl/runs", ["Authorization": "Bearer \(text)"], id: "request-1")
    #expect(answer.status == .unauthorized)
    #expect(answer.headers["Remote-User"] == "" && answer.headers["X-Vigil-Assertion"] == "")
    #expect(bench.world.records.count == 1)
    let decision = try #require(bench.world.decisions.first)
    #expect(decision.effect == .deny && decision.rule == "credential")
    #expect(decision.requestID == "request-1" && decision.action == "run:trigger")
    #expect(
      decision.reason == item.reason || decision.reason?.hasPrefix(item.reason + ": ") == true,
      "\(decision.reason ?? "")")
  }

  @Test(arguments: [
    #","nonce":"n-1""#, #","at_hash":"x""#, #","c_hash":"x""#, #","typ":"ID""#,
  ])
  func `an id token says who logged in, and opens nothing`(more: String) async throws {
    let text = try bench.simulated.token(more: more)
    let answer = try await bench.verify(.get, "/jobs", ["Authorization": "Bearer \(text)"])
    #expect(answer.status == .unauthorized && answer.headers["X-Vigil-Assertion"] == "")
    #expect(bench.world.decisions.first?.reason?.hasPrefix("id_token: ") == true)
  }

  @Test func `an access token that says so may carry the login's nonce`() async throws {
    let key = try TestSigningKey.quick.get()
    let now = Int(bench.world.now.secondsSinceEpoch)
    let claims =
      #"{"iss":"https://id.test/realms/a","aud":"vigil","sub":"alice","nonce":"n-1","exp":\#(now + 60)"#
    for (type, more, status) in [
      ("at+jwt", "", .ok), ("application/at+jwt", "", .ok), ("JWT", "", .unauthorized),
      ("at+jwt", #","at_hash":"x""#, .unauthorized),
    ] as [(String, String, HTTPStatus)] {
      let text = try key.token(
        .edDSA, header: #"{"alg":"EdDSA","typ":"\#(type)","kid":"k1"}"#, claims: claims + more + "}"
      )
      let answer = try await bench.verify(.get, "/jobs", ["Authorization": "Bearer \(text)"])
      #expect(answer.status == status, "\(type) \(more)")
    }
  }

  @Test func `while the provider is away the answer is 503, with a time to come back`() async throws
  {
    let headers = try bearer()
    bench.simulated.state.withLock { $0.isDown = true }
    let answer = try await bench.verify(.get, "/jobs", headers)
    #expect(answer.status == .serviceUnavailable)
    #expect(answer.headers["Retry-After"] == "5")
    #expect(bench.world.decisions.first?.reason?.hasPrefix("provider_unreachable") == true)
  }

  @Test(arguments: ["/auth/verify", "/auth/whoami"])
  func `a token file that cannot be read is our fault, not the token's`(page: String) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/" + ServiceTokenStore.fileName
    try Data("damaged\n".utf8).write(to: URL(filePath: path))
    let gateway = Gateway(
      checkers: [ServiceTokenChecker(stateDirectory: directory.path)], actions: PathActions(),
      policy: bench.policy, facts: NoFacts(), records: bench.world.gatewayRecords,
      signer: bench.signer)
    var router = Router()
    router.addGateway(gateway)
    let token =
      "vigil_" + String(repeating: "0", count: 16) + "_" + String(repeating: "a", count: 64)
    let answer = await router.respond(
      to: HTTPRequest(
        method: .get, target: try HTTPTarget(Array(page.utf8)),
        headers: [
          "Authorization": "Bearer \(token)", "X-Forwarded-Method": "GET",
          "X-Forwarded-Uri": "/jobs",
        ], peer: .loopback(port: 1)))
    #expect(answer.status == .serviceUnavailable)
    #expect(bench.world.decisions.first?.reason?.hasPrefix("store_unavailable") == true)
    #expect(bench.world.decisions.count == 1)
  }

  private static let reports: [HTTPHeaders] = [
    [:], ["X-Forwarded-Method": "GET"], ["X-Forwarded-Uri": "/jobs"],
    ["X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs", "x-forwarded-uri": "/healthz"],
    ["X-Forwarded-Method": "GET", "X-Forwarded-Method": "POST", "X-Forwarded-Uri": "/jobs"],
    ["X-Forwarded-Method": "G T", "X-Forwarded-Uri": "/jobs"],
    ["X-Forwarded-Method": "GET", "X-Forwarded-Uri": "jobs"],
    ["X-Forwarded-Method": "GET", "X-Forwarded-Uri": "http://evil.test/jobs"],
    ["X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs/../healthz"],
    ["X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs%2f..%2fhealthz"],
    ["X-Forwarded-Method": "GET", "X-Forwarded-Uri": "*"],
    [
      "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs",
      "X-Forwarded-For": "1.2.3.4, 5.6.7.8",
    ],
    ["X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs", "X-Forwarded-For": "localhost"],
    [
      "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs", "X-Forwarded-For": "1.2.3.4",
      "X-Forwarded-For": "5.6.7.8",
    ],
    ["X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs", "X-Request-Id": "a b c d e f"],
    ["X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs", "X-Request-Id": "short"],
    [
      "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs", "X-Request-Id": "12345678",
      "X-Request-Id": "87654321",
    ],
  ]

  @Test(arguments: reports.indices)
  func `a report that can be read in two ways is refused and recorded`(row: Int) async throws {
    var headers = GatewayVerifyTests.reports[row]
    headers.append("Authorization", "Bearer \(try bench.simulated.token())")
    let answer = try await bench.browse(.get, "/auth/verify", headers)
    #expect(answer.status == .badRequest)
    #expect(bench.world.decisions.count == 1)
    #expect(bench.world.decisions.first?.rule == "forwarded")
  }

  @Test func `a user's name cannot forge a line or a header`() async throws {
    bench.simulated.state.withLock { $0.claims = #""sub":"mal\r\nRemote-User: root""# }
    let answer = try await bench.verify(.get, "/jobs", bearer())
    #expect(answer.status == .unauthorized)
    #expect(answer.headers.firstUnsendable == nil)
    bench.simulated.state.withLock {
      $0.claims = #""sub":"zoë {http.request.uuid}","groups":["a,b"]"#
    }
    let spoken = try await bench.verify(.get, "/jobs", bearer())
    #expect(spoken.headers["Remote-User"] == "zo%C3%AB%20%7Bhttp.request.uuid%7D")
    #expect(spoken.headers["Remote-Groups"] == "a%2Cb")
    #expect(spoken.headers.firstUnsendable == nil)
  }
}
