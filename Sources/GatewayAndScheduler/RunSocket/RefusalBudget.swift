internal import Ingest

/// How many refusals of one kind are recorded: so many in each window, the others are counted, so that
/// whoever is refused cannot fill the journal.
struct RefusalBudget: Sendable {
  /// Records in one window.
  let countMax: Int
  let windowSeconds: Double

  private var windowStart: Timestamp?
  private var count = 0
  private var unrecorded = 0

  init(countMax: Int = 30, windowSeconds: Double = 60) {
    precondition(countMax > 0 && windowSeconds > 0, "\(countMax) in \(windowSeconds) s")
    self.countMax = countMax
    self.windowSeconds = windowSeconds
  }

  /// Takes one refusal: nil when it is only counted, else how many were only counted since the last
  /// record. A clock that was set back begins a new window.
  mutating func take(at now: Timestamp) -> Int? {
    let age = windowStart.map { now.seconds(since: $0) }
    if age.map({ $0 < 0 || $0 >= windowSeconds }) ?? true {
      windowStart = now
      count = 0
    }
    guard count < countMax else {
      unrecorded += 1
      return nil
    }
    count += 1
    defer { unrecorded = 0 }
    return unrecorded
  }

  /// Counts a refusal that was taken and could not be recorded, with those that its record would have
  /// told of.
  mutating func giveBack(_ told: Int) { unrecorded += told + 1 }
}
