import CPlatform

// SHA-256 through CPlatform/sha256.c: the processor's own instructions, two messages at a time. What
// stands in for it on other processors is `SHA256` and `HMACSHA256`, over libcrypto; the tests hold
// both against each other.

/// A chaining value of SHA-256 (FIPS 180-4 section 6.2) and the bytes that it stands for.
struct HashState: Sendable {
  /// Section 5.3.3.
  static let initial = HashState(
    words: [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
      0x5be0_cd19,
    ])

  private(set) var words: SIMD8<UInt32>
  private(set) var byteCount: UInt64 = 0

  private init(words: SIMD8<UInt32>) { self.words = words }

  /// After one block more. Precondition: 64 bytes, and `HashInstructions.areAvailable`.
  func after(_ block: Span<UInt8>) -> HashState {
    precondition(block.count == 64, "a block of \(block.count) bytes")
    var result = self
    // SAFETY: eight words of 32 bits, and 64 bytes by the check above.
    unsafe withUnsafeMutableBytes(of: &result.words) { words in
      unsafe block.withUnsafeBufferPointer { block in
        unsafe vigil_sha256_blocks(
          words.baseAddress?.assumingMemoryBound(to: UInt32.self), block.baseAddress, 1)
      }
    }
    result.byteCount += 64
    return result
  }
}

/// One message to be hashed to its end: `lead` and `bytes` behind what `state` stands for.
struct HashedMessage: ~Escapable {
  /// Most bytes that `lead` has.
  static let leadByteCountMax = 63

  private let state: HashState
  private let lead: Span<UInt8>
  private let bytes: Span<UInt8>

  /// Precondition: a lead of at most 63 bytes.
  @_lifetime(copy lead, copy bytes)
  init(_ bytes: Span<UInt8>, lead: Span<UInt8>, state: HashState = .initial) {
    precondition(lead.count <= HashedMessage.leadByteCountMax, "a lead of \(lead.count) bytes")
    self.state = state
    self.lead = lead
    self.bytes = bytes
  }

  /// Calls `body` with the message as the C code takes it.
  fileprivate func withMessage(
    _ body: (UnsafeMutablePointer<vigil_sha256_message>) -> Void
  ) {
    // SAFETY: both pointers are valid for the closures, and the counts are theirs; a chaining value
    // is eight words of 32 bits on both sides.
    unsafe lead.withUnsafeBufferPointer { lead in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        var message = unsafe vigil_sha256_message(
          state: unsafeBitCast(state.words, to: HashedMessage.Words.self),
          prior_count: state.byteCount, lead: lead.baseAddress, lead_count: lead.count,
          bytes: bytes.baseAddress, count: bytes.count)
        unsafe body(&message)
      }
    }
  }

  private typealias Words = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)
}

/// Measured here (AMD EPYC with the SHA extensions), a message of 710 bytes: 500 ns through libcrypto,
/// 460 alone, 242 as one of two; of 70 bytes: 135, 95, 57.
enum HashInstructions {
  /// Whether this processor has them. Nothing else of this type may be called where it has not.
  static let areAvailable = vigil_sha256_is_available() != 0

  static func digest(_ message: borrowing HashedMessage) -> Digest {
    var words = SIMD4<UInt64>.zero
    // SAFETY: SHA-256 writes 32 bytes, the size of `words`.
    unsafe message.withMessage { message in
      unsafe withUnsafeMutableBytes(of: &words) { raw in
        unsafe vigil_sha256_end(message, raw.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
    }
    return Digest(words: words)
  }

  static func digests(
    _ first: borrowing HashedMessage, _ second: borrowing HashedMessage
  ) -> (Digest, Digest) {
    var words = (SIMD4<UInt64>.zero, SIMD4<UInt64>.zero)
    // SAFETY: each digest is 32 bytes, the size of one of the two words.
    unsafe first.withMessage { first in
      unsafe second.withMessage { second in
        unsafe withUnsafeMutableBytes(of: &words) { raw in
          let digests = unsafe raw.baseAddress?.assumingMemoryBound(to: UInt8.self)
          unsafe vigil_sha256_end_two(first, digests, second, digests.map { unsafe $0 + 32 })
        }
      }
    }
    return (Digest(words: words.0), Digest(words: words.1))
  }
}

extension Digest {
  /// Calls `body` with the 32 bytes.
  func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    // SAFETY: the span lives for the closure, over the 32 bytes of a value that lives as long.
    unsafe withUnsafeBytes(of: words) { raw in
      unsafe body(Span(_bytes: RawSpan(_unsafeBytes: raw)))
    }
  }

  /// Calls `body` with the 64 bytes of two digests in a row.
  static func withSpan<Result>(
    of left: Digest, _ right: Digest, _ body: (Span<UInt8>) -> Result
  ) -> Result {
    let words = SIMD8<UInt64>(lowHalf: left.words, highHalf: right.words)
    // SAFETY: the span lives for the closure, over the 64 bytes of a value that lives as long.
    return unsafe withUnsafeBytes(of: words) { raw in
      unsafe body(Span(_bytes: RawSpan(_unsafeBytes: raw)))
    }
  }
}
