/// Work that the journal's owner does beside serving its hands, a turn at a time.
package protocol JournalDuty {
  /// Does what there is to do now; whether there is more.
  func takeTurn() throws -> Bool
  /// The owner ends: the last words.
  func finish() throws
}

extension JournalFollow: JournalDuty {
  package func takeTurn() throws -> Bool { try turn() == .more }
}

/// A duty and when it last had a turn.
final class OwnedDuty {
  private let duty: any JournalDuty
  private var turnedAt = Timestamp.earliest

  init(_ duty: any JournalDuty) { self.duty = duty }

  func turn(at now: Timestamp, pauseSeconds: Double) throws -> Bool {
    // A clock that is set back gives a turn at once rather than none for long.
    let elapsed = now.seconds(since: turnedAt)
    guard elapsed < 0 || elapsed >= pauseSeconds else { return false }
    turnedAt = now
    return try duty.takeTurn()
  }

  func finish() throws { try duty.finish() }
}
