package import Ingest

/// Detection beside a running writer: the same analysis as a journal's, turn by turn, in memory.
///
/// Each turn goes on from the frontier, `Settings.marginSeconds` of event time back, on a copy, so
/// that what is said is what `detect` says over the same entries: by construction, and not by a second
/// implementation. What the clock alone tells (a run that goes on for too long) is said when it is
/// due; a replay says the same with the next record.
///
/// Cost of a turn: the entries since the frontier. One owner; not safe to share.
package final class LiveDetection {
  package struct Turn {
    /// What no turn before has said, in the order in which it could first be said.
    package var findings: [Finding] = []
    /// Everything learnt so far, for questions.
    package var standing: Analysis?
    /// Entries read.
    package var readCount = 0
    /// Why all was read from the first entry; nil when it was not.
    package var rebuilt: String?
    /// Whether nothing was learnt before: everything that was ever found is new then.
    package var isFirst = false
  }

  private let storage: any JournalStorage
  private let settings: JournalDetection.Settings
  private let zones: RecordedZones
  private var baseline: SavedBaseline?

  package init(
    _ storage: any JournalStorage, _ settings: JournalDetection.Settings, _ zones: RecordedZones
  ) {
    self.storage = storage
    self.settings = settings
    self.zones = zones
  }

  /// Reads what has come since the last turn, and lets time pass up to `now`.
  ///
  /// - Parameter progress: gets the number of entries read so far; what it throws ends the turn, which then
  ///   was none.
  package func turn(
    at now: Timestamp, progress: (Int) throws -> Void = { _ in }
  ) throws -> Turn {
    let detection = JournalDetection(try JournalReader(storage), storage, settings, zones)
    var turn = Turn()
    let start = baseline ?? (try? detection.saved().get())
    turn.isFirst = start == nil
    var outcome = try start.flatMap { try detection.run(from: $0, until: now, progress) }
    if outcome == nil {
      turn.rebuilt =
        start == nil ? "nothing was learnt before" : "entries came that belong before the frontier"
      outcome = try detection.whole(until: now, progress: progress)
    }
    guard let outcome else { return turn }
    let said = Set(start.map { $0.said + $0.saidSince } ?? [])
    turn.findings = outcome.findings.filter { !said.contains($0.findingID) }
    turn.standing = outcome.standing
    turn.standing?.prepare(for: now)
    turn.readCount = outcome.readCount
    baseline = outcome.baseline ?? baseline
    return turn
  }

  /// Saves what was learnt beside the journal; what hindered it otherwise.
  package func save() throws -> String? {
    guard let baseline else { return nil }
    let detection = JournalDetection(try JournalReader(storage), storage, settings, zones)
    var outcome = JournalDetection.Outcome(findings: [], readCount: 0)
    outcome.baseline = baseline
    return detection.save(outcome)
  }
}
