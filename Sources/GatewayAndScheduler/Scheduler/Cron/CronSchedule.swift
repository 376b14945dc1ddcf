package import Ingest

/// When a job runs by itself: a cron expression on the clocks of a zone.
///
/// Where the clocks change: an expression with fixed hours falls once on each local time it names. A
/// time that the clocks jump over falls at the jump (several of them at once count once); a time that
/// they show twice falls at the first. An expression whose hour field begins with `*` speaks of
/// intervals: it falls in every real minute whose local reading matches, so nothing for hours that
/// were jumped over, and again for hours shown twice.
package struct CronSchedule: Hashable, Sendable {
  /// What is done about times at which nobody was there to start the run.
  package enum Missed: String, Sendable, CaseIterable {
    /// Nothing.
    case skip
    /// The latest of them is run.
    case once
    /// All of them are, the newest `missedCountMax`.
    case all
  }

  package let expression: CronExpression
  package let zone: TimeZoneRules
  package let missed: Missed

  /// Missed times that are made up for at most, of one job.
  package static let missedCountMax = 100
  /// Days looked ahead: every leap day lies within.
  package static let dayCountMax = 366 * 8 + 2

  package init(_ expression: CronExpression, in zone: TimeZoneRules, missed: Missed = .skip) {
    self.expression = expression
    self.zone = zone
    self.missed = missed
  }

  /// The first instant after this one; nil where there is none within eight years.
  package func next(after instant: Timestamp) -> Timestamp? {
    expression.isInterval ? nextInterval(after: instant) : nextTime(after: instant)
  }

  /// Instants in `(start, end]`, the newest `countMax` of them, ascending.
  package func occurrences(
    after start: Timestamp, through end: Timestamp, countMax: Int = missedCountMax
  ) -> [Timestamp] {
    var result: [Timestamp] = []
    var cursor = start
    while let next = next(after: cursor), next <= end {
      result.append(next)
      if result.count > countMax { result.removeFirst() }
      cursor = next
    }
    return result
  }

  /// Ascending local times have ascending first instants: the first one behind is the answer.
  private func nextTime(after instant: Timestamp) -> Timestamp? {
    let times = expression.secondsOfDay
    let today = zone.localTime(at: instant).date.daysSinceEpoch
    for day in (today - 1)...(today + CronSchedule.dayCountMax) {
      let date = CivilDate(daysSinceEpoch: day)
      guard expression.matches(date) else { continue }
      for second in times {
        let candidate = zone.instants(on: date, secondOfDay: second).first
        if candidate > instant { return candidate }
      }
    }
    return nil
  }

  /// Real minutes in turn; hours and days that do not match are left in one step, but never past a
  /// change of the clocks.
  private func nextInterval(after instant: Timestamp) -> Timestamp? {
    let start = Int(instant.microseconds.flooredDivision(by: 60_000_000).quotient + 1) * 60
    let end = start + CronSchedule.dayCountMax * 86_400
    var second = start
    var change = zone.transition(after: second)?.second ?? Int.max
    while second <= end {
      guard let candidate = Timestamp(microseconds: Int64(second) * 1_000_000) else { return nil }
      let local = zone.localTime(at: candidate)
      if expression.matches(local) { return candidate }
      let isOpen = expression.matches(local.date) && expression.hour.contains(local.hour)
      let step = isOpen ? 60 : 3600 - local.secondOfDay % 3600
      second = second < change ? min(second + step, max(change, second + 60)) : second + step
      if second >= change { change = zone.transition(after: second)?.second ?? Int.max }
    }
    return nil
  }
}
