import Glibc

extension Span<UInt8> {
  /// Offset of the first `byte` in `range`; memchr, at many bytes a cycle where a loop takes one.
  func firstOffset(of byte: UInt8, in range: Range<Int>) -> Int? {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range \(range) of \(count)")
    // SAFETY: the range lies within the span, so memchr looks at bytes of the span only.
    return unsafe withUnsafeBytes { raw in
      guard let base = raw.baseAddress,
        let found = unsafe memchr(base + range.lowerBound, Int32(byte), range.count)
      else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
  }
}
