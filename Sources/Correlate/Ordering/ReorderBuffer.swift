internal import Ingest

/// Records that were read and not yet applied, taken out in event order.
///
/// The heap holds keys only; records stay where they were put until they are taken.
struct ReorderBuffer: Sendable, Codable {
  private struct Key: Comparable, Sendable {
    let order: EventOrder
    let slot: Int

    static func < (left: Key, right: Key) -> Bool { left.order < right.order }
    static func == (left: Key, right: Key) -> Bool { left.order == right.order }
  }

  private var keys = Heap<Key>()
  private var slots: [IndexedRecord?] = []
  private var freeSlots: [Int] = []

  init() {}

  var count: Int { keys.count }
  /// Event time of the record that comes next.
  var firstTimestamp: Timestamp? { keys.first?.order.timestamp }

  mutating func insert(_ record: IndexedRecord) {
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
      slots[slot] = record
    } else {
      slot = slots.count
      slots.append(record)
    }
    keys.push(Key(order: EventOrder(record), slot: slot))
  }

  mutating func popFirst() -> IndexedRecord? {
    guard let key = keys.pop() else { return nil }
    let record = slots[key.slot]
    slots[key.slot] = nil
    freeSlots.append(key.slot)
    return record
  }
}

extension ReorderBuffer {
  /// The records in the order in which they will be applied: where they were put is no state.
  func encode(to encoder: any Encoder) throws {
    var values = encoder.unkeyedContainer()
    var rest = self
    while let record = rest.popFirst() { try values.encode(record) }
  }

  init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    while !values.isAtEnd { insert(try values.decode(IndexedRecord.self)) }
  }
}
