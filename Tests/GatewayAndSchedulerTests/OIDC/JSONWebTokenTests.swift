import GatewayAndScheduler
import Ingest
import Testing

/// Which tokens count: a table of good ones and of every trick that RFC 8725 warns of.
@Suite struct JSONWebTokenTests {
  private static let now = Timestamp(rfc3339: "2026-11-24T12:00:00Z") ?? .earliest
  private static let seconds = Int(now.secondsSinceEpoch)
  private let rules = JWTRules(issuer: "https://id.test/realms/a", audiences: ["vigil", "api"])

  private static func claims(
    issuer: String = "\"https://id.test/realms/a\"", audience: String? = "\"vigil\"",
    expiry: String? = nil, more: String = ""
  ) -> String {
    let audience = audience.map { ",\"aud\":\($0)" } ?? ""
    return
      "{\"iss\":\(issuer)\(audience),\"exp\":\(expiry ?? "\(seconds + 300)"),\"sub\":\"alice\"\(more)}"
  }

  private func set(
    _ key: TestSigningKey, keyID: String? = "k1", algorithm: String? = nil
  ) throws -> JSONWebKeySet {
    try JSONWebKeySet(json: keySetText([key.jwk(keyID: keyID, algorithm: algorithm)]))
  }

  /// The word by which a token is refused; nil when it counts.
  private func verdict(_ text: String, _ keys: JSONWebKeySet, _ rules: JWTRules? = nil) -> String? {
    do throws(CredentialRefusal) {
      let token = try JSONWebToken(text)
      try (rules ?? self.rules).check(token.claims, at: JSONWebTokenTests.now)
      switch keys.check(token) {
      case .good: return nil
      case .unknownKey: return "unknown_key"
      case .bad(let refusal): return refusal.reason
      }
    } catch {
      return error.reason
    }
  }

  // MARK: Algorithms

  private static func key(for algorithm: SignatureAlgorithm) throws -> TestSigningKey {
    switch algorithm {
    case .es256: try TestSigningKey.p256.get()
    case .es384: try TestSigningKey.p384.get()
    case .edDSA: try TestSigningKey.ed25519.get()
    default: try TestSigningKey.rsa.get()
    }
  }

  /// A good token and its key; made off the pool of threads that servers in other tests need.
  private func made(
    _ algorithm: SignatureAlgorithm
  ) async throws -> (key: TestSigningKey, text: String) {
    try await offPool {
      let key = try JSONWebTokenTests.key(for: algorithm)
      return (key, try key.token(algorithm, claims: JSONWebTokenTests.claims()))
    }
  }

  private func get(
    _ key: @escaping @Sendable () -> Result<TestSigningKey, any Error>
  ) async throws -> TestSigningKey {
    try await offPool { try key().get() }
  }

  @Test(arguments: SignatureAlgorithm.allCases)
  func `a good token counts, and with any byte changed it does not`(
    algorithm: SignatureAlgorithm
  ) async throws {
    let (key, text) = try await made(algorithm)
    let keys = try set(key)
    #expect(keys.keys.count == 1)
    #expect(verdict(text, keys) == nil)
    let token = try JSONWebToken(text)
    func verifies(_ signature: [UInt8], _ input: [UInt8]) -> Bool {
      keys.keys[0].key.verifies(signature, on: input.span, by: algorithm)
    }
    for place in stride(from: 0, to: token.signature.count, by: 7) {
      var signature = token.signature
      signature[place] ^= 1
      #expect(!verifies(signature, token.signingInput), "byte \(place)")
    }
    for place in stride(from: 0, to: token.signingInput.count, by: 11) {
      var input = token.signingInput
      input[place] ^= 1
      #expect(!verifies(token.signature, input), "byte \(place)")
    }
    for signature in [[], [0], token.signature + [0], Array(token.signature.dropLast())] {
      #expect(!verifies(signature, token.signingInput))
    }
  }

