/// The last clean value under each listed key: most come again.
struct ValueMemory: Sendable {
  /// Longest value remembered, with its closing quote.
  private static let byteCountMax = 64

  private var bytes: [UInt8]
  private var counts: [UInt8]
  private var forms: [LineSlot.Form]

  init(count: Int) {
    bytes = [UInt8](repeating: 0, count: count * ValueMemory.byteCountMax)
    counts = [UInt8](repeating: 0, count: count)
    forms = [LineSlot.Form](repeating: .text, count: count)
  }

  /// The same value as the last under this key, when it stands there again.
  func repeated(_ key: Int, _ text: Span<UInt8>, at start: Int) -> LineSlot? {
    let count = Int(counts[key])
    let first = key * ValueMemory.byteCountMax
    guard count > 0, text.holds(bytes.span.extracting(first..<first + count), at: start) else {
      return nil
    }
    return LineSlot(forms[key], start, start + count - 1)
  }

  /// Remembers a value whose closing quote stands behind it in the text.
  mutating func remember(_ key: Int, _ slot: LineSlot, _ text: Span<UInt8>) {
    let count = slot.range.count + 1
    guard count <= ValueMemory.byteCountMax else { return }
    counts[key] = UInt8(count)
    forms[key] = slot.form
    let source = text.extracting(slot.range.lowerBound..<slot.range.upperBound + 1)
    bytes.overwrite(at: key * ValueMemory.byteCountMax, with: source)
  }
}

extension Span<UInt8> {
  /// Whether the other's bytes stand at `offset`.
  @inline(__always)
  func holds(_ other: Span<UInt8>, at offset: Int) -> Bool {
    count - offset >= other.count
      && extracting(offset..<offset + other.count).equals(other)
  }
}
