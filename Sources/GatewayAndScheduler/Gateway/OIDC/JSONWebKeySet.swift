package import Ingest

/// One public key of a provider.
package struct JSONWebKey: Sendable {
  package let keyID: String?
  /// The one algorithm that it is for, where it says so.
  package let algorithm: SignatureAlgorithm?
  package let key: SignatureKey

  package init(keyID: String?, algorithm: SignatureAlgorithm?, key: SignatureKey) {
    self.keyID = keyID
    self.algorithm = algorithm
    self.key = key
  }

  /// Whether the key may be used to check such a signature at all.
  package func fits(_ algorithm: SignatureAlgorithm) -> Bool {
    algorithm.fits(key.kind) && (self.algorithm.map { $0 == algorithm } ?? true)
  }

  /// Nil for a key of another kind or use, too weak, or damaged.
  init?(_ fields: JSONFields) {
    if let use = fields.text("use"), use != "sig" { return nil }
    if let operations = fields.texts("key_ops"), !operations.contains("verify") { return nil }
    if fields.has("alg") {
      guard let algorithm = fields.text("alg").flatMap(SignatureAlgorithm.init(rawValue:)) else {
        return nil
      }
      self.algorithm = algorithm
    } else {
      algorithm = nil
    }
    keyID = fields.text("kid")
    func number(_ name: String) -> [UInt8]? {
      fields.text(name).flatMap { Base64URL.bytes($0.utf8) }
    }
    let key: SignatureKey?
    switch (fields.text("kty"), fields.text("crv")) {
    case ("RSA", _):
      guard let modulus = number("n"), let exponent = number("e") else { return nil }
      key = SignatureKey(rsaModulus: modulus, exponent: exponent)
    case ("EC", let curve?) where curve == "P-256" || curve == "P-384":
      guard let x = number("x"), let y = number("y") else { return nil }
      key = SignatureKey(curve == "P-256" ? .p256 : .p384, x: x, y: y)
    case ("OKP", "Ed25519"):
      key = number("x").flatMap { SignatureKey(ed25519: $0) }
    default: return nil
    }
    guard let key else { return nil }
    self.key = key
  }
}

/// A provider's signing keys (RFC 7517 section 5); keys that nothing here could use are left out.
package struct JSONWebKeySet: Sendable {
  /// Most keys kept, in the order of the set.
  package static let keyCountMax = 64
  /// Bytes of the longest set read.
  package static let byteCountMax = 256 << 10

  package let keys: [JSONWebKey]
  /// Names the set by what its keys are: SHA-256 over their thumbprints and ids, sorted; hex.
  package let fingerprint: String

  package init(keys: [JSONWebKey]) {
    self.keys = keys
    let names = keys.map { "\($0.key.thumbprint.hex) \($0.keyID ?? "")" }.sorted()
    let text = Array(names.joined(separator: "\n").utf8)
    fingerprint = SHA256.digest(text.span).hex
  }

  /// Reads a set. Throws `malformed` for anything but an object with a list `keys`.
  package init(json: [UInt8]) throws(CredentialRefusal) {
    guard json.count <= JSONWebKeySet.byteCountMax else {
      throw .token("malformed", "key set of \(json.count) bytes")
    }
    let fields = try JSONFields(json)
    guard fields.has("keys") else { throw .token("malformed", "key set without keys") }
    let keys = fields.objects("keys").lazy.compactMap(JSONWebKey.init)
    self.init(keys: Array(keys.prefix(JSONWebKeySet.keyCountMax)))
  }

  /// What checking a signature against the set came to.
  package enum Verdict: Sendable, Equatable {
    case good
    /// The token's key is not in the set: a newer set may have it.
    case unknownKey
    case bad(CredentialRefusal)
  }

  /// Most keys tried for a token that names none.
  package static let trialCountMax = 8

  /// Checks a token's signature. A key that the token names decides alone; for a token without a name
  /// every fitting key is tried.
  package func check(_ token: JSONWebToken) -> Verdict {
    let named = token.keyID.map { keyID in keys.filter { $0.keyID == keyID } } ?? keys
    guard !named.isEmpty else { return .unknownKey }
    let fitting = named.filter { $0.fits(token.algorithm) }.prefix(JSONWebKeySet.trialCountMax)
    guard !fitting.isEmpty else {
      guard token.keyID != nil else { return .unknownKey }
      return .bad(.token("algorithm_refused", "the key is not for \(token.algorithm.rawValue)"))
    }
    let isGood = fitting.contains { candidate in
      candidate.key.verifies(
        token.signature, on: token.signingInput.span, by: token.algorithm)
    }
    if isGood { return .good }
    // Without a name it may be one of a key that is not here yet.
    return token.keyID == nil
      ? .unknownKey : .bad(.token("bad_signature", "alg \(token.algorithm.rawValue)"))
  }
}
