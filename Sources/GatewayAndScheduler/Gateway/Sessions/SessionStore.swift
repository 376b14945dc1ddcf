internal import Dispatch
import Ingest
import Synchronization

/// Every session of this process, found by the keyed hash of its cookie, and kept over a restart.
///
/// Looking one up takes a lock and no I/O. Whoever asked for a change goes on once it is
/// durable, or knows that it is not; changes of one session reach the archive in the order in which they were made. Uses are kept in
/// memory only, until a cookie is replaced: after a crash the idle limit may count from up to
/// `SessionLimits.rotationSeconds` too early.
package final class SessionStore: Sendable {
  package let limits: SessionLimits
  let key: SessionKey
  let surroundings: Surroundings
  private let archive: any SessionArchive
  private let writer = DispatchQueue(label: "session-writer")
  private let state: Mutex<State>

  private struct State {
    var sessions: [String: Session] = [:]
    var handles: [Digest: String] = [:]
    var renewals: [String: Task<SessionRenewal, Never>] = [:]

    mutating func put(_ session: Session) {
      for digest in sessions[session.handle]?.digests ?? [] { handles[digest] = nil }
      sessions[session.handle] = session
      for digest in session.digests { handles[digest] = session.handle }
    }

    mutating func remove(_ handle: String) -> Session? {
      let session = sessions.removeValue(forKey: handle)
      for digest in session?.digests ?? [] { handles[digest] = nil }
      return session
    }
  }

  /// Loads what is kept; files that do not open under the key are left out and removed. Blocks.
  package init(
    key: SessionKey, archive: any SessionArchive, limits: SessionLimits = SessionLimits(),
    surroundings: Surroundings
  ) throws {
    self.key = key
    self.archive = archive
    self.limits = limits
    self.surroundings = surroundings
    let now = surroundings.now()
    var state = State()
    for (name, bytes) in try archive.load() {
      let session = key.cipher.open(bytes, purpose: "session").flatMap { Session(json: $0) }
      if let session, session.handle == name, session.end(at: now, limits) == nil,
        state.sessions.count < limits.countMax
      {
        state.put(session)
      } else {
        try archive.remove(name)
      }
    }
    self.state = Mutex(state)
  }

  /// Sessions that are there now, ended ones that nobody has asked for since included.
  package var count: Int { state.withLock { $0.sessions.count } }

  // MARK: Looking up

  /// What a cookie leads to.
  enum Lookup: Equatable {
    case unknown
    /// Replaced by a newer one, and its grace is over.
    case rotatedAway(Session)
    /// It has reached a limit.
    case ended(Session, String)
    /// Good; whether a pending cookie became the current one by this.
    case found(Session, isPromoted: Bool)
  }

  /// Finds a session, and notes that it is used.
  func lookUp(_ cookie: String, at now: Timestamp) -> Lookup {
    guard let digest = SessionCookie.digest(cookie, key: key.hashKey) else { return .unknown }
    return state.withLock { state in
      guard let handle = state.handles[digest], var session = state.sessions[handle] else {
        return .unknown
      }
      if let reason = session.end(at: now, limits) { return .ended(session, reason) }
      let presentation = session.present(digest, at: now, grace: limits.graceSeconds)
      guard presentation != .rotatedAway else { return .rotatedAway(session) }
      session.usedAt = max(session.usedAt, now)
      state.put(session)
      return .found(session, isPromoted: presentation == .promoted)
    }
  }

  func session(_ handle: String) -> Session? { state.withLock { $0.sessions[handle] } }

  // MARK: Changing

  /// Starts a session; nil when there are too many. Returns the session and its cookie's value.
  func open(
    _ grant: OIDCGrant, at now: Timestamp
  ) async throws -> (session: Session, cookie: String)? {
    let (name, digest) = try newName()
    guard let random = surroundings.randomBytes(16) else { throw OIDCError.noRandomness }
    let handle = Hexadecimal.text(random)
    var identity = grant.identity
    identity.credential = .session
    identity.credentialID = handle
    let session = Session(
      handle: handle, identity: identity, createdAt: now, usedAt: now,
      expiresAt: grant.expiresAt, renewsAt: limits.renewal(of: grant, at: now),
      refreshToken: grant.tokens.refreshToken,
      idToken: grant.tokens.idToken, subject: grant.subject, statedAt: now,
      current: Session.Mark(digest: digest, at: now))
    await removeEnded(at: now)
    do {
      let isOpen = try await change { state in
        guard state.sessions.count < limits.countMax else { return (false, nil) }
        state.put(session)
        return (true, session)
      }
      return isOpen ? (session, name) : nil
    } catch {
      // Nobody has its cookie.
      _ = state.withLock { $0.remove(handle) }
      throw error
    }
  }

  /// A new cookie for a session whose current one is old; nil when that is not due.
  func rotate(_ handle: String, at now: Timestamp) async throws -> String? {
    guard let known = session(handle), known.isRotationDue(at: now, limits) else { return nil }
    let (name, digest) = try newName()
    let isIssued = try await change { state in
      guard var session = state.sessions[handle], session.isRotationDue(at: now, limits) else {
        return (false, nil)
      }
      session.issue(digest, at: now)
      state.put(session)
      return (true, session)
    }
    return isIssued ? name : nil
  }

  /// Keeps a renewed login; false when the session has gone meanwhile.
  func renew(
    _ handle: String, with grant: OIDCGrant, at now: Timestamp
  ) async throws -> Session? {
    try await change { state in
      guard var session = state.sessions[handle] else { return (nil, nil) }
      session.identity.groups = grant.identity.groups
      session.identity.email = grant.identity.email
      session.identity.zone = grant.identity.zone
      session.refreshToken = grant.tokens.refreshToken ?? session.refreshToken
      session.idToken = grant.tokens.idToken ?? session.idToken
      session.subject = grant.subject ?? session.subject
      session.isSilent = !grant.isStated
      if grant.isStated { session.statedAt = now }
      session.expiresAt = grant.expiresAt
      session.renewsAt = limits.renewal(of: grant, at: now)
      session.renewalPausedUntil = nil
      state.put(session)
      return (session, session)
    }
  }

  /// Notes that the provider cannot be asked before `instant`.
  func postpone(_ handle: String, until instant: Timestamp) {
    state.withLock { $0.sessions[handle]?.renewalPausedUntil = instant }
  }

  /// Keeps a session as it is in memory.
  ///
  /// - Parameter refreshToken: in place of the one that is known.
  func keep(_ handle: String, refreshToken: String? = nil) async throws {
    try await change { state in
      if let refreshToken { state.sessions[handle]?.refreshToken = refreshToken }
      return ((), state.sessions[handle])
    }
  }

  /// Ends a session: it counts no more once this is called, unless it throws. Then its file is still
  /// there, a restart would bring it back, and so it is there as before.
  @discardableResult
  func close(_ handle: String) async throws -> Session? {
    guard let session = state.withLock({ $0.remove(handle) }) else { return nil }
    do {
      try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
        writer.async { [archive] in
          done.resume(with: Result { try archive.remove(handle) })
        }
      }
    } catch {
      state.withLock { $0.put(session) }
      throw error
    }
    return session
  }

  /// Runs one renewal of a session at a time: who comes meanwhile gets the same result.
  func renewing(
    _ handle: String, _ renewal: @escaping @Sendable () async -> SessionRenewal
  ) async -> SessionRenewal {
    let task = state.withLock { state in
      if let running = state.renewals[handle] { return running }
      // Its own task: a client that goes away must not cost the provider's new refresh token.
      let task = Task { [self] in
        let result = await renewal()
        self.state.withLock { $0.renewals[handle] = nil }
        return result
      }
      state.renewals[handle] = task
      return task
    }
    return await task.value
  }

  private func removeEnded(at now: Timestamp) async {
    let ended = state.withLock { state in
      state.sessions.count < limits.countMax
        ? [] : state.sessions.values.filter { $0.end(at: now, limits) != nil }.map(\.handle)
    }
    for handle in ended { _ = try? await close(handle) }
  }

  private func newName() throws(OIDCError) -> (String, Digest) {
    guard let bytes = surroundings.randomBytes(SessionCookie.byteCount) else { throw .noRandomness }
    let name = Base64URL.text(bytes)
    guard let digest = SessionCookie.digest(name, key: key.hashKey) else { throw .noRandomness }
    return (name, digest)
  }

  /// Makes a change under the lock and awaits that what it hands out is durable.
  private func change<Value: Sendable>(
    _ body: (inout State) -> (Value, Session?)
  ) async throws -> Value {
    guard let nonce = surroundings.randomBytes(AuthenticatedCipher.nonceByteCount) else {
      throw OIDCError.noRandomness
    }
    return try await withCheckedThrowingContinuation {
      (done: CheckedContinuation<Value, any Error>) in
      state.withLock { state in
        let (value, session) = body(&state)
        guard let session else { return done.resume(returning: value) }
        // Queued under the lock: the archive sees changes in the order in which they were made.
        writer.async { [archive, key] in
          done.resume(
            with: Result {
              guard let sealed = key.cipher.seal(session.json, nonce: nonce, purpose: "session")
              else { throw OIDCError.noRandomness }
              try archive.save(session.handle, sealed)
              return value
            })
        }
      }
    }
  }
}

/// What came of renewing a session with the provider.
enum SessionRenewal: Sendable {
  case renewed(Session)
  /// The provider cannot be asked now.
  case postponed(OIDCError)
  /// The provider wants a new login, or the answer was about somebody else.
  case over(OIDCError)
}
