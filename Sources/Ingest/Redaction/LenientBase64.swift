/// LenientBase64 as credentials use it, read leniently: both alphabets, with or without padding.
enum LenientBase64 {
  /// Shortest run of base64 that is looked into; a token with its prefix is no shorter.
  static let runByteCountMin = 24

  /// The decoded bytes; empty when the text holds a byte of neither alphabet.
  static func decoded(_ text: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var bits: UInt32 = 0
    var bitCount = 0
    for index in text.indices {
      if text[index] == UInt8(ascii: "=") { break }
      guard let digit = digit(text[index]) else { return [] }
      bits = (bits << 6 | UInt32(digit)) & 0xFFFF
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
      }
    }
    return result
  }

  /// By byte; 0 for a byte of neither alphabet.
  private static let digits = (UInt8.min...UInt8.max).map { digit($0) ?? 0 }

  /// 0 to 63; nil for a byte of neither alphabet.
  static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte &- UInt8(ascii: "a") &+ 26
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte &- UInt8(ascii: "A")
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0") &+ 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }

  /// The texts that runs of base64 in `text` decode to, at each of the four places where a group of
  /// four may begin; only those with a stretch of printable ASCII as long as a short secret.
  static func hiddenTexts(in text: Span<UInt8>) -> [[UInt8]] {
    guard text.count >= runByteCountMin else { return [] }
    var result: [[UInt8]] = []
    var start = 0
    while start < text.count {
      let (end, isHexadecimal) = text.base64Run(from: start)
      // Ids and digests are hexadecimal; no base64 of a text is.
      if end - start >= runByteCountMin, !isHexadecimal {
        for shift in 0..<4 {
          let run = text.extracting((start + shift)..<end)
          if hasPrintableStretch(run) { result.append(decoded(run)) }
        }
      }
      start = end + 1
    }
    return result
  }

  /// Whether the decoded bytes have 12 printable ones in a row. Precondition: only base64 digits.
  private static func hasPrintableStretch(_ run: Span<UInt8>) -> Bool {
    let digits = LenientBase64.digits
    var length = 0
    var index = 0
    while index + 3 < run.count {
      var bits: UInt32 = 0
      for offset in 0..<4 { bits = bits << 6 | UInt32(digits[Int(run[index + offset])]) }
      for position: UInt32 in 0..<3 {
        let byte = UInt8(truncatingIfNeeded: bits >> (16 &- position &* 8))
        length = byte >= 0x20 && byte < 0x7F || byte.isASCIISpace ? length + 1 : 0
        if length >= 12 { return true }
      }
      index += 4
    }
    return false
  }
}
