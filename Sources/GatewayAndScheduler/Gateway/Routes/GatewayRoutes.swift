import Ingest

extension Router {
  /// Adds the gateway: `GET /auth/verify` for the proxy, `GET /auth/whoami`, and, where there is a
  /// provider, `GET /auth/login`, `GET /auth/callback` and `POST /auth/logout`.
  package mutating func addGateway(_ gateway: Gateway) {
    add(.get, "/auth/verify") { await gateway.verify($0) }
    let records = gateway.records
    add(.get, "/auth/whoami", records.naming { await gateway.whoami($0, $1) })
    guard let login = gateway.login else { return }
    add(.get, "/auth/login", records.naming { request, _ in await login.begin(request) })
    add(.get, "/auth/callback", records.naming { await login.finish($0, $1) })
    add(.post, "/auth/logout", records.naming { await login.leave($0, $1) })
  }
}

extension GatewayRecords {
  /// A handler that gets the request's id, and whose answers carry it.
  fileprivate func naming(
    _ handler: @escaping @Sendable (HTTPRequest, String) async -> HTTPResponse
  ) -> HTTPHandler {
    { request in
      guard let requestID = requestID(of: request) else {
        return .page(.serviceUnavailable, "no randomness for the request's id")
      }
      var response = await handler(request, requestID)
      response.headers.append("X-Request-Id", requestID)
      return response
    }
  }
}

extension Gateway {
  /// Tells who the caller is, and sends a new session cookie where the old one is due.
  func whoami(_ request: HTTPRequest, _ requestID: String) async -> HTTPResponse {
    let now = records.surroundings.now()
    switch await chain.authenticate(request, at: now) {
    case .anonymous: return .refusal("no credential was sent", challenge: "Bearer realm=\"vigil\"")
    case .refused(let refusal):
      guard await records.isRecorded(refusal, action: "whoami", requestID: requestID) else {
        return .page(.serviceUnavailable, "the refusal cannot be recorded")
      }
      if let obstacle = refusal.obstacle { return .page(.serviceUnavailable, obstacle) }
      return .refusal(
        "the credential does not count: \(refusal.reason)",
        challenge: "Bearer realm=\"vigil\", error=\"invalid_token\"")
    case .authenticated(let identity, _):
      var response = HTTPResponse(
        .ok, headers: ["Content-Type": "application/json", "Cache-Control": "no-store"],
        body: identity.json)
      if identity.credential == .session, let handle = identity.credentialID,
        let cookie = await login?.rotated(handle, at: now)
      {
        response.headers.append("Set-Cookie", cookie)
      }
      return response
    }
  }
}

extension GatewayLogin {
  /// A handler whose answers bring a session's new cookie along when the old one is due: for pages and
  /// API without a proxy in front. Behind one, `/auth/verify` sees to it.
  package func renewingCookies(_ handler: @escaping HTTPHandler) -> HTTPHandler {
    { request in
      var response = await handler(request)
      let now = records.surroundings.now()
      guard request.headers[Assertion.header] == nil,
        request.target.segments.first != "auth",
        let cookie = SessionCookie.values(SessionCookie.name, in: request.headers).first,
        case .found(let session, _) = sessions.lookUp(cookie, at: now),
        let field = await rotated(session.handle, at: now)
      else { return response }
      response.headers.append("Set-Cookie", field)
      return response
    }
  }
}

extension HTTPResponse {
  fileprivate static func refusal(_ line: String, challenge: String) -> HTTPResponse {
    var response = HTTPResponse.page(.unauthorized, line)
    response.headers.append("WWW-Authenticate", challenge)
    return response
  }
}

extension Identity {
  /// One JSON object for the one it is about.
  fileprivate var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("principal", principal)
    writer.field("principal_type", principalType.rawValue)
    writer.field("issuer", issuer)
    writer.field("groups", groups)
    writer.field("email", email)
    writer.field("zone", zone)
    writer.field("credential", credential.rawValue)
    writer.field("scopes", scopes ?? [])
    writer.endObject()
    return writer.bytes
  }
}

extension GatewayRecords {
  /// What `OIDCProvider` tells when the provider's keys are others than before.
  package func keysChanged(
    issuer: String
  ) -> @Sendable (_ old: JSONWebKeySet, _ new: JSONWebKeySet) async -> Void {
    { old, new in
      let (before, after) = (GatewayRecords.names(old), GatewayRecords.names(new))
      let added = after.filter { !before.contains($0) }
      let removed = before.filter { !after.contains($0) }
      // Tokens are checked whether or not the journal takes this: the keys speak for themselves.
      try? await control(
        .keyRotated,
        id: "\(new.fingerprint)/\(surroundings.now().microseconds)", subject: issuer,
        reason: "keys added: [\(added.joined(separator: ", "))], "
          + "removed: [\(removed.joined(separator: ", "))]")
    }
  }

  private static func names(_ set: JSONWebKeySet) -> [String] {
    set.keys.prefix(16).map { key in
      (key.keyID.map { ForeignText.escaped($0, scalarCountMax: 32) } ?? "") + "#"
        + key.key.thumbprint.hex.prefix(8)
    }
  }
}
