import Ingest

/// What the token endpoint gave. Never printed.
package struct OIDCTokens: Sendable, CustomStringConvertible {
  package var accessToken: String
  package var idToken: String?
  package var refreshToken: String?
  /// Seconds that the access token is good for, from the answer on.
  package var expiresInSeconds: Double?

  package var description: String { "tokens" }

  /// Reads an answer of the token endpoint.
  init(json: [UInt8]) throws(OIDCError) {
    let fields: JSONFields
    do { fields = try JSONFields(json) } catch {
      throw .malformed("token endpoint", error.detail ?? "")
    }
    guard let accessToken = fields.text("access_token"),
      fields.text("token_type")?.lowercased() == "bearer"
    else { throw .malformed("token endpoint", "no access token of type bearer") }
    self.accessToken = accessToken
    idToken = fields.text("id_token")
    refreshToken = fields.text("refresh_token")
    expiresInSeconds = fields.instant("expires_in").flatMap { $0 > 0 ? $0 : nil }
  }
}

extension OIDCTokens: CustomReflectable {
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What a login, or its renewal, came to.
struct OIDCGrant: Sendable {
  var identity: Identity
  /// The `sub` of the login, whichever claim names the principal.
  var subject: String?
  /// Whether the provider said again who it is; otherwise `identity` is what it said before.
  var isStated = true
  var tokens: OIDCTokens
  /// Until when the provider's word counts: the access token's end, or else the ID token's.
  var expiresAt: Timestamp
}

extension OIDCProvider {
  /// Redeems an authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
  nonisolated func redeem(
    code: String, verifier: String, nonce: String, redirectAddress: String, at now: Timestamp
  ) async throws(OIDCError) -> OIDCGrant {
    let tokens = try await ask([
      ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectAddress),
      ("code_verifier", verifier),
    ])
    guard let idToken = tokens.idToken else {
      throw .malformed("token endpoint", "no id token")
    }
    let claims = try await checked(idToken, at: now)
    guard claims.text("nonce") == nonce else {
      throw .token(.token("replayed", "the id token's nonce is not that of this login"))
    }
    return try await grant(tokens, claims, at: now)
  }

  /// Asks for new tokens (RFC 6749 section 6). The refresh token given may be worth nothing from here
  /// on: the answer's is in its place, and must be kept whatever comes next.
  nonisolated func refresh(_ refreshToken: String) async throws(OIDCError) -> OIDCTokens {
    try await ask([("grant_type", "refresh_token"), ("refresh_token", refreshToken)])
  }

  /// What renewed tokens say.
  ///
  /// - Parameter session: whose login it is; tokens about anybody else are refused.
  nonisolated func renewed(
    _ tokens: OIDCTokens, of session: Session, at now: Timestamp
  ) async throws(OIDCError) -> OIDCGrant {
    let grant =
      if let idToken = tokens.idToken {
        try await grant(tokens, try await checked(idToken, at: now), at: now)
      } else {
        try await renewedWithoutIDToken(tokens, of: session, at: now)
      }
    guard grant.identity.principal == session.identity.principal else {
      throw .token(.token("malformed", "a renewed login speaks of somebody else"))
    }
    return grant
  }

  /// A refresh need not bring an ID token (OpenID Connect Core 1.0 section 12.2): then userinfo is asked,
  /// where that is configured. Groups on which it is silent may be gone or may stand in ID tokens alone:
  /// they stay as they were, and the grant says that nobody stated them.
  private nonisolated func renewedWithoutIDToken(
    _ tokens: OIDCTokens, of session: Session, at now: Timestamp
  ) async throws(OIDCError) -> OIDCGrant {
    let seconds = tokens.expiresInSeconds ?? 300
    var grant = OIDCGrant(
      identity: session.identity, subject: session.subject, isStated: false, tokens: tokens,
      expiresAt: now.advanced(bySeconds: seconds))
    guard let subject = session.subject, let claims = try await userinfo(tokens, subject: subject),
      claims.has(settings.claims.groups) || session.identity.groups.isEmpty
    else { return grant }
    do throws(CredentialRefusal) {
      let told = try settings.claims.identity(
        claims, issuer: settings.issuer, credential: .session)
      grant.identity.principal = told.principal
      grant.identity.groups = told.groups
      grant.identity.email = told.email ?? grant.identity.email
      grant.identity.zone = told.zone ?? grant.identity.zone
    } catch {
      throw .token(error)
    }
    grant.isStated = true
    return grant
  }

  /// Tells the provider that a refresh token is no longer needed (RFC 7009); its answer changes
  /// nothing here.
  nonisolated func revoke(_ refreshToken: String) async {
    guard let endpoint = try? await metadata().revocationEndpoint,
      let secret = try? await secret()
    else { return }
    _ = try? await post(
      [("token", refreshToken), ("token_type_hint", "refresh_token")], to: endpoint, secret: secret)
  }

  private nonisolated func checked(
    _ idToken: String, at now: Timestamp
  ) async throws(OIDCError) -> JSONFields {
    do throws(CredentialRefusal) {
      let token = try JSONWebToken(idToken)
      try await verify(token, settings.identityRules, at: now)
      // Of several audiences the token must say that it was made for us (OIDC Core 3.1.3.7).
      if let party = token.claims.text("azp"), party != settings.clientID {
        throw .token("wrong_audience", "azp \(ForeignText.quoted(party))")
      }
      return token.claims
    } catch {
      throw .token(error)
    }
  }

