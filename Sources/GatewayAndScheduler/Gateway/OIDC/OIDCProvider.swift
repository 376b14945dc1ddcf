package import Ingest

/// One provider as this process knows it: its document and its keys, fetched when needed.
///
/// Whoever needs what is being fetched waits for the same fetch. Keys are fetched again after
/// `keyAgeMax`, and when a token names one that is not there; such fetches come out of a bucket of
/// `refreshBurst` that fills by one in `refreshSeconds`, so that tokens with made-up key names cost
/// the provider nothing. While the provider is away, keys that are there count for `keyAgeLimit`.
package actor OIDCProvider {
  package static let keyAgeMax = 600.0
  package static let keyAgeLimit = 86_400.0
  package static let refreshBurst = 3.0
  package static let refreshSeconds = 10.0
  /// After a failed fetch nobody asks again for so many seconds.
  package static let failurePause = 2.0

  package nonisolated let settings: OIDCSettings
  nonisolated let transport: any OIDCTransport
  nonisolated let surroundings: Surroundings
  nonisolated let clientSecret: @Sendable () async throws -> String
  nonisolated let replacementSecret: @Sendable (_ refused: String) async -> String?
  private let onKeysChanged: @Sendable (_ old: JSONWebKeySet, _ new: JSONWebKeySet) async -> Void

  private struct Held<Value: Sendable> {
    var value: Value
    var fetchedAt: Timestamp
  }

  private var document: Held<OIDCMetadata>?
  private var documentFetch: Task<Result<OIDCMetadata, OIDCError>, Never>?
  private var keySet: Held<JSONWebKeySet>?
  private var keySetFetch: Task<Result<JSONWebKeySet, OIDCError>, Never>?
  private var lastFailure: (error: OIDCError, at: Timestamp)?
  private var refreshAllowance = OIDCProvider.refreshBurst
  private var refreshCountedAt: Timestamp?

  /// - Parameters:
  ///   - clientSecret: read for each request that needs it, so that a rotated one counts at once.
  ///   - replacementSecret: asked once for a better one when the provider refuses the secret.
  ///   - onKeysChanged: told when the provider's keys are others than before.
  package init(
    _ settings: OIDCSettings, transport: any OIDCTransport, surroundings: Surroundings,
    clientSecret: @escaping @Sendable () async throws -> String,
    replacementSecret: @escaping @Sendable (_ refused: String) async -> String? = { _ in nil },
    onKeysChanged: @escaping @Sendable (JSONWebKeySet, JSONWebKeySet) async -> Void = { _, _ in }
  ) {
    self.settings = settings
    self.transport = transport
    self.surroundings = surroundings
    self.clientSecret = clientSecret
    self.replacementSecret = replacementSecret
    self.onKeysChanged = onKeysChanged
  }

  // MARK: Tokens

  /// Checks signature and claims; throws why the token does not count.
  package nonisolated func verify(
    _ token: JSONWebToken, _ rules: JWTRules, at now: Timestamp
  ) async throws(CredentialRefusal) {
    // Before any fetch: a token that is not for us makes no request.
    try rules.check(token.claims, at: now)
    let known = try await keySet(at: now)
    switch known.check(token) {
    case .good: return
    case .bad(let refusal): throw refusal
    case .unknownKey: break
    }
    guard let fresh = try await keySet(otherThan: known, at: now) else {
      throw .token("unknown_key", OIDCProvider.keyName(token))
    }
    switch fresh.check(token) {
    case .good: return
    case .bad(let refusal): throw refusal
    case .unknownKey: throw .token("unknown_key", OIDCProvider.keyName(token))
    }
  }

  private nonisolated static func keyName(_ token: JSONWebToken) -> String {
    token.keyID.map { "kid \(ForeignText.quoted($0))" }
      ?? "no kid, and no key that fits verifies it"
  }

  // MARK: Document

  /// The provider's document, at most an hour old while the provider answers.
  package func metadata() async throws(OIDCError) -> OIDCMetadata {
    let now = surroundings.now()
    if let document, now.seconds(since: document.fetchedAt) < 3600 { return document.value }
    if let pause = failure(at: now) {
      if let document { return document.value }
      throw pause
    }
    if let fetch = documentFetch { return try await fetch.value.get() }
    let fetch = Task { [settings, transport] in
      await OIDCProvider.fetchDocument(settings, transport)
    }
    documentFetch = fetch
    let result = await fetch.value
    documentFetch = nil
    switch result {
    case .success(let value):
      document = Held(value: value, fetchedAt: now)
      return value
    case .failure(let error):
      lastFailure = (error, now)
      if let document { return document.value }
      throw error
    }
  }

  private static func fetchDocument(
    _ settings: OIDCSettings, _ transport: any OIDCTransport
  ) async -> Result<OIDCMetadata, OIDCError> {
    do throws(OIDCError) {
      let address = OIDCMetadata.address(issuer: settings.issuer)
      let body = try await transport.document(address, "discovery", settings)
      return .success(try OIDCMetadata(json: body, issuer: settings.issuer))
    } catch {
      return .failure(error)
    }
  }

  // MARK: Keys

  private func keySet(at now: Timestamp) async throws(CredentialRefusal) -> JSONWebKeySet {
    if let keySet, now.seconds(since: keySet.fetchedAt) < OIDCProvider.keyAgeMax {
      return keySet.value
    }
    let known = keySet.flatMap {
      now.seconds(since: $0.fetchedAt) < OIDCProvider.keyAgeLimit ? $0.value : nil
    }
    if let known, let lastFailure, now.seconds(since: lastFailure.at) < OIDCProvider.keyAgeMax {
      // The provider is away: nobody waits for it while there are keys that count.
      if keySetFetch == nil, failure(at: now) == nil { Task { try? await fetchKeys(at: now) } }
      return known
    }
    do {
      return try await fetchKeys(at: now)
    } catch {
      guard let known else { throw error.refusal }
      return known
    }
  }

  /// Keys newer than those that a caller has tried; nil when there are none to be had now.
  private func keySet(
    otherThan tried: JSONWebKeySet, at now: Timestamp
  ) async throws(CredentialRefusal) -> JSONWebKeySet? {
    if let keySet, keySet.value.fingerprint != tried.fingerprint { return keySet.value }
    guard keySetFetch != nil || takeAllowance(at: now) else { return nil }
    do {
      return try await fetchKeys(at: now)
    } catch {
      throw error.refusal
    }
  }

  private func takeAllowance(at now: Timestamp) -> Bool {
    if let counted = refreshCountedAt {
      let gained = max(0, now.seconds(since: counted)) / OIDCProvider.refreshSeconds
      refreshAllowance = min(OIDCProvider.refreshBurst, refreshAllowance + gained)
    }
    refreshCountedAt = now
    guard refreshAllowance >= 1 else { return false }
    refreshAllowance -= 1
    return true
  }

  private func failure(at now: Timestamp) -> OIDCError? {
    guard let lastFailure else { return nil }
    let age = now.seconds(since: lastFailure.at)
    return (0..<OIDCProvider.failurePause).contains(age) ? lastFailure.error : nil
  }

  private func fetchKeys(at now: Timestamp) async throws(OIDCError) -> JSONWebKeySet {
    if let fetch = keySetFetch { return try await fetch.value.get() }
    if let pause = failure(at: now) { throw pause }
    let fetch = Task { await self.readKeys() }
    keySetFetch = fetch
    let result = await fetch.value
    keySetFetch = nil
    switch result {
    case .success(let fresh):
      let before = keySet?.value
      keySet = Held(value: fresh, fetchedAt: now)
      lastFailure = nil
      if let before, before.fingerprint != fresh.fingerprint { await onKeysChanged(before, fresh) }
      return fresh
    case .failure(let error):
      lastFailure = (error, now)
      throw error
    }
  }

  private func readKeys() async -> Result<JSONWebKeySet, OIDCError> {
    do throws(OIDCError) {
      let address = try await metadata().keySetEndpoint
      let body = try await transport.document(address, "keys", settings)
      do { return .success(try JSONWebKeySet(json: body)) } catch {
        throw OIDCError.malformed("keys", error.detail ?? "")
      }
    } catch {
      return .failure(error)
    }
  }
}

extension OIDCTransport {
  /// The body of a 200 to a GET.
  func document(
    _ address: String, _ what: String, _ settings: OIDCSettings,
    authorization: String? = nil
  ) async throws(OIDCError) -> [UInt8] {
    var headers: HTTPHeaders = ["Accept": "application/json"]
    if let authorization { headers.append("Authorization", authorization) }
    let request = HTTPClientRequest(
      .get, address, headers: headers, timeout: settings.timeout,
      responseByteCountMax: OIDCMetadata.byteCountMax, authorityFile: settings.authorityFile)
    let response = try await exchange(request, what)
    guard response.status == .ok else {
      throw .refused(what, status: response.status.code, code: "")
    }
    return response.body
  }

  /// Any answer but a server's own failure.
  func exchange(
    _ request: HTTPClientRequest, _ what: String
  ) async throws(OIDCError) -> HTTPClientResponse {
    let response: HTTPClientResponse
    do { response = try await send(request) } catch {
      throw .unreachable(what, error.description)
    }
    guard response.status.code < 500 else {
      throw .unreachable(what, "status \(response.status.code)")
    }
    return response
  }
}
