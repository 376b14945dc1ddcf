import GatewayAndScheduler
import Ingest
import Synchronization
import Testing

/// Keys and documents: when they are fetched, and what counts while they cannot be.
@Suite struct OIDCProviderTests {
  private let world = TestWorld()
  private let simulated: SimulatedProvider

  init() throws { simulated = SimulatedProvider(world, key: try TestSigningKey.quick.get()) }

  private func verdict(_ text: String, _ provider: OIDCProvider) async -> String? {
    do throws(CredentialRefusal) {
      try await provider.verify(
        try JSONWebToken(text), provider.settings.bearerRules, at: world.now)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func `many tokens at once fetch document and keys once`() async throws {
    let provider = simulated.provider()
    let text = try simulated.token()
    await withTaskGroup(of: String?.self) { group in
      for _ in 0..<50 { group.addTask { await self.verdict(text, provider) } }
      for await verdict in group { #expect(verdict == nil) }
    }
    #expect(simulated.count("/openid-configuration") == 1)
    #expect(simulated.count("/jwks") == 1)
  }

  @Test func `a new key is fetched when a token names it, and the change is told`() async throws {
    let provider = simulated.provider(
      onKeysChanged: world.gatewayRecords.keysChanged(issuer: "https://id.test"))
    let old = try simulated.token()
    #expect(await verdict(old, provider) == nil)
    let next = try TestSigningKey.otherQuick.get()
    simulated.state.withLock { $0.keys.append(("k2", next)) }
    #expect(await verdict(try simulated.token(), provider) == nil)
    #expect(await verdict(old, provider) == nil)
    #expect(simulated.count("/jwks") == 2)
    let told = try #require(world.controls.first)
    #expect(told.event == .keyRotated)
    #expect(told.reason?.hasPrefix("keys added: [k2#") == true)
    // The old key goes: from the next fetch on its tokens count no more.
    simulated.state.withLock { _ = $0.keys.removeFirst() }
    world.advance(OIDCProvider.keyAgeMax)
    #expect(await verdict(try simulated.token(), provider) == nil)
    #expect(await verdict(old, provider) == "expired")
    #expect(world.controls.count == 2)
  }

  @Test func `tokens with made-up key names cost the provider a bounded number of fetches`()
    async throws
  {
    let provider = simulated.provider()
    let key = try TestSigningKey.quick.get()
    #expect(await verdict(try simulated.token(), provider) == nil)
    let now = Int(world.now.secondsSinceEpoch)
    let made = try key.token(
      .edDSA, keyID: "made-up",
      claims: "{\"iss\":\"https://id.test/realms/a\",\"aud\":\"vigil\",\"exp\":\(now + 300)}")
    for _ in 0..<100 { #expect(await verdict(made, provider) == "unknown_key") }
    #expect(simulated.count("/jwks") == 4)
    world.advance(OIDCProvider.refreshSeconds)
    for _ in 0..<100 { #expect(await verdict(made, provider) == "unknown_key") }
    #expect(simulated.count("/jwks") == 5)
  }

  @Test func `a token that names no key costs one fetch where no known key verifies it`()
    async throws
  {
    let provider = simulated.provider()
    #expect(await verdict(try simulated.token(), provider) == nil)
    let next = try TestSigningKey.otherQuick.get()
    let now = Int(world.now.secondsSinceEpoch)
    let claims =
      "{\"iss\":\"https://id.test/realms/a\",\"aud\":\"vigil\",\"exp\":\(now + 300)}"
    let known = try TestSigningKey.quick.get().token(.edDSA, keyID: nil, claims: claims)
    #expect(await verdict(known, provider) == nil)
    #expect(simulated.count("/jwks") == 1)
    let foreign = try next.token(.edDSA, keyID: nil, claims: claims)
    #expect(await verdict(foreign, provider) == "unknown_key")
    #expect(simulated.count("/jwks") == 2)
    // Its key is published: the next one is good after one fetch, and makes no more.
    simulated.state.withLock { $0.keys.append(("k2", next)) }
    for _ in 0..<3 { #expect(await verdict(foreign, provider) == nil) }
    #expect(simulated.count("/jwks") == 3)
  }

  @Test func `a token for somebody else makes no request`() async throws {
    let provider = simulated.provider()
    simulated.state.withLock { $0.audience = "other" }
    #expect(await verdict(try simulated.token(), provider) == "wrong_audience")
    #expect(simulated.count("/openid-configuration") == 0)
  }

  @Test func `without the provider nothing counts, and it is not asked again at once`() async throws
  {
    let provider = simulated.provider()
    simulated.state.withLock { $0.isDown = true }
    let text = try simulated.token()
    for _ in 0..<10 { #expect(await verdict(text, provider) == "provider_unreachable") }
    #expect(simulated.count("/openid-configuration") == 1)
    world.advance(OIDCProvider.failurePause)
    simulated.state.withLock { $0.isDown = false }
    #expect(await verdict(text, provider) == nil)
  }

  @Test func `keys that are there outlive the provider's absence, for a day`() async throws {
    let provider = simulated.provider()
    #expect(await verdict(try simulated.token(), provider) == nil)
    simulated.state.withLock { $0.isDown = true }
    world.advance(OIDCProvider.keyAgeLimit - 1)
    let fetches = simulated.count("/openid-configuration") + simulated.count("/jwks")
    for _ in 0..<20 { #expect(await verdict(try simulated.token(), provider) == nil) }
    // One waits and learns that the provider is away; the others do not ask within the pause.
    let later = simulated.count("/openid-configuration") + simulated.count("/jwks")
    #expect(later - fetches == 2)
    world.advance(2)
    #expect(await verdict(try simulated.token(), provider) == "provider_unreachable")
  }

  @Test func `a document of another issuer is none`() async throws {
    var settings = simulated.settings
    settings.issuer = "https://id.test/realms/b"
    let provider = simulated.provider(settings)
    await #expect(throws: OIDCError.self) { try await provider.metadata() }
  }

  @Test func `an issuer with a slash at its end is the same issuer`() async throws {
    var settings = simulated.settings
    settings.issuer += "/"
    #expect(await verdict(try simulated.token(), simulated.provider(settings)) == nil)
    #expect(
      OIDCMetadata.address(issuer: "https://id.test/a/")
        == "https://id.test/a/.well-known/openid-configuration")
  }

  @Test(arguments: [
    "ftp://id.test", "https://id.test/?a=b", "id.test", "https:///x", "",
    "http://id.test", "http://127.0.0.1.evil.test/", "http://localhost.evil.test", "http://[::1",
  ])
  func `an issuer that is no address is refused in the configuration`(issuer: String) {
    let text = Array("{issuer: '\(issuer)', client_id: 'x'}".utf8)
    #expect(throws: ConfigurationError.self) {
      try ConfigurationReader.read(text.span, file: "f", OIDCSettings.init(from:))
    }
  }

  @Test(arguments: [
    "https://id.test", "http://127.0.0.1:4593/api/oidc", "http://localhost", "http://[::1]:8/x",
  ])
  func `an issuer has TLS or is on this machine`(issuer: String) throws {
    let text = Array("{issuer: '\(issuer)', client_id: 'x'}".utf8)
    let settings = try ConfigurationReader.read(text.span, file: "f", OIDCSettings.init(from:))
    #expect(settings.issuer == issuer && settings.audiences == ["x"])
  }

  @Test func `a provider with TLS has no endpoint without it`() throws {
    func document(_ jwks: String) -> [UInt8] {
      Array(
        """
        {"issuer":"https://i","authorization_endpoint":"https://i/a","token_endpoint":"https://i/t",
        "jwks_uri":"\(jwks)"}
        """.utf8)
    }
    #expect(
      try OIDCMetadata(json: document("https://i/j"), issuer: "https://i").keySetEndpoint
        == "https://i/j")
    #expect(throws: OIDCError.self) {
      try OIDCMetadata(json: document("http://i/j"), issuer: "https://i")
    }
  }

  @Test func `the whole configuration is read`() throws {
    let text = Array(
      """
      { address: "https://p.test", other_origins: ["https://q.test:8443"], after_logout: "/bye",
        oidc: { issuer: "https://id.test", client_id: "c", client_secret: "file:/s",
          client_authentication: "post", scopes: ["openid"], audiences: ["a", "b"],
          client_for_audience: true, leeway: "5s", timeout: "250ms", userinfo: true,
          authority_file: "/ca.pem",
          claims: { principal: "p", groups: "g", email: "e", zone: "z", service_principal: ["s"] } },
        sessions: { idle: "1h", absolute: "2d", without_refresh: "3h", rotation: "5m", grace: "30s",
          renewal_max: "20m", count_max: 7 } }
      """.utf8)
    let settings = try ConfigurationReader.read(
      text.span, file: "f", GatewaySettings.init(from:))
    let oidc = try #require(settings.oidc)
    #expect(settings.origins == ["https://p.test", "https://q.test:8443"])
    #expect(oidc.bearerRules.audiences == ["a", "b"] && oidc.bearerRules.takesClientForAudience)
    #expect(oidc.leewaySeconds == 5 && oidc.timeout == .milliseconds(250))
    #expect(oidc.claims.servicePrincipal == ["s"] && oidc.claims.zone == "z")
    #expect(settings.sessions.rotationSeconds == 300 && settings.sessions.countMax == 7)
    #expect(settings.sessions.renewalMaxSeconds == 1200)
    #expect(settings.sessions.absoluteSeconds == 172_800)
  }
}
