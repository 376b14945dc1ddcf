/// The keyed digests of an entry that is made from a line, two at a time where the processor can.
///
/// The same values as `JournalSecret` and `LineIdentity` give.
struct LineDigests: ~Copyable {
  /// HMAC's two chaining values after the key (RFC 2104); nil on a processor without instructions.
  private let keyed: (inner: HashState, outer: HashState)?
  private var code: HMACSHA256
  private var hash = SHA256()
  private let secret: [UInt8]
  private var keyBuffer: [UInt8] = []

  /// - Parameter usesInstructions: false to work as on a processor without them.
  init(secret: [UInt8], usesInstructions: Bool = true) {
    self.secret = secret
    code = HMACSHA256(key: secret.span)
    keyed =
      usesInstructions && HashInstructions.areAvailable && secret.count <= 64
      ? (LineDigests.state(secret, 0x36), LineDigests.state(secret, 0x5C)) : nil
  }

  private static func state(_ key: [UInt8], _ pad: UInt8) -> HashState {
    let block = key.map { $0 ^ pad } + [UInt8](repeating: pad, count: 64 - key.count)
    return HashState.initial.after(block.span)
  }

  /// HMAC-SHA-256 of the bytes, and their plain SHA-256.
  mutating func codeAndHash(_ bytes: Span<UInt8>) -> (code: Digest, hash: Digest) {
    guard let keyed else {
      hash.update(bytes)
      return (code.code(bytes), hash.finish())
    }
    let none = [UInt8]()
    let (inner, plain) = HashInstructions.digests(
      HashedMessage(bytes, lead: none.span, state: keyed.inner),
      HashedMessage(bytes, lead: none.span))
    return (LineDigests.outer(inner, keyed.outer), plain)
  }

  /// HMAC-SHA-256 of the bytes, and the key index's key of (source, id).
  mutating func codeAndKey(
    _ bytes: Span<UInt8>, source: Span<UInt8>, id: Span<UInt8>
  ) -> (code: Digest, key: KeyHash) {
    let text = keyText(source, id)
    guard let keyed else {
      hash.update(text.span)
      return (code.code(bytes), KeyHash(hash.finish()))
    }
    let none = [UInt8]()
    let (inner, key) = HashInstructions.digests(
      HashedMessage(bytes, lead: none.span, state: keyed.inner),
      HashedMessage(text.span, lead: none.span))
    return (LineDigests.outer(inner, keyed.outer), KeyHash(key))
  }

  /// The key index's key alone.
  mutating func key(source: Span<UInt8>, id: Span<UInt8>) -> KeyHash {
    let text = keyText(source, id)
    guard keyed != nil else {
      hash.update(text.span)
      return KeyHash(hash.finish())
    }
    let none = [UInt8]()
    return KeyHash(HashInstructions.digest(HashedMessage(text.span, lead: none.span)))
  }

  /// What `JournalSecret.keyHash` hashes. The caller lets go of it before the next one is made.
  private mutating func keyText(_ source: Span<UInt8>, _ id: Span<UInt8>) -> [UInt8] {
    keyBuffer.removeAll(keepingCapacity: true)
    keyBuffer.append(contentsOf: secret)
    keyBuffer.appendLittleEndian(UInt64(source.count))
    keyBuffer.append(copying: source)
    keyBuffer.append(copying: id)
    return keyBuffer
  }

  private static func outer(_ inner: Digest, _ state: HashState) -> Digest {
    let none = [UInt8]()
    return inner.withSpan { bytes in
      HashInstructions.digest(HashedMessage(bytes, lead: none.span, state: state))
    }
  }
}

extension Digest {
  /// Appends 64 lower-case hexadecimal digits.
  func appendHex(to bytes: inout [UInt8]) {
    bytes.append(addingCapacity: 2 * Digest.byteCount) { output in
      for index in 0..<Digest.byteCount {
        output.append(Digest.digit(self[index] >> 4))
        output.append(Digest.digit(self[index] & 15))
      }
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ (value &- 10)
  }
}
