internal import Ingest

/// Texts, each once, by number: the first one is 0, and so on.
///
/// The table is hashed with two secret numbers, so that who chooses the texts cannot choose where
/// they fall. Memory: each text once, and 24 bytes.
struct TextTable: Sendable {
  /// Numbers that nobody who writes a log can know.
  struct Secret: Sendable {
    let first: UInt64
    let second: UInt64
  }

  private struct Entry: Sendable {
    let hash: UInt64
    let start: Int
  }

  private let secret: Secret
  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  /// Numbers of entries and 1, 0 for a free slot; twice as many as there are entries, or more.
  private var slots = [UInt32](repeating: 0, count: 64)

  init(_ secret: Secret) { self.secret = secret }

  var count: Int { entries.count }

  /// The text's number, a new one when it is new. Precondition: below 2^31 texts.
  mutating func number(of text: Span<UInt8>) -> Int32 {
    let hash = hash(text)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if entries[number].hash == hash, self.text(number).equals(text) {
        return Int32(truncatingIfNeeded: number)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    precondition(entries.count < Int(Int32.max), "\(entries.count) texts")
    entries.append(Entry(hash: hash, start: bytes.count))
    bytes.append(copying: text)
    slots[slot] = UInt32(truncatingIfNeeded: entries.count)
    if entries.count * 2 > slots.count { grow() }
    return Int32(truncatingIfNeeded: entries.count - 1)
  }

  /// A text by its number.
  @_lifetime(borrow self)
  func text(_ number: Int) -> Span<UInt8> {
    let end = number + 1 < entries.count ? entries[number + 1].start : bytes.count
    return bytes.span.extracting(entries[number].start..<end)
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for (number, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(truncatingIfNeeded: number + 1)
    }
  }

  private func hash(_ text: Span<UInt8>) -> UInt64 {
    var hash = secret.first ^ UInt64(text.count)
    var index = 0
    while index < text.count {
      hash = TextTable.folded(hash ^ text.word(at: index), secret.second)
      index += 8
    }
    return hash
  }

  /// Both halves of the product in one word.
  @inline(__always)
  static func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right | 1)
    return product.high ^ product.low
  }
}
