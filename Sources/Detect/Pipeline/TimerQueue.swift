package import Ingest

/// Instants with a payload, earliest first; ties in the order of insertion. A binary heap.
package struct TimerQueue<Payload: Sendable & Codable>: Sendable, Codable {
  private struct Entry: Codable {
    let at: Timestamp
    let order: Int
    let payload: Payload
  }

  private var heap: [Entry] = []
  private var inserted = 0

  package init() {}

  /// Timers in the queue, those of what is over included.
  package var count: Int { heap.count }
  /// The earliest instant; nil when none is left.
  package var next: Timestamp? { heap.first?.at }

  /// Cost: O(log n).
  package mutating func insert(_ payload: Payload, at instant: Timestamp) {
    heap.append(Entry(at: instant, order: inserted, payload: payload))
    inserted += 1
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard isBefore(child, parent) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Timers of what is over that may gather beside twice those that are awaited.
  package static var slack: Int { 1024 }

  /// Drops what nobody waits for any more, when it outweighs what somebody does: `liveCount` entries
  /// and those that `isLive` keeps. The order of those is as before. Cost: O(1) amortised.
  package mutating func sweep(liveCount: Int, _ isLive: (Payload) -> Bool) {
    guard heap.count > 2 * liveCount + TimerQueue.slack else { return }
    // A sorted array is a heap.
    heap = heap.filter { isLive($0.payload) }.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
  }

  /// Removes the earliest. Cost: O(log n).
  package mutating func removeFirst() -> (at: Timestamp, payload: Payload)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.at, first.payload)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < heap.count else { return }
      let right = left + 1
      let least = right < heap.count && isBefore(right, left) ? right : left
      guard isBefore(least, parent) else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    (heap[left].at, heap[left].order) < (heap[right].at, heap[right].order)
  }
}
