import CCrypto

// The one file over libcrypto (OpenSSL 3.0 and later, EVP interface only). A libcrypto without
// SHA-256 or HMAC, or without memory for a context, leaves nothing to go on with: those are
// preconditions, so that hashing itself needs no error path.

/// SHA-256 (FIPS 180-4) over one reused context.
///
/// Measured here with `JournalMeasurement`: 300-byte inputs at about 4 million a second.
@safe package struct SHA256: ~Copyable {
  private let algorithm: OpaquePointer
  private let context: OpaquePointer

  package init() {
    // SAFETY: libcrypto owns both objects until deinit frees them; nil is refused here.
    guard let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil),
      let context = unsafe EVP_MD_CTX_new()
    else { preconditionFailure("libcrypto has no SHA-256") }
    unsafe self.algorithm = algorithm
    unsafe self.context = context
    reset()
  }

  deinit {
    // SAFETY: both were made in init, are freed once, and nobody else holds them.
    unsafe EVP_MD_CTX_free(context)
    unsafe EVP_MD_free(algorithm)
  }

  /// Forgets what was taken in.
  package mutating func reset() {
    // SAFETY: the context is alive as long as self.
    let done = unsafe EVP_DigestInit_ex2(context, algorithm, nil)
    precondition(done == 1, "EVP_DigestInit_ex2 answered \(done)")
  }

  /// Takes in the next piece of the message.
  package mutating func update(_ bytes: Span<UInt8>) {
    // SAFETY: the pointer is valid for the closure and for exactly `count` bytes.
    let done = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
    }
    precondition(done == 1, "EVP_DigestUpdate answered \(done)")
  }

  /// Takes in the 32 bytes of a digest.
  package mutating func update(_ digest: Digest) {
    // SAFETY: the pointer is valid for the closure and for the 32 bytes of `words`.
    let done = unsafe withUnsafeBytes(of: digest.words) { raw in
      unsafe EVP_DigestUpdate(context, raw.baseAddress, raw.count)
    }
    precondition(done == 1, "EVP_DigestUpdate answered \(done)")
  }

  /// The digest of everything since the last reset, and a reset.
  package mutating func finish() -> Digest {
    var words = SIMD4<UInt64>.zero
    // SAFETY: SHA-256 writes 32 bytes, the size of `words`.
    let done = unsafe withUnsafeMutableBytes(of: &words) { raw in
      unsafe EVP_DigestFinal_ex(
        context, raw.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
    }
    precondition(done == 1, "EVP_DigestFinal_ex answered \(done)")
    reset()
    return Digest(words: words)
  }

  /// The digest so far; more may be taken in afterwards.
  package func current() -> Digest {
    var copy = SHA256()
    // SAFETY: both contexts are alive; the copy is independent of this one.
    let done = unsafe EVP_MD_CTX_copy_ex(copy.context, context)
    precondition(done == 1, "EVP_MD_CTX_copy_ex answered \(done)")
    return copy.finish()
  }

  /// The digest of one whole message with a context of its own; in a loop, keep a `SHA256`.
  package static func digest(_ bytes: Span<UInt8>) -> Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }
}

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1) under one key, over one reused context.
@safe package struct HMACSHA256: ~Copyable {
  private let context: OpaquePointer

  /// Precondition: a key of 1 byte or more.
  package init(key: Span<UInt8>) {
    precondition(key.count > 0, "an HMAC key of no bytes")
    // SAFETY: the context keeps its own reference to the algorithm, so ours is given back.
    guard let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil),
      let context = unsafe EVP_MAC_CTX_new(algorithm)
    else { preconditionFailure("libcrypto has no HMAC") }
    unsafe EVP_MAC_free(algorithm)
    unsafe self.context = context
    unsafe HMACSHA256.setKey(key, context)
  }

  deinit {
    // SAFETY: made in init, freed once; nobody else holds it.
    unsafe EVP_MAC_CTX_free(context)
  }

  private static func setKey(_ key: Span<UInt8>, _ context: OpaquePointer) {
    var name = Array("SHA256".utf8CString)
    // SAFETY: name and key outlive the call, which copies both; the list ends with its end mark.
    let done = unsafe name.withUnsafeMutableBufferPointer { name in
      let parameters = unsafe [
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0),
        OSSL_PARAM_construct_end(),
      ]
      return unsafe key.withUnsafeBufferPointer { key in
        unsafe EVP_MAC_init(context, key.baseAddress, key.count, parameters)
      }
    }
    precondition(done == 1, "EVP_MAC_init answered \(done)")
  }

  /// Takes in the next piece of the message.
  package mutating func update(_ bytes: Span<UInt8>) {
    // SAFETY: the pointer is valid for the closure and for exactly `count` bytes.
    let done = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe EVP_MAC_update(context, buffer.baseAddress, buffer.count)
    }
    precondition(done == 1, "EVP_MAC_update answered \(done)")
  }

  /// The code of everything taken in since the last one; the key stays.
  package mutating func finish() -> Digest {
    var words = SIMD4<UInt64>.zero
    // SAFETY: HMAC-SHA-256 writes 32 bytes, the size of `words`; a nil key keeps the key.
    let done = unsafe withUnsafeMutableBytes(of: &words) { raw in
      unsafe EVP_MAC_final(
        context, raw.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, raw.count)
    }
    let ready = unsafe EVP_MAC_init(context, nil, 0, nil)
    precondition(done == 1 && ready == 1, "EVP_MAC answered \(done) and \(ready)")
    return Digest(words: words)
  }

  /// The code of one whole message.
  package mutating func code(_ bytes: Span<UInt8>) -> Digest {
    update(bytes)
    return finish()
  }
}

