package import Ingest

/// When the next record of a replay is due by the clock of the one who watches.
///
/// Pure: the clock is passed in and sleeping is the caller's business. Each due time follows from the
/// first record's, so that delays do not add up.
package struct ReplayPacer: Sendable {
  /// Seconds of the record's time in one of the watcher's; nil for as fast as it goes.
  package let speed: Double?
  private var start: (event: Timestamp, clock: Timestamp)?

  package init(speed: Double?) { self.speed = speed }

  /// `1x`, `60x`, `0.5x` or `max`; nil for anything else, and for what is not from 0.001 to 1,000,000.
  package init?(_ text: String) {
    if text == "max" {
      self.init(speed: nil)
      return
    }
    guard text.hasSuffix("x"), text.utf8.dropLast().allSatisfy({ "0123456789.".utf8.contains($0) }),
      let speed = Double(text.dropLast()), (0.001...1_000_000).contains(speed)
    else { return nil }
    self.init(speed: speed)
  }

  /// Seconds to wait before a record of `event` is handed on; 0 when it is due.
  package mutating func wait(for event: Timestamp, clock: Timestamp) -> Double {
    guard let speed else { return 0 }
    guard let start else {
      start = (event, clock)
      return 0
    }
    let due = start.clock.advanced(bySeconds: event.seconds(since: start.event) / speed)
    return max(0, due.seconds(since: clock))
  }
}
