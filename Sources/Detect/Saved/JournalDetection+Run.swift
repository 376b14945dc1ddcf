import Ingest

/// One reading of the entries since a baseline.
extension JournalDetection {
  /// Goes on from `start`; nil when entries came that belong before its frontier.
  func run(
    from start: SavedBaseline, _ progress: (Int) -> Void
  ) throws -> Outcome? {
    var events = try reader.events(from: start.resumeIndex)
    let first = start.frontier.map { events.position(of: $0) } ?? 0
    guard try !hasLate(&events, before: first, start.learntTo) else { return nil }
    zones.note(start.zones.keys)
    var state = start
    state.frontier = try frontier(&events, from: first, start.frontier)
    let cut = max(first, state.frontier.map { events.position(of: $0) } ?? 0)
    var outcome = Outcome(findings: [], readCount: 0)
    func count() {
      outcome.readCount += 1
      progress(outcome.readCount)
    }
    try events.forEach(first..<cut) { record in
      outcome.findings += state.analysis.add(record)
      count()
    }
    state.say(outcome.findings)
    let asked = zones.asked
    state.zones = asked ?? [:]
    var rest = state.analysis
    var since: [Finding] = []
    state.resumeIndex = reader.entryCount
    try events.forEach(cut..<events.count) { record in
      if Analysis.isHeard(record.record) {
        state.resumeIndex = min(state.resumeIndex, record.index)
      }
      since += rest.add(record)
      count()
    }
    since += rest.finish()
    state.saidSince = since.map(\.findingID)
    outcome.findings += since
    outcome.unsaved = try asked == nil ? JournalDetection.tooManyZones : extend(&state, start)
    if outcome.unsaved == nil { outcome.baseline = state }
    return outcome
  }

  private static let tooManyZones =
    "more than \(RecordedZones.nameCountMax) time zones were named"

  /// `marginSeconds` before the newest event; never back.
  private func frontier(
    _ events: inout EventSequence, from first: Int, _ known: Timestamp?
  ) throws -> Timestamp? {
    guard let newest = try newest(&events, from: first) else { return known }
    let instant = newest.advanced(bySeconds: -settings.marginSeconds)
    return known.map { max($0, instant) } ?? instant
  }

  /// Whether entries that were not there before belong before the frontier.
  private func hasLate(
    _ events: inout EventSequence, before end: Int, _ learntTo: Int
  ) throws -> Bool {
    for position in 0..<end where events.index(at: position) >= learntTo {
      if Analysis.isHeard(try events.record(at: position).record) { return true }
    }
    return false
  }

  /// The newest event time that is heard; nil when there is none.
  private func newest(_ events: inout EventSequence, from first: Int) throws -> Timestamp? {
    for position in (first..<max(first, events.count)).reversed() {
      let record = try events.record(at: position).record
      if Analysis.isHeard(record) { return record.header.timestamp }
    }
    return nil
  }

  /// Takes the new leaves into the tree; why not, when one is not there.
  private func extend(_ state: inout SavedBaseline, _ start: SavedBaseline) throws -> String? {
    var hasher = MerkleHasher()
    var leaves = try StoredLeaves(storage)
    do throws(JournalError) {
      for index in start.learntTo..<reader.entryCount {
        let leaf = try leaves.leaf(index)
        state.tree.append(leaf, &hasher)
        state.lastLeaf = leaf
      }
    } catch { return "\(error)" }
    state.learntTo = reader.entryCount
    return nil
  }
}
