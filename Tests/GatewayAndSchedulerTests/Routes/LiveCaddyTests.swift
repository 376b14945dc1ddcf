import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport
import Testing

/// The shipped Caddyfile in a real Caddy, before a real listener of the gateway: what gets through, and
/// what of the client's own reaches a backend.
///
/// Skipped where Caddy is not installed; VIGIL_TEST_LIVE=required makes that a failure.
@Suite(.serialized, .enabled(if: !CaddyRelease.wanted.isEmpty, "caddy is missing"))
struct LiveCaddyTests {
  private static let spoofed: HTTPHeaders = [
    "Remote-User": "root", "Remote-Groups": "admin", "Remote-Email": "r@evil.test",
    "X-Auth-Method": "oidc", "X-Vigil-Assertion": "v1.e30.AA", "X-Request-Id": "chosen-by-client",
    "X-Vigil-Set-Cookie": "__Host-vigil=evil", "X-Forwarded-Method": "GET",
    "X-Forwarded-Uri": "/healthz", "X-Forwarded-For": "203.0.113.9",
  ]

  @Test(
    "the shipped Caddyfiles let through what the gateway lets through",
    arguments: CaddyRelease.wanted)
  func letsThrough(_ release: CaddyRelease) async throws {
    let live = try await LiveCaddy(release)
    try await live.use { caddy in
      try await machines(caddy)
      try await strangers(caddy)
      try await people(caddy)
      try await luigi(caddy)
      try scanners(caddy)
      try await log(caddy)
    }
  }

