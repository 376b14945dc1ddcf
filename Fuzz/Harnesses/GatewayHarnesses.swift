import GatewayAndScheduler
import Ingest

extension Harness {
  static let gateway: [Harness] = [
    Harness(
      "jwt",
      words: ["eyJhbGciOiJFUzI1NiJ9", "eyJhbGciOiJub25lIn0", ".", "e30", "AA", "-_"],
      seeds: {
        [
          GatewayProperties.token(
            #"{"alg":"ES256","kid":"k1","typ":"JWT"}"#, #"{"iss":"a","exp":1.5}"#),
          GatewayProperties.token(#"{"alg":"none"}"#, "{}"),
          GatewayProperties.token(
            #"{"alg":"RS256","alg":"HS256"}"#, #"{"aud":["a","b"],"sub":null}"#),
          Array("e30.e30.".utf8), Array("a.b.c.d".utf8),
        ]
      }, run: GatewayProperties.token),
    Harness(
      "jwks", byteCountMax: 8192,
      words: [
        "\"keys\":", "\"kty\":\"RSA\"", "\"kty\":\"EC\"", "\"crv\":\"P-256\"", "\"n\":",
        "\"e\":\"AQAB\"",
        "\"x\":", "\"y\":", "\"kid\":", "\"alg\":\"ES256\"", "\"kty\":\"OKP\"",
        "\"crv\":\"Ed25519\"",
      ],
      seeds: {
        texts(
          #"{"keys":[]}"#, GatewayProperties.keySet,
          #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
          #"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},7,null,{"kty":"oct","k":"AA"}]}"#)
      }, run: GatewayProperties.keySet),
    Harness(
      "assertion", byteCountMax: 2048, words: ["v1.", ".", "e30"],
      seeds: {
        texts("v1.e30.AA", "", "v1..", "v1.a.b.c") + [Array(GatewayProperties.assertion.utf8)]
      }, run: GatewayProperties.assertion),
    Harness(
      "cookie", byteCountMax: 1024, words: ["__Host-vigil=", "; ", "=", ";"],
      seeds: {
        texts("__Host-vigil=a; b=c", "a=b;__Host-vigil=;; =;__Host-vigil", "__Host-vigil==x")
      },
      run: GatewayProperties.cookie),
    Harness(
      "forwarded", byteCountMax: 2048,
      words: [
        "X-Forwarded-Method: ", "X-Forwarded-Uri: /", "X-Forwarded-For: 192.0.2.1",
        "X-Request-Id: ",
        "Traceparent: 00-", "Remote-User: ", "\n",
      ],
      seeds: {
        texts(
          "X-Forwarded-Method: POST\nX-Forwarded-Uri: /jobs/a/runs?x=1\nX-Request-Id: 0123456789\n"
            + "X-Forwarded-For: ::1\nRemote-User: root\n"
            + "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          "X-Forwarded-Method: GET\nX-Forwarded-Method: GET\nX-Forwarded-Uri: //evil")
      }, run: GatewayProperties.forwarded),
    Harness(
      "local-target", byteCountMax: 512, words: ["//", "/\\", "%2f", "/auth", "/..", "http://"],
      seeds: { texts("/jobs?a=b", "//evil.test", "/auth/login", "/\\evil", "/a/../b", "") },
      run: GatewayProperties.localTarget),
  ]
}

/// What is taken is what was meant, and nothing from outside stands unescaped in what is said of it.
enum GatewayProperties {
  static let keySet = """
    {"keys":[{"kty":"EC","crv":"P-256","kid":"k1","alg":"ES256",
    "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}
    """

  static func token(_ header: String, _ claims: String) -> [UInt8] {
    let parts = [header, claims, "signature"].map { Base64URL.text(Array($0.utf8)) }
    return Array(parts.joined(separator: ".").utf8)
  }

  static func token(_ bytes: [UInt8]) throws {
    let text = bytes.text
    let token: JSONWebToken
    do throws(CredentialRefusal) { token = try JSONWebToken(text) } catch {
      return try check(error)
    }
    try require(text.utf8.starts(with: token.signingInput), "another signing input")
    let signed = token.signingInput + [UInt8(ascii: ".")]
    try require(
      text.utf8.dropFirst(signed.count).elementsEqual(Base64URL.text(token.signature).utf8),
      "another signature")
    let set = try JSONWebKeySet(json: Array(keySet.utf8))
    try require(set.check(token) != .good, "a made-up signature counts")
    do throws(CredentialRefusal) {
      try JWTRules(issuer: "a", audiences: ["b"]).check(token.claims, at: .latest)
    } catch { try check(error) }
    let identity: Identity
    do throws(CredentialRefusal) {
      identity = try ClaimMapping().identity(token.claims, issuer: "a", credential: .oidc)
    } catch { return try check(error) }
    try require((1...256).contains(identity.principal.utf8.count), identity.principal)
    for name in identity.groups + [identity.principal] { try requireLegible(name) }
    let header = HeaderText.encoded(identity.groups)
    try require(header.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a header of other bytes")
  }

  private static func check(_ refusal: CredentialRefusal) throws {
    try requireLegible(refusal.reason)
    try requireLegible(refusal.detail ?? "")
  }

  static func keySet(_ bytes: [UInt8]) throws {
    let set: JSONWebKeySet
    do throws(CredentialRefusal) { set = try JSONWebKeySet(json: bytes) } catch {
      return try check(error)
    }
    try require(set.keys.count <= JSONWebKeySet.keyCountMax, "\(set.keys.count) keys")
    for key in set.keys {
      let isUsable = SignatureAlgorithm.allCases.contains { $0.fits(key.key.kind) }
      try require(isUsable, "a key for nothing")
      let isGood = key.key.verifies([1, 2, 3], on: bytes.span, by: .es256)
      try require(!isGood, "a made-up signature counts")
    }
  }

  // MARK: Assertions

  private static let now = Timestamp(rfc3339: "2026-11-24T05:00:00Z") ?? .earliest

  private static func signer() throws -> AssertionSigner {
    let surroundings = Surroundings(
      now: { now }, randomBytes: { [UInt8](repeating: 7, count: $0) })
    guard let signer = AssertionSigner(surroundings: surroundings) else {
      throw BrokenProperty(description: "no signer")
    }
    return signer
  }

  static let assertion: String = {
    let identity = Identity(principal: "a", principalType: .human, credential: .session)
    return (try? signer())?.assertion(
      identity, RequestOrigin(requestID: "0123456789"), method: .get, target: "/", at: now) ?? ""
  }()

  static func assertion(_ bytes: [UInt8]) throws {
    let text = bytes.text
    let request = HTTPRequest(
      method: .get, target: try HTTPTarget([0x2F]),
      headers: ["X-Vigil-Assertion": text, "X-Request-Id": "0123456789"], peer: .unnamed)
    switch AssertionChecker(try signer()).examine(request, at: now) {
    case .authenticated: try require(text == assertion, "a forged assertion counts")
    case .anonymous: try require(text.isEmpty, "an assertion reads as none")
    case .refused(let refusal): try check(refusal)
    }
  }

  // MARK: Headers

  static func cookie(_ bytes: [UInt8]) throws {
    let values = SessionCookie.values(SessionCookie.name, in: ["Cookie": bytes.text])
    for value in values {
      try require(!value.utf8.contains(UInt8(ascii: ";")), "a value with a semicolon")
    }
  }

  static func forwarded(_ bytes: [UInt8]) throws {
    var headers = HTTPHeaders()
    for line in bytes.split(separator: 0x0A) {
      let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
      let value = line[colon...].dropFirst().drop { $0 == 0x20 }
      headers.append(Array(line[..<colon]).text, Array(value).text)
    }
    let report = HTTPRequest(
      method: .get, target: try HTTPTarget([0x2F]), headers: headers, peer: .unnamed)
    let forwarded: ForwardedRequest
    do throws(ForwardedRequest.Fault) {
      forwarded = try ForwardedRequest(report, mintedID: "minted-id")
    } catch {
      return try requireLegible(error.problem + (error.requestID ?? ""))
    }
    try requireLegible(forwarded.requestID + (forwarded.remoteIP ?? "") + (forwarded.traceID ?? ""))
    try require(forwarded.request.target.text.utf8.first == UInt8(ascii: "/"), "no path")
    for field in forwarded.request.headers.fields {
      let name = field.name.lowercased()
      let isOurs = ["x-forwarded-", "remote-", "x-vigil-"].contains { name.hasPrefix($0) }
      try require(!isOurs, "\(name) got through")
    }
  }

  static func localTarget(_ bytes: [UInt8]) throws {
    guard let target = LocalTarget(bytes.text) else { return }
    let text = Array(target.text.utf8)
    try require(text.first == UInt8(ascii: "/"), "no path")
    try require(text.dropFirst().first != UInt8(ascii: "/"), "another host")
    let isPlain = text.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
    try require(isPlain, "a byte that browsers read in another way")
  }
}
