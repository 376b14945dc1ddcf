/// Remembers a byte for each of the texts last seen: exact, of fixed size, never wrong.
///
/// A text has two slots, side by side, and drives the older text out. Texts that collide, by chance or
/// by somebody's design, are worked out anew each time and nothing else happens.
/// Memory: 80 bytes a slot.
package struct TextCache: Sendable {
  /// Longer texts are not remembered.
  package static let textByteCountMax = 64

  private struct Slot {
    var hash: UInt64 = 0
    var byteCount: UInt8 = .max
    var value: UInt8 = 0

    var isFilled: Bool { byteCount <= TextCache.textByteCountMax }
  }

  private var slots: [Slot]
  private var texts: [UInt8]

  /// - Parameter slotCount: a power of two, 2 or more.
  package init(slotCount: Int) {
    precondition(slotCount > 1 && slotCount & (slotCount - 1) == 0, "\(slotCount) slots")
    slots = [Slot](repeating: Slot(), count: slotCount)
    texts = [UInt8](repeating: 0, count: slotCount * TextCache.textByteCountMax)
  }

  /// What was inserted for the text; nil when it is not, or no longer, there.
  ///
  /// - Parameter hash: the text's `tableHash`.
  package func value(of text: Span<UInt8>, hash: UInt64) -> UInt8? {
    let number = firstSlot(hash)
    return value(of: text, hash, in: number) ?? value(of: text, hash, in: number + 1)
  }

  /// Texts of more than `textByteCountMax` bytes are passed over.
  package mutating func insert(_ text: Span<UInt8>, hash: UInt64, _ value: UInt8) {
    guard text.count <= TextCache.textByteCountMax else { return }
    let number = firstSlot(hash)
    let start = number * TextCache.textByteCountMax
    if slots[number].isFilled {
      for offset in 0..<Int(slots[number].byteCount) {
        texts[start + TextCache.textByteCountMax + offset] = texts[start + offset]
      }
    }
    for index in text.indices { texts[start + index] = text[index] }
    slots[number + 1] = slots[number]
    slots[number] = Slot(hash: hash, byteCount: UInt8(text.count), value: value)
  }

  private func firstSlot(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash) & (slots.count - 2)
  }

  private func value(of text: Span<UInt8>, _ hash: UInt64, in number: Int) -> UInt8? {
    let slot = slots[number]
    guard slot.isFilled, slot.hash == hash, Int(slot.byteCount) == text.count else { return nil }
    let start = number * TextCache.textByteCountMax
    let known = texts.span.extracting(start..<start + text.count)
    return known.equals(text) ? slot.value : nil
  }
}
