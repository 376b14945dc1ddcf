import CCrypto

/// AES-256 in Galois/Counter Mode (NIST SP 800-38D): secrets at rest that cannot be read or changed.
///
/// Sealed form: the nonce (12 bytes), the ciphertext, the tag (16 bytes). Nonces are the caller's,
/// random and new each time: up to 2^32 messages under one key.
package struct AuthenticatedCipher: Sendable {
  package static let keyByteCount = 32
  package static let nonceByteCount = 12
  private static let tagByteCount = 16
  /// Bytes of the longest message: lengths are 32-bit numbers to libcrypto.
  package static let byteCountMax = 1 << 24

  private let key: [UInt8]

  /// Nil unless there are 32 bytes.
  package init?(key: [UInt8]) {
    guard key.count == AuthenticatedCipher.keyByteCount else { return nil }
    self.key = key
  }

  /// Nil when the nonce has another length, the message is too long, or memory is short.
  ///
  /// - Parameter purpose: must be the same to open it: what is sealed for one use is none for another.
  package func seal(_ message: [UInt8], nonce: [UInt8], purpose: StaticString) -> [UInt8]? {
    guard nonce.count == AuthenticatedCipher.nonceByteCount,
      let context = unsafe context(nonce, purpose, sealing: true)
    else { return nil }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    guard let body = unsafe AuthenticatedCipher.update(context, message) else { return nil }
    var tag = [UInt8](repeating: 0, count: AuthenticatedCipher.tagByteCount)
    var none = [UInt8](repeating: 0, count: AuthenticatedCipher.tagByteCount)
    var count: Int32 = 0
    // SAFETY: GCM writes nothing at the end, and 16 bytes of tag, the length of the array.
    let isDone = unsafe EVP_CipherFinal_ex(context, &none, &count) == 1
    let hasTag = unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag) == 1
    return isDone && hasTag ? nonce + body + tag : nil
  }

  /// The message; nil for anything that was not sealed under this key for this purpose.
  package func open(_ sealed: [UInt8], purpose: StaticString) -> [UInt8]? {
    let overhead = AuthenticatedCipher.nonceByteCount + AuthenticatedCipher.tagByteCount
    guard sealed.count >= overhead else { return nil }
    let nonce = Array(sealed.prefix(AuthenticatedCipher.nonceByteCount))
    var tag = Array(sealed.suffix(AuthenticatedCipher.tagByteCount))
    guard let context = unsafe context(nonce, purpose, sealing: false) else { return nil }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    let body = Array(sealed.dropFirst(nonce.count).dropLast(tag.count))
    guard let message = unsafe AuthenticatedCipher.update(context, body) else { return nil }
    var none = [UInt8](repeating: 0, count: AuthenticatedCipher.tagByteCount)
    var count: Int32 = 0
    // SAFETY: the tag's 16 bytes are read; GCM writes nothing at the end.
    let hasTag = unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, &tag) == 1
    guard hasTag, unsafe EVP_CipherFinal_ex(context, &none, &count) == 1 else { return nil }
    return message
  }

  /// A context that has taken in key, nonce and purpose; the caller frees it.
  private func context(
    _ nonce: [UInt8], _ purpose: StaticString, sealing: Bool
  ) -> OpaquePointer? {
    guard let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
    // SAFETY: key and nonce have the lengths that AES-256-GCM reads, by the checks of the callers.
    let isReady = unsafe EVP_CipherInit_ex(
      context, EVP_aes_256_gcm(), nil, key, nonce, sealing ? 1 : 0)
    var count: Int32 = 0
    let length = Int32(purpose.utf8CodeUnitCount)
    // SAFETY: a static string's bytes live for the whole program; a nil output marks them as
    // authenticated only.
    guard isReady == 1,
      unsafe EVP_CipherUpdate(context, nil, &count, purpose.utf8Start, length) == 1
    else {
      unsafe EVP_CIPHER_CTX_free(context)
      return nil
    }
    return unsafe context
  }

  private static func update(_ context: OpaquePointer, _ input: [UInt8]) -> [UInt8]? {
    guard input.count <= byteCountMax else { return nil }
    guard !input.isEmpty else { return [] }
    var output = [UInt8](repeating: 0, count: input.count)
    var count: Int32 = 0
    // SAFETY: GCM writes as many bytes as it reads: the length of both arrays.
    guard unsafe EVP_CipherUpdate(context, &output, &count, input, Int32(input.count)) == 1,
      count == input.count
    else { return nil }
    return output
  }
}
