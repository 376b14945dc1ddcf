import Ingest

/// A login under way. The browser holds it, sealed, in a cookie of its own for each attempt: nothing is
/// kept here that strangers could fill up, a restart loses none, and the answer can only come back to
/// the browser that asked.
struct LoginAttempt: Sendable, Equatable {
  /// Seconds to log in within.
  static let lifetimeSeconds = 600.0
  private static let randomByteCount = 32

  /// Comes back with the code (RFC 6749 section 10.12).
  let state: String
  /// Stands in the ID token (OpenID Connect Core 1.0 section 3.1.2.1).
  let nonce: String
  /// Proves that who redeems the code is who asked for it (RFC 7636).
  let verifier: String
  /// Where the browser wanted to go.
  let target: String
  let expiresAt: Timestamp

  /// Nil when there is no randomness.
  init?(to target: LocalTarget?, at now: Timestamp, surroundings: Surroundings) {
    func text() -> String? {
      surroundings.randomBytes(LoginAttempt.randomByteCount).map { Base64URL.text($0) }
    }
    guard let state = text(), let nonce = text(), let verifier = text() else { return nil }
    self.state = state
    self.nonce = nonce
    self.verifier = verifier
    self.target = target?.text ?? "/"
    expiresAt = now.advanced(bySeconds: LoginAttempt.lifetimeSeconds)
  }

  /// What the provider gets of the verifier: S256, never `plain`.
  var challenge: String {
    let text = Array(verifier.utf8)
    return Base64URL.text(SHA256.digest(text.span).bytes)
  }

  /// The cookie of the attempt with this state; each has its own, so that two tabs do not disturb each
  /// other.
  static func cookieName(state: String) -> String {
    let text = Array(state.utf8)
    return "__Host-vigil-login-" + SHA256.digest(text.span).hex.prefix(16)
  }

  func sealed(_ key: SessionKey, nonce: [UInt8]) -> String? {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("state", state)
    writer.field("nonce", self.nonce)
    writer.field("verifier", verifier)
    writer.field("target", target)
    writer.field("expires", Int(expiresAt.microseconds))
    writer.endObject()
    return key.cipher.seal(writer.bytes, nonce: nonce, purpose: "login").map { Base64URL.text($0) }
  }

  /// Nil for what was not sealed here, or is over.
  init?(_ cookie: String, _ key: SessionKey, at now: Timestamp) {
    guard cookie.utf8.count <= 8192, let sealed = Base64URL.bytes(cookie.utf8),
      let json = key.cipher.open(sealed, purpose: "login"), let fields = try? JSONFields(json),
      let state = fields.text("state"), let nonce = fields.text("nonce"),
      let verifier = fields.text("verifier"), let target = fields.text("target"),
      let expires = fields.instant("expires").flatMap({ Int64(exactly: $0) }),
      let expiresAt = Timestamp(microseconds: expires), now < expiresAt
    else { return nil }
    self.state = state
    self.nonce = nonce
    self.verifier = verifier
    self.target = target
    self.expiresAt = expiresAt
  }
}