  @Test(arguments: SignatureAlgorithm.allCases)
  func `a key fits its own algorithms and no other`(algorithm: SignatureAlgorithm) async throws {
    let token = try JSONWebToken(try await made(algorithm).text)
    let other = try await get { algorithm == .es256 ? TestSigningKey.rsa : TestSigningKey.p256 }
    #expect(
      try set(other).check(token)
        == .bad(
          CredentialRefusal(
            "algorithm_refused", "the key is not for \(algorithm.rawValue)", credential: .oidc)))
  }

  @Test func `a key that is for one algorithm is for no other of its kind`() async throws {
    let (key, text) = try await made(.rs256)
    #expect(verdict(text, try set(key, algorithm: "RS256")) == nil)
    #expect(verdict(text, try set(key, algorithm: "PS256")) == "algorithm_refused")
  }

  @Test func `another key of the same name and kind verifies nothing`() async throws {
    let text = try await made(.rs256).text
    let other = try await get { TestSigningKey.otherRSA }
    #expect(verdict(text, try set(other)) == "bad_signature")
  }

  @Test(arguments: [
    "none", "None", "nOnE", "NONE", "HS256", "HS384", "HS512", "hs256", "RS1", "ES512", "ES256K",
    "rs256", "",
  ])
  func `no algorithm without a public key counts, however it is written`(name: String) async throws
  {
    let key = try await get { TestSigningKey.rsa }
    let head = "{\"alg\":\"\(name)\",\"kid\":\"k1\"}"
    let signed =
      Base64URL.text(Array(head.utf8)) + "."
      + Base64URL.text(Array(JSONWebTokenTests.claims().utf8))
    // The classic: the public key taken for an HMAC's secret.
    var code = HMACSHA256(key: key.publicDER.span)
    let bytes = Array(signed.utf8)
    let forged = signed + "." + Base64URL.text(code.code(bytes.span).bytes)
    let expected = name.isEmpty ? "malformed" : "algorithm_refused"
    #expect(verdict(forged, try set(key)) == expected)
    #expect(verdict(signed + ".", try set(key)) == "malformed")
  }

  @Test func `weak and odd keys are not taken into a set`() async throws {
    let good = try await get { TestSigningKey.rsa }.jwk(keyID: "good")
    let curve = try await get { TestSigningKey.p256 }
    let weak = try await get { TestSigningKey.weakRSA }
    var odd = good
    odd["e"] = Base64URL.text([4])
    var forEncryption = good
    forEncryption["use"] = "enc"
    var ofAnotherAlgorithm = good
    ofAnotherAlgorithm["alg"] = "RSA-OAEP"
    var offCurve = try curve.jwk(keyID: "off")
    offCurve["y"] = offCurve["x"]
    var short = try curve.jwk(keyID: "short")
    short["x"] = Base64URL.text([1, 2, 3])
    let set = try JSONWebKeySet(
      json: keySetText([
        weak.jwk(keyID: "weak"), odd, forEncryption, ofAnotherAlgorithm,
        offCurve, short, ["kty": "oct", "k": "c2VjcmV0"], ["kty": "EC", "crv": "secp256k1"], [:],
        good,
      ]))
    #expect(set.keys.map(\.keyID) == ["good"])
  }

  // MARK: Names of keys

  @Test(arguments: [
    "../../etc/passwd", "k2", "' OR 1=1 --", "/dev/null", "file:///dev/null", "k1\\u0000", "K1",
  ])
  func `a key's name is compared and nothing else`(keyID: String) throws {
    let key = try TestSigningKey.quick.get()
    let text = try key.token(.edDSA, keyID: keyID, claims: JSONWebTokenTests.claims())
    #expect(verdict(text, try set(key)) == "unknown_key")
  }

  @Test func `keys that a token brings along are not used`() throws {
    let key = try TestSigningKey.quick.get()
    let jwk = try key.jwk(keyID: "k1").map { "\"\($0.key)\":\"\($0.value)\"" }.joined(
      separator: ",")
    let text = try key.token(
      .edDSA,
      header: "{\"alg\":\"EdDSA\",\"kid\":\"k1\",\"jwk\":{\(jwk)},\"jku\":\"https://evil.test\"}",
      claims: JSONWebTokenTests.claims())
    #expect(verdict(text, try set(TestSigningKey.otherQuick.get())) == "bad_signature")
  }

  @Test func `without a name every key that fits is tried`() async throws {
    let rsa = try await get { TestSigningKey.rsa }
    let key = try TestSigningKey.quick.get()
    let text = try key.token(.edDSA, keyID: nil, claims: JSONWebTokenTests.claims())
    let several = try JSONWebKeySet(
      json: keySetText([
        rsa.jwk(keyID: "a"), TestSigningKey.otherQuick.get().jwk(keyID: "b"),
        key.jwk(keyID: "c"),
      ]))
    #expect(verdict(text, several) == nil)
    #expect(verdict(text, try set(TestSigningKey.otherQuick.get())) == "unknown_key")
    #expect(verdict(text, try set(rsa)) == "unknown_key")
  }

  // MARK: Form

  @Test func `a token of a mebibyte is refused by its length alone`() {
    let text = String(repeating: "a", count: 1 << 20)
    #expect(verdict(text, JSONWebKeySet(keys: [])) == "too_long")
    #expect(verdict(String(repeating: ".", count: 16_385), JSONWebKeySet(keys: [])) == "too_long")
    #expect(verdict(String(repeating: ".", count: 16_384), JSONWebKeySet(keys: [])) == "malformed")
  }

  @Test(arguments: [
    "", ".", "..", "a.b", "a.b.c.d", "e30.e30.", "e30.e30.!!", "e30.e30.YQ==", "e30.e30.YR",
    "e3 0.e30.YQ", "ew.e30.YQ", "W10.e30.YQ", "bnVsbA.e30.YQ", "e30.e30.YQ",
  ])
  func `what is no compact JWS is malformed`(text: String) {
    #expect(verdict(text, JSONWebKeySet(keys: [])) == "malformed")
  }

  @Test(arguments: [
    #"{"alg":"EdDSA","alg":"none"}"#, #"{"alg":"EdDSA","crit":["exp"]}"#,
    #"{"alg":"EdDSA","crit":["b64"],"b64":false}"#, #"{"alg":["EdDSA"]}"#, #"{"alg":null}"#,
    #"{"alg":"EdDSA","kid":7}"#, #"{"alg":"EdDSA","typ":"dpop+jwt"}"#,
    #"{"alg":"EdDSA","typ":"logout+jwt"}"#, #"{"alg":"EdDSA","kid":""}"#,
  ])
  func `headers with a double meaning or an unknown duty are refused`(header: String) throws {
    let key = try TestSigningKey.quick.get()
    let text = try key.token(.edDSA, header: header, claims: JSONWebTokenTests.claims())
    #expect(verdict(text, try set(key)) == "malformed")
  }

  @Test(arguments: ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
  func `types of tokens that providers write are taken`(type: String) throws {
    let key = try TestSigningKey.quick.get()
    let text = try key.token(
      .edDSA, header: "{\"typ\":\"\(type)\",\"alg\":\"EdDSA\",\"kid\":\"k1\"}",
      claims: JSONWebTokenTests.claims())
    #expect(verdict(text, try set(key)) == nil)
  }

  // MARK: Claims

  private static let claimTable: [(claims: String, refused: String?)] = [
    (claims(), nil),
    (claims(issuer: "\"https://id.test/realms/a/\""), nil),
    (claims(issuer: "\"https://id.test/realms/a//\""), "wrong_issuer"),
    (claims(issuer: "\"https://id.test/realms/b\""), "wrong_issuer"),
    (claims(issuer: "\"https://id.test\""), "wrong_issuer"),
    (claims(issuer: "[\"https://id.test/realms/a\"]"), "wrong_issuer"),
    (claims(audience: "[\"other\",\"api\"]"), nil),
    (claims(audience: "\"other\""), "wrong_audience"),
    (claims(audience: "[]"), "wrong_audience"),
    (claims(audience: nil), "wrong_audience"),
    (claims(audience: "null"), "wrong_audience"),
    (claims(audience: "[\"vigil\",7]"), "malformed"),
    (claims(audience: "{\"a\":\"vigil\"}"), "malformed"),
    (claims(expiry: "\(seconds + 1).5"), nil),
    (claims(expiry: "\(seconds - 59)"), nil),
    (claims(expiry: "\(seconds - 60)"), "expired"),
    (claims(expiry: "1e3"), "expired"),
    (claims(expiry: "1e300"), nil),
    (claims(expiry: "\"\(seconds + 300)\""), "malformed"),
    (claims(expiry: "null"), "malformed"),
    (claims(more: ",\"nbf\":\(seconds + 60)"), nil),
    (claims(more: ",\"nbf\":\(seconds + 61).5"), "not_yet_valid"),
    (claims(more: ",\"iat\":\(seconds + 3600)"), "not_yet_valid"),
    (claims(more: ",\"iat\":\(seconds).25,\"auth_time\":0"), nil),
    (claims(more: ",\"iat\":\"now\""), "malformed"),
    (claims(more: ",\"aud\":\"vigil\""), "malformed"),
    ("[1]", "malformed"),
    ("{}", "wrong_issuer"),
  ]

  @Test(arguments: claimTable.indices)
  func `claims are judged as the table says`(row: Int) throws {
    let (claims, refused) = JSONWebTokenTests.claimTable[row]
    let key = try TestSigningKey.quick.get()
    let text = try key.token(.edDSA, claims: claims)
    #expect(verdict(text, try set(key)) == refused, "\(claims)")
  }

  @Test func `a client stands for an absent audience only where that is allowed`() throws {
    let key = try TestSigningKey.quick.get()
    var lenient = rules
    lenient.takesClientForAudience = true
    for (audience, client, refused) in [
      ("[]", "vigil", nil), (nil, "vigil", nil), ("[]", "other", "wrong_audience"),
      ("[\"other\"]", "vigil", "wrong_audience"),
    ] as [(String?, String, String?)] {
      let text = try key.token(
        .edDSA,
        claims: JSONWebTokenTests.claims(audience: audience, more: ",\"azp\":\"\(client)\""))
      #expect(verdict(text, try set(key), lenient) == refused)
    }
  }
}
