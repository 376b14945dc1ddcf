// The small parts of JSON texts, as questions to the bytes at one place. All but the first three
// take a valid text for granted.

extension Span<UInt8> {
  /// Eight bytes from `offset` on, the first lowest; zeros for those behind the end.
  @inline(__always)
  package func word(at offset: Int) -> UInt64 {
    guard UInt(bitPattern: offset) < UInt(bitPattern: Swift.max(count &- 7, 0)) else {
      return lastWord(at: offset)
    }
    // SAFETY: offset + 8 is at most `count`, by the check above.
    return unsafe withUnsafeBytes {
      unsafe UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
  }

  @inline(never)
  private func lastWord(at offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset <= count, "byte \(offset) of \(count)")
    var word: UInt64 = 0
    for index in (offset..<count).reversed() { word = word << 8 | UInt64(self[index]) }
    return word
  }

  /// Index of the last 0x0A in `start ..< end`; nil without one.
  package func lastNewline(from start: Int, to end: Int) -> Int? {
    var place = end
    while place - start >= 8 {
      // A byte of the difference is zero where there is a newline.
      let word = word(at: place - 8) ^ 0x0A0A_0A0A_0A0A_0A0A
      let found = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
      if found != 0 { break }
      place -= 8
    }
    while place > start, self[place - 1] != 0x0A { place -= 1 }
    return place > start ? place - 1 : nil
  }

  /// Bytes of the literal that stands at `offset` and is the whole value there; nil for none.
  func literalLength(at offset: Int) -> Int? {
    let word = word(at: offset)
    let length: Int
    switch UInt32(truncatingIfNeeded: word) {
    case 0x6575_7274, 0x6C6C_756E: length = 4  // true, null
    case 0x736C_6166: length = 5  // fals
    default: return nil
    }
    if length == 5, word >> 32 & 0xFF != UInt64(UInt8(ascii: "e")) { return nil }
    guard offset + length < count else { return nil }
    switch self[offset + length] {
    case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"): return length
    default: return nil
    }
  }

  /// Whether the byte behind a backslash, at `offset`, makes an escape (RFC 8259 section 7).
  func isEscape(at offset: Int) -> Bool {
    switch self[offset] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return true
    case UInt8(ascii: "u"):
      guard offset + 4 < count else { return false }
      for index in offset + 1...offset + 4 where JSONEscape.hexDigit(self[index]) == nil {
        return false
      }
      return true
    default: return false
    }
  }

  /// Bytes of the character of two to four bytes at `offset`, by the table of well-formed sequences
  /// (Unicode 3.9, D92); nil for anything else.
  func characterLength(at offset: Int) -> Int? {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch self[offset] {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return nil
    }
    guard count - offset >= length, second.contains(self[offset + 1]) else { return nil }
    for index in 2..<Swift.max(length, 2) where self[offset + index] & 0xC0 != 0x80 { return nil }
    return length
  }
}
