import CCrypto

/// A public key that checks signatures, made from the numbers of a JWK (RFC 7518 section 6).
///
/// The numbers are put into a SubjectPublicKeyInfo, which libcrypto decodes and checks: points that
/// are not on their curve are refused. One key serves any number of threads.
package final class SignatureKey: Sendable {
  /// RSA moduli taken, in bits: below, they can be factored; above, a check costs too much.
  package static let rsaBitCounts = 2048...8192

  package let kind: SignatureKeyKind
  /// SHA-256 of the SubjectPublicKeyInfo: what the key is, whatever its id.
  package let thumbprint: Digest
  /// Address of the EVP_PKEY, freed in deinit. libcrypto counts references to it atomically and
  /// verifying does not change it.
  private let address: UInt

  /// Nil unless the modulus is within `rsaBitCounts` and the exponent odd, from 3, of at most 8 bytes.
  package convenience init?(rsaModulus modulus: [UInt8], exponent: [UInt8]) {
    let digits = modulus.drop { $0 == 0 }
    let power = exponent.drop { $0 == 0 }
    guard let top = digits.first, digits.count <= SignatureKey.rsaBitCounts.upperBound / 8,
      let last = power.last, last & 1 == 1, power.count <= 8, power.count > 1 || last > 1
    else { return nil }
    let bitCount = digits.count * 8 - top.leadingZeroBitCount
    guard SignatureKey.rsaBitCounts.contains(bitCount) else { return nil }
    let numbers = DistinguishedEncoding.sequence(
      DistinguishedEncoding.integer(digits), DistinguishedEncoding.integer(power))
    self.init(.rsa(bitCount: bitCount), SignatureKey.rsaIdentifier, numbers)
  }

  /// A point of P-256 or P-384. Nil unless both coordinates have the curve's length and lie on it.
  package convenience init?(_ kind: SignatureKeyKind, x: [UInt8], y: [UInt8]) {
    let (identifier, byteCount): ([UInt8], Int)
    switch kind {
    case .p256: (identifier, byteCount) = (SignatureKey.p256Identifier, 32)
    case .p384: (identifier, byteCount) = (SignatureKey.p384Identifier, 48)
    case .rsa, .ed25519: return nil
    }
    guard x.count == byteCount, y.count == byteCount else { return nil }
    self.init(kind, identifier, [0x04] + x + y)
  }

  /// Nil unless there are 32 bytes.
  package convenience init?(ed25519 bytes: [UInt8]) {
    guard bytes.count == Ed25519PublicKey.byteCount else { return nil }
    self.init(.ed25519, SignatureKey.ed25519Identifier, bytes)
  }

  private init?(_ kind: SignatureKeyKind, _ identifier: [UInt8], _ bits: [UInt8]) {
    let information = DistinguishedEncoding.sequence(
      DistinguishedEncoding.sequence(identifier), DistinguishedEncoding.bitString(bits))
    address = SignatureKey.decode(information)
    guard address != 0 else { return nil }
    self.kind = kind
    thumbprint = SHA256.digest(information.span)
  }

  deinit {
    // SAFETY: made in init, freed once; nobody else holds it.
    unsafe EVP_PKEY_free(OpaquePointer(bitPattern: address))
  }

  // AlgorithmIdentifiers: RFC 8017 appendix A.1 (with its NULL), RFC 5480 section 2.1.1, RFC 8410.
  private static let rsaIdentifier: [UInt8] = [
    0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
  ]
  private static let p256Identifier: [UInt8] =
    [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    + [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
  private static let p384Identifier: [UInt8] =
    [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    + [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22]
  private static let ed25519Identifier: [UInt8] = [0x06, 0x03, 0x2B, 0x65, 0x70]

  /// 0 when libcrypto takes it for no key.
  private static func decode(_ information: [UInt8]) -> UInt {
    // SAFETY: the decoder reads at most `count` bytes and copies what it keeps.
    unsafe information.withUnsafeBufferPointer { buffer in
      var next = buffer.baseAddress
      return UInt(bitPattern: unsafe d2i_PUBKEY(nil, &next, buffer.count))
    }
  }

  /// Whether `signature`, in the form of a JWS, is one of this key on `message`.
  ///
  /// False for an algorithm that does not fit the key, and for a signature of another length.
  package func verifies(
    _ signature: [UInt8], on message: Span<UInt8>, by algorithm: SignatureAlgorithm
  ) -> Bool {
    guard algorithm.fits(kind) else { return false }
    guard let byteCount = algorithm.coordinateByteCount else {
      return check(signature, message, algorithm)
    }
    // A JWS holds r and s side by side, libcrypto wants them as a DER sequence.
    guard signature.count == 2 * byteCount else { return false }
    let encoded = DistinguishedEncoding.sequence(
      DistinguishedEncoding.integer(signature[..<byteCount]),
      DistinguishedEncoding.integer(signature[byteCount...]))
    return check(encoded, message, algorithm)
  }

  private func check(
    _ signature: [UInt8], _ message: Span<UInt8>, _ algorithm: SignatureAlgorithm
  ) -> Bool {
    guard let context = unsafe EVP_MD_CTX_new() else { return false }
    defer { unsafe EVP_MD_CTX_free(context) }
    guard unsafe prepare(context, algorithm) else { return false }
    // SAFETY: both pointers are valid for the closure and for their counts; nothing is written.
    return unsafe signature.withUnsafeBufferPointer { signature in
      unsafe message.withUnsafeBufferPointer { message in
        unsafe EVP_DigestVerify(
          context, signature.baseAddress, signature.count, message.baseAddress, message.count) == 1
      }
    }
  }

  /// Sets digest and padding; for PSS the salt is as long as the digest (RFC 7518 section 3.5).
  private func prepare(_ context: OpaquePointer, _ algorithm: SignatureAlgorithm) -> Bool {
    var settings: OpaquePointer?
    let key = unsafe OpaquePointer(bitPattern: address)
    // SAFETY: the context is the caller's and the key lives as long as self; `settings` belongs to the
    // context. A nil name means that the algorithm has a digest of its own.
    let isReady =
      if let name = algorithm.digestName {
        unsafe EVP_DigestVerifyInit_ex(context, &settings, name, nil, nil, key, nil) == 1
      } else {
        unsafe EVP_DigestVerifyInit_ex(context, &settings, nil, nil, nil, key, nil) == 1
      }
    guard isReady, algorithm.isPSS else { return isReady }
    return unsafe EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1
      && EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) == 1
  }
}