  private nonisolated func grant(
    _ tokens: OIDCTokens, _ claims: JSONFields, at now: Timestamp
  ) async throws(OIDCError) -> OIDCGrant {
    let extra = try await userinfo(tokens, subject: claims.text("sub"))
    do throws(CredentialRefusal) {
      var identity = try settings.claims.identity(
        claims, issuer: settings.issuer, credential: .session)
      identity.principalType = .human
      if let extra {
        let told = try settings.claims.identity(
          extra, issuer: settings.issuer, credential: .session)
        identity.groups += told.groups.filter { !identity.groups.contains($0) }
        identity.email = identity.email ?? told.email
        identity.zone = identity.zone ?? told.zone
      }
      let stated = claims.instant("exp").flatMap { Timestamp(secondsSinceEpoch: $0) }
      let expiresAt =
        tokens.expiresInSeconds.map { now.advanced(bySeconds: $0) } ?? stated ?? now
      return OIDCGrant(
        identity: identity, subject: claims.text("sub"), tokens: tokens, expiresAt: expiresAt)
    } catch {
      throw .token(error)
    }
  }

  /// Nil where it is not asked for. The answer must be about the same subject (OIDC Core 5.3.2).
  private nonisolated func userinfo(
    _ tokens: OIDCTokens, subject: String?
  ) async throws(OIDCError) -> JSONFields? {
    guard settings.asksUserinfo, let endpoint = try await metadata().userinfoEndpoint else {
      return nil
    }
    let body = try await transport.document(
      endpoint, "userinfo", settings, authorization: "Bearer \(tokens.accessToken)")
    guard let claims = try? JSONFields(body), claims.text("sub") == subject else {
      throw .malformed("userinfo", "no object, or about another subject")
    }
    return claims
  }

  private nonisolated func ask(
    _ fields: [(String, String)]
  ) async throws(OIDCError) -> OIDCTokens {
    let endpoint = try await metadata().tokenEndpoint
    let secret = try await secret()
    var response = try await post(fields, to: endpoint, secret: secret)
    if OIDCProvider.errorCode(response) == "invalid_client",
      let newer = await replacementSecret(secret), newer != secret
    {
      response = try await post(fields, to: endpoint, secret: newer)
    }
    guard response.status.isSuccess else {
      let code = OIDCProvider.errorCode(response) ?? ""
      throw .refused(
        "token endpoint", status: response.status.code,
        code: ForeignText.escaped(code, scalarCountMax: 64))
    }
    return try OIDCTokens(json: response.body)
  }

  private static func errorCode(_ response: HTTPClientResponse) -> String? {
    response.status.isSuccess ? nil : (try? JSONFields(response.body))?.text("error")
  }

  private nonisolated func post(
    _ fields: [(String, String)], to endpoint: String, secret: String
  ) async throws(OIDCError) -> HTTPClientResponse {
    var fields = fields
    var headers: HTTPHeaders = [
      "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
    ]
    switch try await clientAuthentication() {
    case .none: fields.append(("client_id", settings.clientID))
    case .post:
      fields.append(("client_id", settings.clientID))
      fields.append(("client_secret", secret))
    case .basic, .automatic:
      let pair = FormText.encoded(settings.clientID) + ":" + FormText.encoded(secret)
      headers.append("Authorization", "Basic " + Base64.text(Array(pair.utf8)))
    }
    return try await transport.exchange(
      HTTPClientRequest(
        .post, endpoint, headers: headers, body: Array(FormText.encoded(fields).utf8),
        timeout: settings.timeout, responseByteCountMax: OIDCMetadata.byteCountMax,
        authorityFile: settings.authorityFile), "token endpoint")
  }

  private nonisolated func clientAuthentication() async throws(OIDCError)
    -> OIDCSettings.ClientAuthentication
  {
    guard settings.clientAuthentication == .automatic else { return settings.clientAuthentication }
    guard settings.clientSecretReference != nil else { return .none }
    let taken = try await metadata().clientAuthentications
    let wantsPost = taken.contains("client_secret_post") && !taken.contains("client_secret_basic")
    return wantsPost ? .post : .basic
  }

  /// Empty for a public client.
  private nonisolated func secret() async throws(OIDCError) -> String {
    guard try await clientAuthentication() != .none else { return "" }
    do { return try await clientSecret() } catch { throw .secretUnavailable }
  }
}

/// application/x-www-form-urlencoded, every byte but unreserved ones escaped: as good in a query.
enum FormText {
  static func encoded(_ fields: [(String, String)]) -> String {
    fields.map { encoded($0.0) + "=" + encoded($0.1) }.joined(separator: "&")
  }

  static func encoded(_ text: String) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) {
        result.append(byte)
      } else {
        result.append(UInt8(ascii: "%"))
        result.append(digits[Int(byte >> 4)])
        result.append(digits[Int(byte & 15)])
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// RFC 3986 section 2.3.
  static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default:
      byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "~")
    }
  }

  private static let digits = Array("0123456789ABCDEF".utf8)
}
