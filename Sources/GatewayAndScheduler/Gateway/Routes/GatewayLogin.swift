import Ingest

/// The pages by which browsers log in and out: authorization code with PKCE (RFC 6749 section 4.1,
/// RFC 7636, OpenID Connect Core 1.0 section 3.1).
package struct GatewayLogin: Sendable {
  let settings: GatewaySettings
  let provider: OIDCProvider
  let sessions: SessionStore
  let records: GatewayRecords
  /// Hears of each login for which the provider gave no refresh token.
  private let onNoRefreshToken: @Sendable () -> Void

  package init(
    _ settings: GatewaySettings, provider: OIDCProvider, sessions: SessionStore,
    records: GatewayRecords, onNoRefreshToken: @escaping @Sendable () -> Void = {}
  ) {
    self.onNoRefreshToken = onNoRefreshToken
    self.settings = settings
    self.provider = provider
    self.sessions = sessions
    self.records = records
  }

  // MARK: Login

  /// Sends the browser to the provider.
  func begin(_ request: HTTPRequest) async -> HTTPResponse {
    let now = records.surroundings.now()
    let target = request.target.queryValue("to").flatMap { LocalTarget($0) }
    guard let attempt = LoginAttempt(to: target, at: now, surroundings: records.surroundings),
      let bytes = records.surroundings.randomBytes(AuthenticatedCipher.nonceByteCount),
      let cookie = attempt.sealed(sessions.key, nonce: bytes)
    else { return .page(.serviceUnavailable, "no randomness for a login") }
    let metadata: OIDCMetadata
    do throws(OIDCError) { metadata = try await provider.metadata() } catch {
      return .page(.serviceUnavailable, "the identity provider cannot be reached")
    }
    let query = FormText.encoded([
      ("response_type", "code"), ("client_id", provider.settings.clientID),
      ("redirect_uri", settings.redirectAddress),
      ("scope", provider.settings.scopes.joined(separator: " ")), ("state", attempt.state),
      ("nonce", attempt.nonce), ("code_challenge", attempt.challenge),
      ("code_challenge_method", "S256"),
    ])
    return .redirect(
      metadata.authorizationEndpoint.appending(query: query),
      cookies: [
        SessionCookie.field(
          cookie, named: LoginAttempt.cookieName(state: attempt.state),
          maxAgeSeconds: Int(LoginAttempt.lifetimeSeconds))
      ])
  }

  /// Takes the browser back from the provider.
  func finish(_ request: HTTPRequest, _ requestID: String) async -> HTTPResponse {
    let now = records.surroundings.now()
    let query = request.target.query
    func only(_ name: String) -> String? {
      let values = query.filter { $0.name == name }
      return values.count == 1 ? values[0].value : nil
    }
    let state = only("state") ?? ""
    let name = LoginAttempt.cookieName(state: state)
    let cookies = SessionCookie.values(name, in: request.headers)
    guard cookies.count == 1, let attempt = LoginAttempt(cookies[0], sessions.key, at: now),
      attempt.state == state
    else {
      return await failed(request, requestID, "unknown", "no login of this browser is under way")
    }
    if let issuer = only("iss"), !JWTRules.areSame(issuer, provider.settings.issuer) {
      return await failed(request, requestID, "wrong_issuer", "iss \(ForeignText.quoted(issuer))")
    }
    guard let code = only("code"), only("error") == nil else {
      let error = only("error").map { ForeignText.quoted($0) } ?? "no code"
      return await failed(request, requestID, "refused", "the provider answered \(error)")
    }
    do throws(OIDCError) {
      let grant = try await provider.redeem(
        code: code, verifier: attempt.verifier, nonce: attempt.nonce,
        redirectAddress: settings.redirectAddress, at: now)
      return await opened(grant, attempt, cookieName: name, request, requestID, at: now)
    } catch {
      let reason = error.refusal.reason
      return await failed(
        request, requestID, reason, error.description,
        status: reason == "provider_unreachable" ? .serviceUnavailable : .unauthorized)
    }
  }

  /// The login's record is durable before the browser gets its cookie.
  private func opened(
    _ grant: OIDCGrant, _ attempt: LoginAttempt, cookieName: String, _ request: HTTPRequest,
    _ requestID: String, at now: Timestamp
  ) async -> HTTPResponse {
    let opened: (session: Session, cookie: String)?
    do { opened = try await sessions.open(grant, at: now) } catch {
      return .page(.serviceUnavailable, "the session cannot be kept")
    }
    guard let (session, cookie) = opened else {
      return .page(.serviceUnavailable, "too many sessions")
    }
    do throws(WriterRefusal) {
      try await records.control(
        .login, id: "\(session.handle)/\(requestID)", principal: session.identity.principal,
        subject: "session/\(session.handle)", reason: provider.settings.issuer,
        remoteIP: remoteIP(request))
      try await closeFormer(request, requestID, at: now)
    } catch {
      _ = try? await sessions.close(session.handle)
      return .page(.serviceUnavailable, "the login cannot be recorded")
    }
    if grant.tokens.refreshToken == nil { onNoRefreshToken() }
    return .redirect(
      attempt.target,
      cookies: [
        field(cookie), SessionCookie.field("", named: cookieName, maxAgeSeconds: 0),
      ])
  }

  /// A browser has one session: the one that it came with ends when it gets another.
  private func closeFormer(
    _ request: HTTPRequest, _ requestID: String, at now: Timestamp
  ) async throws(WriterRefusal) {
    for cookie in SessionCookie.values(SessionCookie.name, in: request.headers) {
      guard case .found(let former, _) = sessions.lookUp(cookie, at: now) else { continue }
      try await records.control(
        .logout, id: "\(former.handle)/\(now.microseconds)/\(requestID)",
        principal: former.identity.principal, subject: "session/\(former.handle)",
        reason: "replaced by another login", remoteIP: remoteIP(request))
      _ = try? await sessions.close(former.handle)
    }
  }

  private func failed(
    _ request: HTTPRequest, _ requestID: String, _ reason: String, _ detail: String,
    status: HTTPStatus = .unauthorized
  ) async -> HTTPResponse {
    let now = records.surroundings.now()
    do throws(WriterRefusal) {
      try await records.control(
        .loginFailed, id: "\(now.microseconds)/\(requestID)", subject: provider.settings.issuer,
        reason: "\(reason): \(ForeignText.escaped(detail, scalarCountMax: 300))",
        remoteIP: remoteIP(request))
    } catch {
      return .page(.serviceUnavailable, "the failed login cannot be recorded")
    }
    return .page(status, "login failed: \(reason). Begin again at \(settings.address)/auth/login")
  }

  // MARK: Logout

  /// Ends the browser's session here and, where it can, at the provider.
  func leave(_ request: HTTPRequest, _ requestID: String) async -> HTTPResponse {
    let now = records.surroundings.now()
    let known = session(of: request, at: now)
    if let fault = SameOrigin.fault(request, origins: settings.origins) {
      let refusal = CredentialRefusal.session("cross_site", fault, known)
      guard await records.isRecorded(refusal, action: "logout", requestID: requestID) else {
        return .page(.serviceUnavailable, "the refusal cannot be recorded")
      }
      return .page(.forbidden, "logout came from another site's page: \(fault)")
    }
    let gone = SessionCookie.field("", maxAgeSeconds: 0)
    guard let session = known else {
      return .redirect(settings.afterLogout, cookies: [gone])
    }
    do {
      // First the record: a second try is another one.
      try await records.control(
        .logout, id: "\(session.handle)/\(now.microseconds)/\(requestID)",
        principal: session.identity.principal, subject: "session/\(session.handle)",
        reason: "asked for",
        remoteIP: remoteIP(request))
      _ = try await sessions.close(session.handle)
    } catch {
      return .page(.serviceUnavailable, "the logout cannot be recorded or kept: try again")
    }
    if let token = session.refreshToken { await provider.revoke(token) }
    return .redirect(await providerLogout(session) ?? settings.afterLogout, cookies: [gone])
  }

  private func session(of request: HTTPRequest, at now: Timestamp) -> Session? {
    guard let cookie = SessionCookie.values(SessionCookie.name, in: request.headers).first,
      case .found(let session, _) = sessions.lookUp(cookie, at: now)
    else { return nil }
    return session
  }

  /// OpenID Connect RP-Initiated Logout 1.0 section 2; nil where the provider has none.
  private func providerLogout(_ session: Session) async -> String? {
    guard let endpoint = try? await provider.metadata().endSessionEndpoint else { return nil }
    var fields = [
      ("client_id", provider.settings.clientID),
      ("post_logout_redirect_uri", settings.address + settings.afterLogout),
    ]
    if let idToken = session.idToken { fields.append(("id_token_hint", idToken)) }
    let address = endpoint.appending(query: FormText.encoded(fields))
    return address.utf8.count <= HTTPTarget.byteCountMax ? address : endpoint
  }

  // MARK: Cookies

  /// The `Set-Cookie` of a new name for an old session; nil when that is not due, or cannot be kept.
  func rotated(_ handle: String, at now: Timestamp) async -> String? {
    let cookie = try? await sessions.rotate(handle, at: now)
    return cookie.map { field($0) }
  }

  private func field(_ cookie: String) -> String {
    SessionCookie.field(cookie, maxAgeSeconds: Int(settings.sessions.absoluteSeconds))
  }

  /// As the proxy reports it; nil without a proxy, or when the report is ambiguous.
  private func remoteIP(_ request: HTTPRequest) -> String? {
    guard settings.isBehindProxy else { return nil }
    return request.headers.onlyValue("X-Forwarded-For").flatMap {
      ForwardedRequest.isAddress($0) ? $0 : nil
    }
  }
}

extension String {
  /// An address with more query behind its own.
  fileprivate func appending(query: String) -> String {
    self + (utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + query
  }
}

extension HTTPResponse {
  /// A page for people; never kept by the browser, and its address, which may hold a code, is told
  /// nobody.
  static func page(_ status: HTTPStatus, _ line: String) -> HTTPResponse {
    var response = HTTPResponse.text(status, ForeignText.escaped(line, scalarCountMax: 400))
    response.headers.append("Cache-Control", "no-store")
    response.headers.append("Referrer-Policy", "no-referrer")
    return response
  }

  /// 303, so that a POST is followed by a GET.
  fileprivate static func redirect(_ address: String, cookies: [String]) -> HTTPResponse {
    var response = HTTPResponse.page(.seeOther, "see \(address.prefix { $0 != "?" })")
    response.headers.append("Location", address)
    for cookie in cookies { response.headers.append("Set-Cookie", cookie) }
    return response
  }
}
