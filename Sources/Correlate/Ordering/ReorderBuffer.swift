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

  /// Records that came in event order, the next at `first`: as nearly all do.
  private var queue: [IndexedRecord] = []
  private var first = 0
  /// Order of the last in the queue.
  private var last: EventOrder?
  /// Those that came out of it.
  private var keys = Heap<Key>()
  private var slots: [IndexedRecord?] = []
  private var freeSlots: [Int] = []

  init() {}

  var count: Int { queue.count - first + keys.count }

  /// Event time of the record that comes next.
  var firstTimestamp: Timestamp? {
    let queued = first < queue.count ? queue[first].record.header.timestamp : nil
    guard let other = keys.first?.order.timestamp else { return queued }
    return queued.map { min($0, other) } ?? other
  }

  mutating func insert(_ record: IndexedRecord) {
    let order = EventOrder(record)
    if first == queue.count || last.map({ $0 < order }) ?? true {
      last = order
      return queue.append(record)
    }
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
      slots[slot] = record
    } else {
      slot = slots.count
      slots.append(record)
    }
    keys.push(Key(order: order, slot: slot))
  }

  mutating func popFirst() -> IndexedRecord? {
    guard let key = keys.first else { return popQueue() }
    if first < queue.count, EventOrder(queue[first]) < key.order { return popQueue() }
    _ = keys.pop()
    let record = slots[key.slot]
    slots[key.slot] = nil
    freeSlots.append(key.slot)
    return record
  }

  private mutating func popQueue() -> IndexedRecord? {
    guard first < queue.count else { return nil }
    let record = queue[first]
    first += 1
    // Moving the rest costs less than what was taken since it was moved last.
    if first == queue.count || first >= 1024 && 2 * first >= queue.count {
      queue.removeFirst(first)
      first = 0
    }
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
