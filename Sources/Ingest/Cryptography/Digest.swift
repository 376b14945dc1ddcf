/// A SHA-256 value: 32 bytes held inline, so that trees and tables of them allocate nothing.
package struct Digest: Hashable, Sendable {
  package static let byteCount = 32

  /// The bytes in memory order: byte `i` is bits `8 * (i % 8)` and up of word `i / 8`.
  package let words: SIMD4<UInt64>

  init(words: SIMD4<UInt64>) { self.words = words }

  package static let zero = Digest(words: .zero)

  /// Nil unless the span holds exactly 32 bytes.
  package init?(_ bytes: Span<UInt8>) {
    guard bytes.count == Digest.byteCount else { return nil }
    self.init(bytes, at: 0)
  }

  /// The 32 bytes from `offset`. Precondition: they are there.
  init(_ bytes: Span<UInt8>, at offset: Int) {
    precondition(
      offset >= 0 && offset <= bytes.count - Digest.byteCount, "byte \(offset) of \(bytes.count)")
    // SAFETY: 32 bytes are there from `offset` on, by the check above.
    let words = unsafe bytes.withUnsafeBytes { raw in
      unsafe raw.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
    }
    self.words = SIMD4(
      UInt64(littleEndian: words[0]), UInt64(littleEndian: words[1]),
      UInt64(littleEndian: words[2]), UInt64(littleEndian: words[3]))
  }

  /// Nil unless `hex` is 64 hexadecimal digits of either case.
  package init?(hex: String) {
    let digits = Array(hex.utf8)
    guard digits.count == 2 * Digest.byteCount else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Digest.byteCount)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = JSONEscape.hexDigit(digits[index]),
        let low = JSONEscape.hexDigit(digits[index + 1])
      else { return nil }
      bytes.append(high << 4 | low)
    }
    self.init(bytes.span)
  }

  /// Byte `index`, 0 to 31.
  package subscript(index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: words[index >> 3] >> UInt64(8 * (index & 7)))
  }

  /// The 32 bytes.
  package var bytes: [UInt8] {
    var result: [UInt8] = []
    append(to: &result)
    return result
  }

  /// 64 lower-case hexadecimal digits.
  package var hex: String { Hexadecimal.text(bytes) }

  /// Appends the 32 bytes.
  package func append(to bytes: inout [UInt8]) {
    let words = SIMD4(
      self.words[0].littleEndian, self.words[1].littleEndian, self.words[2].littleEndian,
      self.words[3].littleEndian)
    // SAFETY: the buffer is the 32 bytes of a local value, alive for the closure.
    unsafe withUnsafeBytes(of: words) { unsafe bytes.append(contentsOf: $0) }
  }
}

/// Lower-case hexadecimal.
package enum Hexadecimal {
  /// Two digits a byte.
  package static func text(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      result.append(digits[Int(byte >> 4)])
      result.append(digits[Int(byte & 15)])
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static let digits = Array("0123456789abcdef".utf8)
}

extension [UInt8] {
  /// Appends the eight bytes of `value`, the least significant first.
  mutating func appendLittleEndian(_ value: UInt64) {
    // SAFETY: the buffer is the eight bytes of a local value, alive for the closure.
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
  }

  /// Replaces as many bytes from `offset` on. Precondition: they are there.
  mutating func overwrite(at offset: Int, with source: Span<UInt8>) {
    precondition(offset >= 0 && source.count <= count - offset, "\(source.count) at \(offset)")
    // SAFETY: the range lies inside the buffer by the check above; a span is never of this array while
    // it is changed.
    unsafe withUnsafeMutableBytes { bytes in
      unsafe source.withUnsafeBytes { source in
        guard let base = bytes.baseAddress, let start = source.baseAddress else { return }
        unsafe (base + offset).copyMemory(from: start, byteCount: source.count)
      }
    }
  }

  /// The little-endian word at `offset`. Precondition: eight bytes are there.
  func littleEndianWord(at offset: Int) -> UInt64 {
    precondition(offset >= 0 && count - offset >= 8, "a word at \(offset) of \(count)")
    // SAFETY: eight bytes are there, by the check above.
    let word = unsafe withUnsafeBytes {
      unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
    return UInt64(littleEndian: word)
  }
}
