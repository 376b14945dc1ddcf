internal import Ingest

/// When an open activity wants to be looked at again.
struct Deadline: Comparable, Sendable, Codable {
  let at: Timestamp
  /// Order of birth of the activity: two deadlines of one instant fire in this order.
  let serial: Int
  let slot: Int

  static func < (left: Deadline, right: Deadline) -> Bool {
    left.at == right.at ? left.serial < right.serial : left.at < right.at
  }
}

/// Deadlines in event time. A deadline that moved stays in the queue and is skipped when it comes
/// up, so the length is at most the activities open plus the moves that have not come up yet.
typealias DeadlineQueue = Heap<Deadline>
