import GatewayAndScheduler
import Ingest
import Synchronization
import Testing

/// Browsers: in, renewed in silence, and out again.
@Suite struct GatewayLoginTests {
  private let bench: GatewayBench

  init() throws { bench = try GatewayBench() }

  private static let page: HTTPHeaders = ["Sec-Fetch-Site": "same-origin"]

  @Test func `the code flow ends in a session, and where the browser wanted to go`() async throws {
    let begun = try await bench.browse(.get, "/auth/login?to=%2Fjobs%3Fa%3Db")
    let address = try #require(begun.headers["Location"])
    #expect(begun.status == .seeOther)
    #expect(address.hasPrefix("https://id.test/realms/a/authorize?tenant=1&response_type=code&"))
    #expect(address.contains("&code_challenge_method=S256"))
    #expect(address.contains("&redirect_uri=https%3A%2F%2Fp.test%2Fauth%2Fcallback&"))
    let back = bench.simulated.logIn(at: address)
    let done = try await bench.browse(.get, String(back.dropFirst("https://p.test".count)))
    #expect(done.status == .seeOther && done.headers["Location"] == "/jobs?a=b")
    let field = try #require(done.headers.values("Set-Cookie").first)
    #expect(field.hasPrefix("__Host-vigil="))
    #expect(field.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=604800"))
    #expect(bench.cookies.count == 1)
    let login = try #require(bench.world.controls.first)
    #expect(login.event == .login && login.principal == "alice")
    let answer = try await bench.verify()
    #expect(answer.status == .ok && answer.headers["X-Auth-Method"] == "session")
    // The secret goes form-encoded into Basic (RFC 6749 section 2.3.1).
    let sent = bench.simulated.state.withLock { $0.sent }
    #expect(
      sent.first?.authorization == "Basic " + Base64.text(Array("vigil:s3cret%20%2B%26".utf8)))
    let whoami = try await bench.browse(.get, "/auth/whoami")
    #expect(String(decoding: whoami.body, as: UTF8.self).contains("\"principal\":\"alice\""))
  }

  @Test(arguments: [
    "https://evil.test/", "//evil.test", "/\\evil.test", "\\\\evil.test", "/%5Cevil.test",
    "javascript:alert(1)", "/\tevil", "/auth/login", "/auth/callback?code=x", "",
    "/a\r\nSet-Cookie:x=y", "http:evil", "/a#b", "/../auth/login",
  ])
  func `nobody is sent anywhere else after logging in`(target: String) async throws {
    let done = try await bench.logIn(
      to: target.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    #expect(done.headers["Location"] == "/", "\(target)")
  }

  @Test func `an answer that this browser did not ask for is refused and recorded`() async throws {
    let begun = try await bench.browse(.get, "/auth/login")
    let back = String(
      bench.simulated.logIn(at: try #require(begun.headers["Location"]))
        .dropFirst("https://p.test".count))
    let other = try await bench.browse(.get, back, sendsCookies: false)
    #expect(other.status == .unauthorized)
    for target in [
      "/auth/callback", "/auth/callback?code=a&state=b", back + "x", back + "&state=again",
      back + "&error=access_denied", back + "&iss=https%3A%2F%2Fother.test",
    ] {
      let answer = try await bench.browse(.get, target)
      #expect(answer.status == .unauthorized, "\(target)")
      #expect(answer.headers.values("Set-Cookie").isEmpty)
    }
    #expect(bench.world.controls.count { $0.event == .loginFailed } == 7)
    #expect(bench.sessions.count == 0)
    #expect(try await bench.browse(.get, back).status == .seeOther)
    // The code was redeemed, and the attempt's cookie taken away.
    #expect(try await bench.browse(.get, back).status == .unauthorized)
  }

  @Test(arguments: [true, false])
  func `an address is a proxy's word, and without a proxy there is none`(isBehind: Bool)
    async throws
  {
    let bench = try GatewayBench(isBehindProxy: isBehind)
    let forwarded: HTTPHeaders = ["X-Forwarded-For": "192.0.2.9", "Sec-Fetch-Site": "same-origin"]
    let begun = try await bench.browse(.get, "/auth/login", forwarded)
    let back = bench.simulated.logIn(at: try #require(begun.headers["Location"]))
    _ = try await bench.browse(.get, String(back.dropFirst("https://p.test".count)), forwarded)
    _ = try await bench.browse(.get, "/auth/callback", forwarded)
    _ = try await bench.browse(.post, "/auth/logout", forwarded)
    #expect(bench.world.controls.map(\.event) == [.login, .loginFailed, .logout])
    #expect(bench.world.controls.allSatisfy { $0.remoteIP == (isBehind ? "192.0.2.9" : nil) })
  }

  @Test func `a login takes ten minutes at most`() async throws {
    let begun = try await bench.browse(.get, "/auth/login")
    let back = bench.simulated.logIn(at: try #require(begun.headers["Location"]))
    bench.world.advance(600)
    let late = try await bench.browse(.get, String(back.dropFirst("https://p.test".count)))
    #expect(late.status == .unauthorized)
  }

  @Test func `an id token of another login is refused`() async throws {
    bench.simulated.state.withLock { $0.nonceOverride = "stolen" }
    #expect(try await bench.logIn().status == .unauthorized)
    bench.simulated.state.withLock {
      $0.nonceOverride = nil
      $0.audience = "other-client"
    }
    #expect(try await bench.logIn().status == .unauthorized)
    #expect(bench.sessions.count == 0)
  }

  @Test func `without journal, archive or provider nobody is logged in`() async throws {
    let begun = try await bench.browse(.get, "/auth/login")
    let back = String(
      bench.simulated.logIn(at: try #require(begun.headers["Location"]))
        .dropFirst("https://p.test".count))
    bench.world.breakJournal()
    #expect(try await bench.browse(.get, back).status == .serviceUnavailable)
    #expect(bench.sessions.count == 0)
    bench.world.breakJournal(false)
    bench.archive.breakDown(true)
    #expect(try await bench.logIn().status == .serviceUnavailable)
    #expect(bench.sessions.count == 0)
    bench.archive.breakDown(false)
    bench.simulated.state.withLock { $0.isDown = true }
    bench.world.advance(4000)
    // The document is known; the token endpoint is not there.
    #expect(try await bench.logIn().status == .serviceUnavailable)
  }

  @Test func `a login is renewed in silence, once for many requests`() async throws {
    try await bench.logIn()
    bench.simulated.state.withLock { $0.claims = #""sub":"alice","groups":["new"]"# }
    bench.world.advance(250)
    await withTaskGroup(of: String?.self) { group in
      for _ in 0..<20 {
        group.addTask { try? await self.bench.verify().headers["Remote-Groups"] }
      }
      for await groups in group { #expect(groups == "new") }
    }
    #expect(bench.simulated.count("/token") == 2)
    for _ in 0..<20 {
      bench.world.advance(250)
      #expect(try await bench.verify().status == .ok)
    }
    #expect(bench.simulated.count("/token") == 22)
  }

  @Test func `where a renewal brings no id token, userinfo says which groups are left`()
    async throws
  {
    let bench = try GatewayBench(asksUserinfo: true)
    bench.simulated.state.withLock {
      $0.omitsIDToken = true
      $0.userinfo = #"{"sub":"alice","groups":["ops"]}"#
    }
    try await bench.logIn()
    #expect(try await bench.verify().headers["Remote-Groups"] == "data-eng,ops")
    bench.world.advance(250)
    #expect(try await bench.verify().headers["Remote-Groups"] == "ops")
    bench.simulated.state.withLock { $0.userinfo = #"{"sub":"alice","groups":[]}"# }
    // Somebody whom the provider vouches for stays, however long.
    for _ in 0..<40 {
      bench.world.advance(900)
      let answer = try await bench.verify()
      #expect(answer.status == .ok && answer.headers["Remote-Groups"] == "")
    }
    bench.simulated.state.withLock { $0.userinfo = #"{"sub":"mallory","groups":["root"]}"# }
    bench.world.advance(900)
    #expect(try await bench.verify().status == .serviceUnavailable)
  }

  @Test(arguments: [false, true])
  func `where nobody says who is renewed, a session ends as one without renewal`(
    asksUserinfo: Bool
  ) async throws {
    let bench = try GatewayBench(asksUserinfo: asksUserinfo)
    bench.simulated.state.withLock {
      $0.omitsIDToken = true
      $0.userinfo = #"{"sub":"alice","email":"alice@example.test"}"#
    }
    try await bench.logIn()
    for _ in 0..<31 {
      bench.world.advance(900)
      let answer = try await bench.verify()
      #expect(answer.status == .ok && answer.headers["Remote-Groups"] == "data-eng")
    }
    let restarted = try GatewayBench(archive: bench.archive, continuing: bench)
    for bench in [bench, restarted] {
      bench.world.advance(bench === restarted ? 8 * 3600 : 900)
      #expect(try await bench.verify().status == .unauthorized)
      #expect(
        bench.world.decisions.last?.reason == "expired: renewals do not say who it is")
    }
  }

  @Test func `however long its word lasts, the provider is asked every hour`() async throws {
    bench.simulated.state.withLock { $0.accessSeconds = 1_000_000 }
    try await bench.logIn()
    bench.world.advance(3599)
    #expect(try await bench.verify().status == .ok)
    #expect(bench.simulated.count("/token") == 1)
    bench.world.advance(1)
    bench.simulated.state.withLock { $0.refreshToken = nil }
    #expect(try await bench.verify().status == .unauthorized)
    #expect(bench.sessions.count == 0)
  }

  @Test func `a logout that cannot be kept is told, and can be tried again`() async throws {
    try await bench.logIn()
    bench.world.breakJournal()
    let first = try await bench.browse(.post, "/auth/logout", GatewayLoginTests.page)
    #expect(first.status == .serviceUnavailable && bench.sessions.count == 1)
    bench.world.breakJournal(false)
    bench.archive.breakDown(true)
    let second = try await bench.browse(.post, "/auth/logout", GatewayLoginTests.page)
    #expect(second.status == .serviceUnavailable && bench.sessions.count == 1)
    bench.archive.breakDown(false)
    let third = try await bench.browse(.post, "/auth/logout", GatewayLoginTests.page)
    #expect(third.status == .seeOther && bench.sessions.count == 0)
    #expect(bench.archive.contents.isEmpty)
  }

  @Test func `a provider that is away costs nobody a session before its word ends`() async throws {
    try await bench.logIn()
    bench.simulated.state.withLock { $0.isDown = true }
    bench.world.advance(250)
    #expect(try await bench.verify().status == .ok)
    #expect(try await bench.verify().status == .ok)
    #expect(bench.simulated.count("/token") == 2)
    bench.world.advance(50)
    #expect(try await bench.verify().status == .serviceUnavailable)
    #expect(try await bench.verify().status == .serviceUnavailable)
    #expect(bench.simulated.count("/token") == 3)
    bench.simulated.state.withLock { $0.isDown = false }
    bench.world.advance(5)
    #expect(try await bench.verify().status == .ok)
  }

  @Test(arguments: ["invalid_client", "temporarily_unavailable"])
  func `a provider that refuses us, and not the login, ends no session`(code: String) async throws {
    try await bench.logIn()
    bench.simulated.state.withLock { $0.tokenError = code }
    bench.world.advance(250)
    #expect(try await bench.verify().status == .ok)
    bench.simulated.state.withLock { $0.tokenError = nil }
    bench.world.advance(5)
    #expect(try await bench.verify().status == .ok)
    #expect(bench.sessions.count == 1)
  }

  @Test func `a rotated refresh token is not lost when the rest of the renewal fails`()
    async throws
  {
    try await bench.logIn()
    // The new ID token's key is not known, and the keys cannot be read.
    let next = try TestSigningKey.otherQuick.get()
    bench.simulated.state.withLock {
      $0.keys.append(("k2", next))
      $0.areKeysDown = true
    }
    bench.world.advance(250)
    #expect(try await bench.verify().status == .ok)
    bench.simulated.state.withLock { $0.areKeysDown = false }
    bench.world.advance(5)
    #expect(try await bench.verify().status == .ok)
    #expect(bench.sessions.count == 1)
    #expect(bench.simulated.count("/token") == 3)
  }

  @Test(arguments: [true, false])
  func `a renewed token that does not count yet ends no session`(isKeyUnknown: Bool) async throws {
    try await bench.logIn()
    let next = try TestSigningKey.otherQuick.get()
    bench.simulated.state.withLock {
      if isKeyUnknown {
        $0.keys.append(("k2", next))
        $0.unpublishedKeyID = "k2"
      } else {
        $0.claims = #""sub":"alice","nbf":99999999999"#
      }
    }
    bench.world.advance(250)
    #expect(try await bench.verify().status == .ok)
    #expect(bench.sessions.count == 1 && bench.world.controls.map(\.event) == [.login])
    bench.simulated.state.withLock {
      $0.unpublishedKeyID = nil
      $0.claims = #""sub":"alice","groups":["new"]"#
    }
    bench.world.advance(15)
    let answer = try await bench.verify()
    #expect(answer.status == .ok && answer.headers["Remote-Groups"] == "new")
  }

  @Test func `a new login ends the session that the browser came with`() async throws {
    try await bench.logIn()
    let first = bench.cookies
    try await bench.logIn()
    #expect(bench.sessions.count == 1 && bench.cookies != first)
    let controls = bench.world.controls
    #expect(controls.map(\.event) == [.login, .login, .logout])
    #expect(
      controls.last?.principal == "alice" && controls.last?.subject == controls.first?.subject)
    #expect(controls.last?.reason == "replaced by another login")
    bench.setCookies(first)
    #expect(try await bench.verify().status == .unauthorized)
  }

  @Test func `a secret that the provider refuses is asked for again, once`() async throws {
    bench.simulated.state.withLock { $0.goodSecret = "newer" }
    #expect(try await bench.logIn().status == .seeOther)
    #expect(bench.simulated.count("/token") == 2)
    bench.simulated.state.withLock { $0.goodSecret = "nobody knows" }
    #expect(try await bench.logIn().status == .unauthorized)
    #expect(bench.simulated.count("/token") == 4)
  }

  @Test func `a provider that says no ends the session`() async throws {
    try await bench.logIn()
    bench.simulated.state.withLock { $0.refreshToken = nil }
    bench.world.advance(250)
    #expect(try await bench.verify().status == .unauthorized)
    #expect(bench.sessions.count == 0 && bench.archive.contents.isEmpty)
    #expect(bench.world.controls.last?.event == .logout)
    let page = try await bench.verify(.get, "/jobs", ["Accept": "text/html"])
    #expect(page.status == .found)
  }

  @Test func `a renewal that speaks of somebody else ends the session`() async throws {
    try await bench.logIn()
    bench.simulated.state.withLock { $0.claims = #""sub":"mallory""# }
    bench.world.advance(250)
    #expect(try await bench.verify().status == .unauthorized)
    #expect(bench.sessions.count == 0)
  }

  @Test func `changes must come from a page of our own`() async throws {
    try await bench.logIn()
    for (headers, status) in [
      (["Sec-Fetch-Site": "same-origin"], .ok), (["Origin": "https://p.test"], .ok),
      (["Sec-Fetch-Site": "same-origin", "Origin": "https://p.test"], .ok),
      ([:], .forbidden), (["Sec-Fetch-Site": "cross-site"], .forbidden),
      (["Sec-Fetch-Site": "same-site"], .forbidden), (["Sec-Fetch-Site": "none"], .forbidden),
      (["Origin": "null"], .forbidden), (["Origin": "https://p.test.evil.test"], .forbidden),
      (["Origin": "http://p.test"], .forbidden),
      (["Sec-Fetch-Site": "same-origin", "Origin": "https://evil.test"], .forbidden),
      (["Origin": "https://p.test", "origin": "https://evil.test"], .forbidden),
    ] as [(HTTPHeaders, HTTPStatus)] {
      let answer = try await bench.verify(.post, "/jobs/etl/runs", headers)
      #expect(answer.status == status, "\(headers.fields)")
    }
    #expect(bench.world.decisions.last?.reason?.hasPrefix("cross_site") == true)
    #expect(bench.world.decisions.last?.principal == "alice")
    #expect(try await bench.verify(.get, "/jobs", ["Sec-Fetch-Site": "cross-site"]).status == .ok)
    // A bearer token is not sent by browsers on their own: nothing to prove.
    let token: HTTPHeaders = ["Authorization": "Bearer \(try bench.simulated.token())"]
    #expect(
      try await bench.verify(.post, "/jobs/etl/runs", token, sendsCookies: false).status == .ok)
  }

  @Test func `logging out ends the session here and leads to the provider's end`() async throws {
    try await bench.logIn()
    #expect(try await bench.browse(.post, "/auth/logout").status == .forbidden)
    let refused = try #require(bench.world.decisions.last)
    #expect(refused.effect == .deny && refused.rule == "credential" && refused.action == "logout")
    #expect(refused.principal == "alice" && refused.credential == .session)
    #expect(refused.reason == "cross_site: neither origin nor sec-fetch-site")
    bench.world.breakJournal()
    #expect(try await bench.browse(.post, "/auth/logout").status == .serviceUnavailable)
    bench.world.breakJournal(false)
    #expect(bench.sessions.count == 1)
    #expect(try await bench.browse(.get, "/auth/logout").status == .methodNotAllowed)
    let old = bench.cookies
    let answer = try await bench.browse(.post, "/auth/logout", GatewayLoginTests.page)
    #expect(answer.status == .seeOther)
    let address = try #require(answer.headers["Location"])
    #expect(address.hasPrefix("https://id.test/realms/a/logout?client_id=vigil&"))
    #expect(address.contains("post_logout_redirect_uri=https%3A%2F%2Fp.test%2F&id_token_hint="))
    #expect(bench.cookies.isEmpty && bench.archive.contents.isEmpty)
    #expect(bench.simulated.count("/revoke") == 1)
    #expect(bench.world.controls.last?.event == .logout)
    bench.setCookies(old)
    #expect(try await bench.verify().status == .unauthorized)
    let again = try await bench.browse(.post, "/auth/logout", GatewayLoginTests.page)
    #expect(again.headers["Location"] == "/")
  }

  @Test(arguments: [true, false])
  func `records and answers carry the proxy's id of the request, and without a proxy one of ours`(
    isBehind: Bool
  ) async throws {
    let bench = try GatewayBench(isBehindProxy: isBehind)
    var serial = 0
    func browse(_ method: HTTPMethod, _ target: String, _ more: HTTPHeaders = [:]) async throws
      -> (response: HTTPResponse, id: String)
    {
      serial += 1
      var headers = more
      headers.append("X-Request-Id", "of-the-proxy-\(serial)")
      let response = try await bench.browse(method, target, headers)
      let id = try #require(response.headers.onlyValue("X-Request-Id"))
      #expect(isBehind ? id == "of-the-proxy-\(serial)" : id.utf8.count == 32)
      return (response, id)
    }
    let begun = try await browse(.get, "/auth/login").response
    let back = bench.simulated.logIn(at: try #require(begun.headers["Location"]))
    var ids = [try await browse(.get, String(back.dropFirst("https://p.test".count))).id]
    ids.append(try await browse(.get, "/auth/callback").id)
    let bad: HTTPHeaders = ["Authorization": "Bearer a.b.c"]
    let whoami = try await browse(.get, "/auth/whoami", bad)
    let foreign = try await browse(.post, "/auth/logout", ["Sec-Fetch-Site": "cross-site"])
    #expect(whoami.response.status == .unauthorized && foreign.response.status == .forbidden)
    ids.append(try await browse(.post, "/auth/logout", GatewayLoginTests.page).id)
    let told = bench.world.records.filter { $0.body.kind == .control }.map(\.header.id)
    #expect(told.count == 3)
    for (record, id) in zip(told, ids) { #expect(record.hasSuffix("/" + id), "\(record)") }
    #expect(bench.world.decisions.map(\.requestID) == [whoami.id, foreign.id])
  }

  @Test func `a proxy's id that could be read in two ways is not taken`() async throws {
    for ids in [["short"], ["a b c d e f g"], ["12345678", "87654321"]] {
      var headers: HTTPHeaders = ["Authorization": "Bearer a.b.c"]
      for id in ids { headers.append("X-Request-Id", id) }
      let answer = try await bench.browse(.get, "/auth/whoami", headers)
      let id = try #require(answer.headers.onlyValue("X-Request-Id"))
      #expect(id.utf8.count == 32 && bench.world.decisions.last?.requestID == id)
    }
  }

  @Test func `a login without a refresh token is told, and one with it is not`() async throws {
    try await bench.logIn()
    #expect(bench.refreshless.count == 0)
    bench.simulated.state.withLock { $0.omitsRefreshToken = true }
    try await bench.logIn()
    #expect(bench.refreshless.count == 1)
  }
}
