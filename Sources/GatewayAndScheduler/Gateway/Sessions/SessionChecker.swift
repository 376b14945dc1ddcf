package import Ingest

/// Takes the session cookie, renews the login behind it in silence, and asks of requests that change
/// something that they come from a page of our own.
package struct SessionChecker: CredentialChecker {
  private let store: SessionStore
  private let provider: OIDCProvider
  private let records: GatewayRecords
  private let origins: [String]

  /// - Parameter origins: of our pages, as browsers write them: `https://pipelines.example.com`.
  package init(
    _ store: SessionStore, provider: OIDCProvider, records: GatewayRecords, origins: [String]
  ) {
    self.store = store
    self.provider = provider
    self.records = records
    self.origins = origins
  }

  package func authenticate(_ request: HTTPRequest, at now: Timestamp) async -> Authentication {
    let cookies = SessionCookie.values(SessionCookie.name, in: request.headers)
    guard let cookie = cookies.first else { return .anonymous }
    guard cookies.count == 1 else { return .refused(.session("malformed", "several cookies")) }
    switch store.lookUp(cookie, at: now) {
    case .unknown: return .refused(.session("unknown"))
    case .rotatedAway(let session):
      return .refused(.session("rotated_away", nil, session))
    case .ended(let session, let reason):
      _ = try? await store.close(session.handle)
      return .refused(.session("expired", reason, session))
    case .found(let session, let isPromoted):
      if let fault = SameOrigin.fault(request, origins: origins) {
        return .refused(.session("cross_site", fault, session))
      }
      // If it cannot be kept, the old cookie comes back after a crash; nothing else is lost.
      if isPromoted { _ = try? await store.keep(session.handle) }
      return await renewed(session, at: now)
    }
  }

  private func renewed(_ session: Session, at now: Timestamp) async -> Authentication {
    guard session.isRenewalDue(at: now) else {
      return .authenticated(session.identity, nil)
    }
    let handle = session.handle
    if let pause = session.renewalPausedUntil, now < pause {
      return afterPostponing(session, "asked a moment ago", at: now)
    }
    let renewal = await store.renewing(handle) { [self] in await renew(handle, at: now) }
    switch renewal {
    case .renewed(let fresh): return .authenticated(fresh.identity, nil)
    case .over(let error):
      return .refused(.session("revoked", error.description, session))
    case .postponed(let error):
      store.postpone(handle, until: now.advanced(bySeconds: SessionChecker.renewalPause))
      return afterPostponing(session, error.description, at: now)
    }
  }

  /// After a failed renewal nobody asks for the same session again for so many seconds.
  static let renewalPause = 5.0

  /// The provider's word still counts until its end, and not a moment longer.
  private func afterPostponing(
    _ session: Session, _ detail: String, at now: Timestamp
  ) -> Authentication {
    guard now >= session.expiresAt else { return .authenticated(session.identity, nil) }
    return .refused(.session("provider_unreachable", detail, session))
  }

  private func renew(_ handle: String, at now: Timestamp) async -> SessionRenewal {
    guard let session = store.session(handle), let token = session.refreshToken else {
      return .over(.refused("session", status: 0, code: "ended"))
    }
    // Whoever waited for the lock may find it done.
    guard session.isRenewalDue(at: now) else { return .renewed(session) }
    do throws(OIDCError) {
      let tokens = try await provider.refresh(token)
      do throws(OIDCError) {
        return await kept(
          handle, try await provider.renewed(tokens, of: session, at: now), at: now)
      } catch {
        // The old refresh token may be worth nothing any more.
        if !error.endsLogin { _ = try? await store.keep(handle, refreshToken: tokens.refreshToken) }
        throw error
      }
    } catch {
      guard error.endsLogin else { return .postponed(error) }
      await end(session, error)
      return .over(error)
    }
  }

  /// If it cannot be written it counts in memory, and the browser logs in again after a crash.
  private func kept(_ handle: String, _ grant: OIDCGrant, at now: Timestamp) async -> SessionRenewal
  {
    let kept = try? await store.renew(handle, with: grant, at: now)
    guard let session = kept ?? store.session(handle) else {
      return .over(.refused("session", status: 0, code: "ended"))
    }
    return .renewed(session)
  }

  private func end(_ session: Session, _ error: OIDCError) async {
    _ = try? await store.close(session.handle)
    try? await records.control(
      .logout, id: session.handle, principal: session.identity.principal,
      subject: "session/\(session.handle)", reason: "renewal: \(error)")
  }
}

extension CredentialRefusal {
  static func session(
    _ reason: String, _ detail: String? = nil, _ session: Session? = nil
  ) -> CredentialRefusal {
    var refusal = CredentialRefusal(reason, detail, credential: .session)
    refusal.credentialID = session?.handle
    refusal.principal = session?.identity.principal
    return refusal
  }
}

/// Whether a request that changes something comes from a page of our own (a CSRF check by Fetch
/// Metadata, W3C, and by `Origin`, RFC 6454 section 7).
///
/// A browser says so in `Sec-Fetch-Site`, and older ones in `Origin`; what says neither is refused.
/// SameSite=Lax on the cookie is the first line, this the second.
package enum SameOrigin {
  /// What is wrong; nil for requests that only read, and for those of our own pages.
  package static func fault(_ request: HTTPRequest, origins: [String]) -> String? {
    if [.get, .head, .options].contains(request.method) { return nil }
    let sites = request.headers.values("Sec-Fetch-Site")
    let stated = request.headers.values("Origin")
    guard sites.count <= 1, stated.count <= 1 else { return "several origins" }
    if let site = sites.first, site != "same-origin" {
      return "sec-fetch-site \(ForeignText.quoted(site))"
    }
    if let origin = stated.first, !origins.contains(origin) {
      return "origin \(ForeignText.quoted(origin))"
    }
    return sites.isEmpty && stated.isEmpty ? "neither origin nor sec-fetch-site" : nil
  }
}
