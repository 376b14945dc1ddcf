import Ingest

/// One reading of the entries since a baseline.
extension JournalDetection {
  /// Goes on from `start`; nil when entries came that belong before its frontier.
  ///
  /// - Parameter clock: how far time has passed without records; nil for the newest event.
  func run(
    from start: SavedBaseline, until clock: Timestamp? = nil, _ progress: (Int) throws -> Void
  ) throws -> Outcome? {
    var events = try reader.events(from: start.resumeIndex, columns: settings.columns)
    if let frontier = start.frontier,
      try events.hasEvent(
        before: frontier, from: start.learntTo, where: Analysis.isHeard(source:))
    {
      return nil
    }
    zones.note(start.zones.keys)
    var state = start
    state.frontier = try frontier(&events, start.frontier)
    var outcome = Outcome(findings: [], readCount: 0)
    func count() throws {
      outcome.readCount += 1
      try progress(outcome.readCount)
    }
    if let frontier = state.frontier {
      var lane = state.analysis.begin()
      try events.forEach(since: start.frontier, before: frontier) { record in
        state.analysis.add(record, to: &lane)
        try count()
      }
      outcome.findings += state.analysis.end(lane)
    }
    state.say(outcome.findings)
    let asked = zones.asked
    state.zones = asked ?? [:]
    var rest = state.analysis
    var since: [Finding] = []
    state.resumeIndex = reader.entryCount
    try events.forEach(since: state.frontier) { record in
      if Analysis.isHeard(record.record) {
        state.resumeIndex = min(state.resumeIndex, record.index)
      }
      since += rest.add(record)
      try count()
    }
    if let clock {
      since += rest.wait(until: clock)
      outcome.standing = rest
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

  /// `marginSeconds` before the newest event that is heard; never back.
  private func frontier(
    _ events: inout EventSequence, _ known: Timestamp?
  ) throws -> Timestamp? {
    let newest = try events.newest(since: known, where: Analysis.isHeard(source:))
    guard let newest else { return known }
    let instant = newest.advanced(bySeconds: -settings.marginSeconds)
    return known.map { max($0, instant) } ?? instant
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