/// An Ed25519 private key (RFC 8032): its 32-byte seed. The same message gives the same signature.
///
/// libcrypto's objects are made for each signature and freed after it, so that the key is a plain
/// value. Never printed: its description is the public key's.
package struct Ed25519SigningKey: Sendable {
  package static let seedByteCount = 32

  package let publicKey: Ed25519PublicKey
  /// The 32 bytes to keep in a file of mode 0600.
  package let seed: [UInt8]

  /// Nil unless the seed has 32 bytes.
  package init?(seed: [UInt8]) {
    guard seed.count == Ed25519SigningKey.seedByteCount,
      let publicKey = Ed25519SigningKey.derive(seed)
    else { return nil }
    self.seed = seed
    self.publicKey = publicKey
  }

  private static func derive(_ seed: [UInt8]) -> Ed25519PublicKey? {
    var bytes = [UInt8](repeating: 0, count: Ed25519PublicKey.byteCount)
    var count = bytes.count
    guard let key = unsafe privateKey(seed.span) else { return nil }
    defer { unsafe EVP_PKEY_free(key) }
    // SAFETY: at most `count` bytes are written, the length of the array.
    let done = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      unsafe EVP_PKEY_get_raw_public_key(key, buffer.baseAddress, &count)
    }
    return done == 1 ? Ed25519PublicKey(bytes) : nil
  }

  /// Nil when libcrypto has no Ed25519 or no memory. The caller frees it.
  private static func privateKey(_ seed: Span<UInt8>) -> OpaquePointer? {
    // SAFETY: the pointer is valid for the closure and for exactly `count` bytes, which are copied.
    unsafe seed.withUnsafeBufferPointer { buffer in
      unsafe EVP_PKEY_new_raw_private_key_ex(
        nil, "ED25519", nil, buffer.baseAddress, buffer.count)
    }
  }

  /// The 64 bytes of a signature.
  package func signature(on message: Span<UInt8>) -> [UInt8] {
    guard let key = unsafe Ed25519SigningKey.privateKey(seed.span) else {
      preconditionFailure("libcrypto has no Ed25519")
    }
    defer { unsafe EVP_PKEY_free(key) }
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory") }
    defer { unsafe EVP_MD_CTX_free(context) }
    var result = [UInt8](repeating: 0, count: Ed25519PublicKey.signatureByteCount)
    var count = result.count
    // SAFETY: at most `count` bytes are written, the length of the array; the message's pointer is
    // valid for its count.
    let done = unsafe result.withUnsafeMutableBufferPointer { out in
      unsafe message.withUnsafeBufferPointer { message in
        unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1
          && EVP_DigestSign(context, out.baseAddress, &count, message.baseAddress, message.count)
            == 1
      }
    }
    precondition(done && count == result.count, "EVP_DigestSign wrote \(count) bytes")
    return result
  }
}

extension Ed25519SigningKey: CustomStringConvertible, CustomReflectable {
  package var description: String { "signing key of \(Hexadecimal.text(publicKey.bytes))" }

  package var customMirror: Mirror { Mirror(self, children: [("publicKey", publicKey)]) }
}

/// An Ed25519 public key as RFC 8032 encodes it.
package struct Ed25519PublicKey: Hashable, Sendable {
  package static let byteCount = 32
  package static let signatureByteCount = 64

  /// 32 bytes.
  package let bytes: [UInt8]

  /// Nil unless there are 32 bytes. Bytes that are no point of the curve verify nothing.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Ed25519PublicKey.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Whether `signature` is one of this key on `message`; false for any other length than 64.
  package func verifies(_ signature: [UInt8], on message: Span<UInt8>) -> Bool {
    guard signature.count == Ed25519PublicKey.signatureByteCount else { return false }
    // SAFETY: the pointer is valid for the closure and for exactly `count` bytes, which are copied.
    let key = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe EVP_PKEY_new_raw_public_key_ex(
        nil, "ED25519", nil, buffer.baseAddress, buffer.count)
    }
    guard let key = unsafe key else { return false }
    defer { unsafe EVP_PKEY_free(key) }
    guard let context = unsafe EVP_MD_CTX_new() else { return false }
    defer { unsafe EVP_MD_CTX_free(context) }
    // SAFETY: both pointers are valid for the closure and for their counts; nothing is written.
    return unsafe signature.withUnsafeBufferPointer { signature in
      unsafe message.withUnsafeBufferPointer { message in
        unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
          && EVP_DigestVerify(
            context, signature.baseAddress, signature.count, message.baseAddress, message.count)
            == 1
      }
    }
  }
}

/// Bytes fit for secrets, from libcrypto's generator (seeded by the operating system).
package enum SecureRandom {
  /// Nil when the generator could not be seeded: then no secret may be made.
  package static func bytes(count: Int) -> [UInt8]? {
    var result = [UInt8](repeating: 0, count: count)
    // SAFETY: the generator writes exactly `count` bytes, the length of the array.
    let done = unsafe result.withUnsafeMutableBufferPointer { buffer in
      unsafe RAND_bytes(buffer.baseAddress, Int32(buffer.count))
    }
    return done == 1 ? result : nil
  }
}
