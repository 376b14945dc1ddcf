import GatewayAndScheduler
import Ingest
import Testing

/// The gateway's word about a request: once, for this request, and not for long.
@Suite struct AssertionTests {
  private let world = TestWorld()
  private let signer: AssertionSigner
  private let checker: AssertionChecker

  init() throws {
    signer = try #require(AssertionSigner(surroundings: world.surroundings))
    checker = AssertionChecker(signer)
  }

  private var identity: Identity {
    var identity = Identity(principal: "zoë", principalType: .human, credential: .session)
    identity.issuer = "https://id.test"
    identity.groups = ["a,b", "c"]
    identity.email = "z@example.test"
    identity.zone = "Europe/Oslo"
    identity.credentialID = "h1"
    identity.scopes = []
    return identity
  }

  private func origin(_ id: String = "req-0001") -> RequestOrigin {
    var origin = RequestOrigin(requestID: id)
    origin.traceID = String(repeating: "a", count: 32)
    origin.remoteIP = "192.0.2.1"
    return origin
  }

  private func assertion(_ id: String = "req-0001") throws -> String {
    try #require(
      signer.assertion(
        identity, origin(id), method: .post, target: "/jobs/etl/runs?x=1", at: world.now))
  }

  private func request(
    _ assertions: [String], id: String? = "req-0001", method: HTTPMethod = .post,
    target: String = "/jobs/etl/runs?x=1"
  ) throws -> HTTPRequest {
    var headers = HTTPHeaders()
    for value in assertions { headers.append("X-Vigil-Assertion", value) }
    if let id { headers.append("x-request-id", id) }
    return HTTPRequest(
      method: method, target: try HTTPTarget(Array(target.utf8)), headers: headers,
      peer: .loopback(port: 1))
  }

  private func reason(_ request: HTTPRequest) async -> String? {
    switch await checker.authenticate(request, at: world.now) {
    case .authenticated: nil
    case .anonymous: "anonymous"
    case .refused(let refusal): refusal.reason
    }
  }

  @Test func `it carries identity and origin, once`() async throws {
    let text = try assertion()
    let answer = await checker.authenticate(try request([text]), at: world.now)
    #expect(answer == .authenticated(identity, origin()))
    #expect(await reason(try request([text])) == "replayed")
    #expect(await reason(try request([try assertion()])) == nil)
  }

  @Test func `it is for one request id, one method and one target`() async throws {
    let text = try assertion()
    #expect(await reason(try request([text], id: "req-0002")) == "replayed")
    #expect(await reason(try request([text], id: nil)) == "replayed")
    #expect(await reason(try request([text], method: .get)) == "replayed")
    #expect(await reason(try request([text], target: "/jobs/etl/runs")) == "replayed")
    #expect(await reason(try request([text], target: "/jobs/etl2/runs?x=1")) == "replayed")
    // None of these used it up.
    #expect(await reason(try request([text])) == nil)
  }

  @Test func `it is good for thirty seconds`() async throws {
    let text = try assertion()
    world.advance(29.9)
    #expect(await reason(try request([text])) == nil)
    let late = try assertion()
    world.advance(30)
    #expect(await reason(try request([late])) == "expired")
  }

  @Test func `absent and empty are nobody, two are refused`() async throws {
    #expect(await reason(try request([])) == "anonymous")
    #expect(await reason(try request([""])) == "anonymous")
    #expect(await reason(try request([try assertion(), try assertion()])) == "malformed")
    #expect(await reason(try request(["", try assertion()])) == "malformed")
  }

  @Test func `with any character changed it is refused`() async throws {
    let text = Array(try assertion().utf8)
    for place in stride(from: 0, to: text.count, by: 3) {
      var changed = text
      changed[place] = changed[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      let reason = await reason(try request([String(decoding: changed, as: UTF8.self)]))
      #expect(["malformed", "bad_signature"].contains(reason), "byte \(place)")
    }
    let long = String(repeating: "a", count: 1 << 16)
    #expect(await reason(try request([long])) == "too_long")
  }

  @Test func `another process's key signs nothing here`() async throws {
    let other = try #require(AssertionSigner(surroundings: world.surroundings))
    let text = try #require(
      other.assertion(
        identity, origin(), method: .post, target: "/jobs/etl/runs?x=1", at: world.now))
    #expect(await reason(try request([text])) == "bad_signature")
  }

  @Test func `when too many are remembered the next is refused, until some expire`() async throws {
    let small = AssertionChecker(signer, countMax: 2)
    func use() async throws -> Authentication {
      await small.authenticate(try request([try assertion()]), at: world.now)
    }
    for _ in 0..<2 { #expect(try await use() == .authenticated(identity, origin())) }
    guard case .refused(let refusal) = try await use() else {
      Issue.record("a third was taken")
      return
    }
    #expect(refusal.reason == "replayed")
    world.advance(30)
    #expect(try await use() == .authenticated(identity, origin()))
  }

  @Test func `what has expired is forgotten, whatever the number`() throws {
    var used = UsedAssertions(countMax: 10_000)
    var now = world.now
    for serial in 0..<20_000 as Range<UInt64> {
      #expect(used.take(serial, until: now.advanced(bySeconds: 30), at: now) == .first)
      #expect(used.take(serial, until: now.advanced(bySeconds: 30), at: now) == .again)
      now = now.advanced(bySeconds: 0.01)
      #expect(used.count <= 3001)
    }
  }
}