  private func machines(_ caddy: LiveCaddy) async throws {
    let bearer = "Bearer \(try caddy.bench.simulated.token())"
    for client in [HTTPHeaders(), LiveCaddyTests.spoofed] {
      var headers = client
      headers.append("Authorization", bearer)
      let answer = try await caddy.send(.post, "/jobs/etl%20a/runs?x=a%2Fb", headers)
      #expect(answer.status == .accepted, "\(answer)")
      let seen = try #require(caddy.backend.last)
      #expect(seen.principal == "alice" && seen.isAsserted)
      #expect(seen.headers.values("Remote-User") == ["alice"])
      #expect(seen.headers.values("Remote-Groups") == ["data-eng"])
      #expect(seen.headers.values("X-Vigil-Set-Cookie").isEmpty)
      #expect(seen.remoteIP == "127.0.0.1" || seen.remoteIP == "::1")
      let requestID = try #require(answer.headers.onlyValue("X-Request-Id"))
      #expect(
        requestID != "chosen-by-client" && seen.headers.onlyValue("X-Request-Id") == requestID)
      let decision = try #require(caddy.bench.world.decisions.last)
      #expect(decision.requestID == requestID && decision.job == "etl a")
    }
    bench(caddy, claims: #""sub":"eve""#)
    let bare: HTTPHeaders = ["Authorization": "Bearer \(try caddy.bench.simulated.token())"]
    #expect(try await caddy.send(.get, "/jobs", bare).status == .ok)
    // From 2.9 on what is empty is not copied.
    let groups = try #require(caddy.backend.last).headers.values("Remote-Groups")
    #expect(groups == (caddy.release == .newest ? [] : [""]))
    bench(caddy, claims: #""sub":"alice","groups":["data-eng"]"#)
    let denied = try await caddy.send(
      .post, "/jobs/secret/runs", ["Authorization": bearer])
    #expect(denied.status == .forbidden)
    #expect(denied.headers["Remote-User"] == "alice")
  }

  private func bench(_ caddy: LiveCaddy, claims: String) {
    caddy.bench.simulated.state.withLock { $0.claims = claims }
  }

  private func strangers(_ caddy: LiveCaddy) async throws {
    let before = caddy.backend.count
    #expect(try await caddy.send(.post, "/jobs/etl/runs").status == .unauthorized)
    #expect(
      try await caddy.send(.post, "/jobs/etl/runs", LiveCaddyTests.spoofed).status == .unauthorized)
    let page = try await caddy.send(.get, "/jobs?a=b", ["Accept": "text/html"])
    #expect(page.status == .found)
    #expect(page.headers["Location"] == "/auth/login?to=%2Fjobs%3Fa%3Db")
    #expect(try await caddy.send(.get, "/auth/verify", LiveCaddyTests.spoofed).status == .notFound)
    #expect(try await caddy.send(.get, "/auth/%76erify").status.code >= 400)
    #expect(caddy.backend.count == before)
    let health = try await caddy.send(.get, "/healthz", LiveCaddyTests.spoofed)
    #expect(health.status == .ok && health.headers.values("X-Request-Id").count == 1)
    let whoami = try await caddy.send(.get, "/auth/whoami", ["Authorization": "Bearer a.b.c"])
    let requestID = try #require(whoami.headers.onlyValue("X-Request-Id"))
    #expect(whoami.status == .unauthorized)
    #expect(caddy.bench.world.decisions.last?.requestID == requestID)
    #expect(caddy.backend.last?.headers["Remote-User"] == nil)
    #expect(caddy.backend.last?.headers["X-Vigil-Assertion"] == nil)
    // Caddy takes longer headers than the gateway, and asks with them: nobody gets in, and the line is
    // there.
    let huge = "Bearer " + String(repeating: "a.", count: 50_000)
    let answer = try await caddy.send(.post, "/jobs/etl/runs", ["Authorization": huge])
    #expect(answer.status == .headersTooLarge, "\(answer.status.code)")
    #expect(try caddy.statusLine(forHeaderOf: 900_000).hasPrefix("HTTP/1.1 431 "))
    #expect(try await caddy.send(.get, "/healthz").status == .ok)
    // Somebody on the machine itself, past Caddy.
    #expect(
      try await caddy.sendDirectly(.post, "/jobs/etl/runs", ["Remote-User": "root"]).status
        == .unauthorized)
  }

  private func people(_ caddy: LiveCaddy) async throws {
    let begun = try await caddy.send(.get, "/auth/login?to=%2Fjobs")
    #expect(begun.status == .seeOther)
    let back = caddy.bench.simulated.logIn(at: try #require(begun.headers["Location"]))
    #expect(back.hasPrefix(caddy.address + "/auth/callback?"))
    let done = try await caddy.send(.get, String(back.dropFirst(caddy.address.count)))
    #expect(done.status == .seeOther && done.headers["Location"] == "/jobs")
    #expect(try await caddy.send(.get, "/jobs").status == .ok)
    #expect(caddy.backend.last?.principal == "alice")
    #expect(try await caddy.send(.post, "/jobs/etl/runs").status == .forbidden)
    #expect(
      try await caddy.send(.post, "/jobs/etl/runs", ["Origin": caddy.address]).status == .accepted)
    let old = caddy.cookies
    caddy.bench.world.advance(900)
    let renewed = try await caddy.send(.get, "/jobs")
    #expect(renewed.status == .ok && renewed.headers.values("Set-Cookie").count == 1)
    #expect(caddy.cookies != old)
    #expect(caddy.backend.last?.headers["X-Vigil-Set-Cookie"] == nil)
    #expect(try await caddy.send(.get, "/jobs").headers.values("Set-Cookie").isEmpty)
    let out = try await caddy.send(.post, "/auth/logout", ["Origin": caddy.address])
    #expect(out.status == .seeOther && caddy.cookies.isEmpty)
    #expect(try await caddy.send(.get, "/jobs").status == .unauthorized)
  }

  private func luigi(_ caddy: LiveCaddy) async throws {
    let bearer: HTTPHeaders = ["Authorization": "Bearer \(try caddy.bench.simulated.token())"]
    #expect(try await caddy.send(.get, "/luigi/api/task_list?data=x", bearer).status == .ok)
    let seen = try #require(caddy.luigid.last)
    #expect(seen.path == "/api/task_list?data=x")
    for name in ["X-Vigil-Assertion", "Authorization", "Cookie"] {
      #expect(seen.headers[name] == nil, "\(name)")
    }
    let before = caddy.luigid.count
    for (method, path) in [
      (.get, "/luigi/api/pause"), (.get, "/luigi/api/add_task?data=x"),
      (.post, "/luigi/api/task_list"), (.get, "/luigi/api/task_list/../pause"),
      (.get, "/luigi/api/task_list%2f..%2fpause"), (.get, "/luigi//api/pause"),
    ] as [(HTTPMethod, String)] {
      #expect(try await caddy.send(method, path, bearer).status.code >= 400, "\(path)")
    }
    #expect(caddy.luigid.count == before)
    #expect(try await caddy.send(.get, "/luigi/api/task_list").status == .unauthorized)
  }

  /// Who tries names, or addresses, or plain HTTP, is answered, so that there is a line.
  private func scanners(_ caddy: LiveCaddy) throws {
    for (greeting, host) in [
      ("evil.example", "evil.example"), ("other.example", "localhost"), (nil, "127.0.0.1"),
      ("localhost", "evil.example"),
    ] as [(String?, String)] {
      let line = try caddy.statusLine(greeting: greeting, host: host, target: "/jobs")
      // A host of ours behind a greeting that is not: Caddy's own refusal, or the gateway's.
      let expected = host == "localhost" ? "HTTP/1.1 4" : "HTTP/1.1 421 "
      #expect(line.hasPrefix(expected), "\(greeting ?? "no name") \(host): \(line)")
    }
    for host in ["localhost", "evil.example", "127.0.0.1"] {
      let line = try caddy.plainStatusLine(host: host, target: "/jobs?a=b")
      #expect(line.hasPrefix("HTTP/1.1 308 "), "\(host): \(line)")
    }
  }

  /// Each request is one line with the id that its records have; those that were refused name the user.
  private func log(_ caddy: LiveCaddy) async throws {
    let lines = caddy.accessLog.split(separator: "\n").compactMap {
      try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    let told = lines.map {
      "\($0["status"] ?? "") \(($0["request"] as? [String: Any])?["uri"] ?? "")"
    }
    #expect(lines.count == caddy.requestCount, "\(told)")
    let ids = lines.compactMap {
      ($0["resp_headers"] as? [String: Any])?["X-Request-Id"] as? [String]
    }.compactMap(\.first)
    #expect(ids.count == lines.count && Set(ids).count == ids.count)
    for decision in caddy.bench.world.decisions where decision.rule != "forwarded" {
      let requestID = try #require(decision.requestID)
      #expect(ids.contains(requestID), "\(requestID)")
    }
    let hosts = lines.compactMap { ($0["request"] as? [String: Any])?["host"] as? String }
    #expect(hosts.count { $0 == "evil.example" } == 3 && hosts.count { $0 == "127.0.0.1" } == 2)
    let denied = lines.filter { $0["status"] as? Int == 403 && $0["user_id"] as? String == "alice" }
    #expect(!denied.isEmpty)
    #expect(!caddy.accessLog.contains("{http.reverse_proxy"))
    if caddy.release.appendsToLog {
      for line in lines {
        let header = (line["resp_headers"] as? [String: Any])?["X-Request-Id"] as? [String]
        #expect(line["request_id"] as? String == header?.first)
        #expect(line["user_id"] is String || line["user_id"] == nil)
      }
      let groups = lines.compactMap { $0["groups"] as? String }
      #expect(groups.contains("data-eng") && groups.allSatisfy { !$0.hasPrefix("{") })
    }
  }
}
