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
