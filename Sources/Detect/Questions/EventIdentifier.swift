internal import Ingest

/// The id of a request or a run, whole: two ids are equal only when their texts are.
///
/// A UUID as everyone writes it (RFC 9562, in small letters) is its 128 bits. Any other text is its
/// number in a table of texts. No hash takes the place of an id, so nothing can be joined by chance.
struct EventIdentifier: Sendable, Hashable {
  let high: UInt64
  let low: UInt64

  /// Of a text that is no UUID.
  init(number: Int32) {
    high = 0
    low = UInt64(UInt32(bitPattern: number))
  }

  /// Nil when the text is not 36 bytes of a UUID in small letters.
  init?(uuid text: Span<UInt8>) {
    guard text.count == 36, text[8] == EventIdentifier.hyphen, text[13] == EventIdentifier.hyphen,
      text[18] == EventIdentifier.hyphen, text[23] == EventIdentifier.hyphen
    else { return nil }
    let middle = text.word(at: 9) & 0xFFFF_FFFF | text.word(at: 14) << 32
    let next = text.word(at: 19) & 0xFFFF_FFFF | text.word(at: 24) << 32
    guard let first = EventIdentifier.packed(text.word(at: 0)),
      let second = EventIdentifier.packed(middle), let third = EventIdentifier.packed(next),
      let fourth = EventIdentifier.packed(text.word(at: 28))
    else { return nil }
    high = first << 32 | second
    low = third << 32 | fourth
  }

  private static let hyphen = UInt8(ascii: "-")

  /// Eight hexadecimal digits, the first one lowest, as 32 bits; nil when one is none.
  private static func packed(_ digits: UInt64) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs = ones << 7
    // The high bit of each byte: whether it is from "0", above "9", from "a", above "f".
    let fromZero = digits &+ ones &* 0x50
    let aboveNine = digits &+ ones &* 0x46
    let fromA = digits &+ ones &* 0x1F
    let aboveF = digits &+ ones &* 0x19
    let isDigit = fromZero & ~aboveNine | fromA & ~aboveF
    guard digits & highs == 0, isDigit & highs == highs else { return nil }
    var nibbles = (digits & (ones &* 0x0F)) &+ ((digits >> 6) & ones) &* 9
    nibbles = (nibbles | nibbles >> 4) & 0x00FF_00FF_00FF_00FF
    nibbles = (nibbles | nibbles >> 8) & 0x0000_FFFF_0000_FFFF
    return (nibbles | nibbles >> 16) & 0xFFFF_FFFF
  }

  /// The UUID that it is.
  var uuidText: [UInt8] {
    var text: [UInt8] = []
    for word in [high >> 32, high, low >> 32, low] {
      // Of each byte the lower half is the first digit.
      for byte in 0..<4 as Range<UInt64> {
        text.append(EventIdentifier.digit(word >> (byte * 8) & 15))
        text.append(EventIdentifier.digit(word >> (byte * 8 + 4) & 15))
      }
    }
    for place in [20, 16, 12, 8] { text.insert(EventIdentifier.hyphen, at: place) }
    return text
  }

  private static func digit(_ value: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: value < 10 ? value + 0x30 : value + 0x57)
  }
}
