/// How a token is signed (RFC 7518 section 3.1, RFC 8037 section 3.1).
///
/// `none` and the HMAC family are no cases on purpose: a verifier that knows no shared secret cannot
/// be talked into taking a public key for one.
package enum SignatureAlgorithm: String, Sendable, CaseIterable {
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case es384 = "ES384"
  case edDSA = "EdDSA"

  /// Whether keys of this kind make such signatures: one kind for each algorithm.
  package func fits(_ kind: SignatureKeyKind) -> Bool {
    switch (self, kind) {
    case (.rs256, .rsa), (.rs384, .rsa), (.rs512, .rsa): true
    case (.ps256, .rsa), (.ps384, .rsa), (.ps512, .rsa): true
    case (.es256, .p256), (.es384, .p384), (.edDSA, .ed25519): true
    default: false
    }
  }

  /// OpenSSL's name of the digest; nil where the algorithm has its own.
  var digestName: String? {
    switch self {
    case .rs256, .ps256, .es256: "SHA256"
    case .rs384, .ps384, .es384: "SHA384"
    case .rs512, .ps512: "SHA512"
    case .edDSA: nil
    }
  }

  var isPSS: Bool { self == .ps256 || self == .ps384 || self == .ps512 }

  /// Bytes of each of r and s in a JWS (RFC 7518 section 3.4); nil where there are none.
  var coordinateByteCount: Int? {
    switch self {
    case .es256: 32
    case .es384: 48
    default: nil
    }
  }
}

/// What a public key is of.
package enum SignatureKeyKind: Sendable, Hashable {
  case rsa(bitCount: Int)
  case p256, p384, ed25519
}
