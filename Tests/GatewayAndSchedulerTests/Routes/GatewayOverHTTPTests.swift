import GatewayAndScheduler
import Ingest
import Synchronization
import Testing

/// The gateway behind the real listener.
@Suite struct GatewayOverHTTPTests {
  private let bench: GatewayBench
  private let client = HTTPClient()

  init() throws { bench = try GatewayBench() }

  private func verify(_ server: HTTPServer, _ token: String) async throws -> HTTPClientResponse {
    try await client.send(
      HTTPClientRequest(
        .get, "http://\(server.endpoint)/auth/verify",
        headers: [
          "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/jobs",
          "Authorization": "Bearer \(token)",
        ]))
  }

  @Test func `headers without a value are on the wire`() async throws {
    bench.simulated.state.withLock { $0.claims = #""sub":"eve""# }
    let router = bench.router
    try await TestServer(handler: { await router.respond(to: $0) }).use { server in
      let answer = try await verify(server, bench.simulated.token())
      #expect(answer.status == .ok)
      #expect(answer.headers.values("Remote-User") == ["eve"])
      for name in ["Remote-Groups", "Remote-Email", "X-Vigil-Set-Cookie"] {
        #expect(answer.headers.values(name) == [""], "\(name)")
      }
    }
  }

  @Test func `a token too long for the gateway is recorded, one too long for HTTP gets its status`()
    async throws
  {
    let router = bench.router
    try await TestServer(handler: { await router.respond(to: $0) }).use { server in
      let long = try await verify(server, String(repeating: "a.", count: 10_000))
      #expect(long.status == .unauthorized)
      #expect(bench.world.decisions.last?.reason?.hasPrefix("too_long") == true)
      let count = bench.world.decisions.count
      do {
        let huge = try await verify(server, String(repeating: "a.", count: 450_000))
        #expect(huge.status == .headersTooLarge)
      } catch HTTPClientError.connectionLost {
        // The answer was sent before the token was read to its end.
      }
      #expect(bench.world.decisions.count == count)
      #expect(try await verify(server, bench.simulated.token()).status == .ok)
    }
  }
}
