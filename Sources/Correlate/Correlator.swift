package import Ingest

/// Joins records into activities: who asked for what, what ran, and how it ended.
///
/// Records come in any order within `JoinWindow.latenessSeconds` and are applied in event order once
/// the watermark (the newest event time less the lateness) has passed them; windows that end in
/// between end at their exact instant. So the answer depends neither on the order of arrival within
/// the lateness nor on how often `advance` is called. Pure: no clock, no I/O.
///
/// In memory at a time: the records of the lateness; triggers that wait for a run (`seconds`; when
/// accepted `silentSecondsMax` more for a late one, when unanswered `danglingSeconds`); runs that are
/// not over and were spoken of within `silentSecondsMax`; runs that are over, for `lingerSeconds` after a success and `danglingSeconds`
/// after anything else, which another attempt or a missing record may follow. Records of a run that
/// has settled open its activity again under the same id; such an activity, as one whose first record
/// was late, says nothing about a missing counterpart.
package struct Correlator: Sendable, Codable {
  private let window: JoinWindow
  private var buffer = ReorderBuffer()
  private var machine: ActivityMachine
  private var newest = Timestamp.earliest
  /// Records before this instant have been applied; one that comes now is late.
  private var watermark = Timestamp.earliest
  private var bufferedCountMax = 0

  /// `identify` makes the activity id (SHA-256 of the name, its first 32 hex digits) of a run id,
  /// else of a request id, else of source, newline and record id. Called once per activity.
  ///
  /// - Parameter tellsOnlySettled: tells the last word on each activity and nothing else. It changes
  ///   nothing about what is joined, and is no part of the saved state.
  package init(
    window: JoinWindow, identify: @escaping @Sendable (String) -> String,
    tellsOnlySettled: Bool = false
  ) {
    self.window = window
    machine = ActivityMachine(
      window: window, identify: IdentifierFunction(identify), tellsOnlySettled: tellsOnlySettled)
  }

  /// Takes one record. One that is older than the watermark is applied at once, as well as it can
  /// be, and counted as late. O(log n) in the records waiting.
  package mutating func add(_ record: IndexedRecord) {
    let timestamp = record.record.header.timestamp
    guard timestamp >= watermark else {
      drain()
      machine.apply(record, isLate: true)
      return
    }
    buffer.insert(record)
    bufferedCountMax = max(bufferedCountMax, buffer.count)
    if timestamp > newest {
      newest = timestamp
      watermark = max(watermark, timestamp.advanced(bySeconds: -window.latenessSeconds))
    }
    if buffer.count > window.bufferedCountMax { makeRoom() }
  }

  /// What the watermark allows to be known now, in event order.
  ///
  /// `at` never decreases over everything returned, except that the `request` and `record` events of
  /// late records carry their own, earlier time.
  package mutating func advance() -> [CorrelatedEvent] {
    drain()
    return machine.takeOutput()
  }

  /// For a live clock: time passes without records. `watermark` is the instant before which no more
  /// records are expected: the clock's time less the lateness. Never steps back.
  package mutating func advance(to watermark: Timestamp) -> [CorrelatedEvent] {
    self.watermark = max(self.watermark, watermark)
    return advance()
  }

  /// `advance(to:)` for an instant of the clock itself: records may still come for the lateness.
  package mutating func wait(until clock: Timestamp) -> [CorrelatedEvent] {
    advance(to: clock.advanced(bySeconds: -window.latenessSeconds))
  }

  /// Every activity that is not settled, in order of birth, as it stands at `instant` with every record
  /// applied that has come: also of runs whose request may still come, of which nothing is told yet.
  ///
  /// Cost: a copy of what is open. Changes nothing.
  package func standing(at instant: Timestamp) -> [Activity] {
    var ahead = self
    _ = ahead.advance(to: instant.advanced(bySeconds: 1e-6))
    return ahead.machine.standing
  }

  /// End of input: applies what waits, then settles what is open with the state it has.
  ///
  /// Nothing is said to be missing whose window had not passed. A started run without an end is
  /// `open`, unless its source has provably gone on without it (`JoinWindow.danglingSeconds`, and
  /// twice the longest run whose end that source told, since the last word on this one).
  package mutating func finish() -> [CorrelatedEvent] {
    let end = max(newest, watermark)
    watermark = end.advanced(bySeconds: 1e-6)
    drain()
    machine.closeAll(at: end)
    return machine.takeOutput()
  }

  /// Sums over everything so far; records that still wait are not in it. O(sources).
  package var summary: CorrelationSummary {
    var summary = machine.summary
    summary.bufferedCountMax = bufferedCountMax
    summary.untrackedSourceRecords = machine.sources.untrackedCount
    summary.clockOffsets = machine.offsets.all
    return summary
  }

  /// Applies records and deadlines before the watermark in event order, records first.
  private mutating func drain() {
    while true {
      let record = buffer.firstTimestamp ?? .latest
      let deadline = machine.nextDeadline ?? .latest
      guard min(record, deadline) < watermark else { return }
      if record <= deadline {
        guard let next = buffer.popFirst() else { return }
        machine.apply(next, isLate: false)
      } else {
        machine.fireNext()
      }
    }
  }

  /// Moves the watermark until no more records wait than may.
  private mutating func makeRoom() {
    drain()
    while buffer.count > window.bufferedCountMax, let first = buffer.firstTimestamp {
      watermark = max(watermark, first.advanced(bySeconds: 1e-6))
      drain()
    }
  }
}
