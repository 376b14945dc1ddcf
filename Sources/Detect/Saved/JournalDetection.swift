package import Correlate
package import Ingest

/// Detection over a journal: from its first entry, or going on from a saved baseline.
///
/// Entries are taken in event order up to the frontier, `marginSeconds` before the newest event;
/// there the state is saved. What follows, and the settling of what is open at the end, is done on a
/// copy: with more entries it may turn out otherwise. An entry that comes after it was read up to
/// the frontier but belongs before it would have been taken in its place by a run from the start:
/// then that run is made, and the answer is its answer.
package struct JournalDetection {
  package struct Settings {
    package var window: JoinWindow
    package var configuration: DetectionConfiguration
    /// Version of the program.
    package var program: String
    package var identify: @Sendable (String) -> String
    /// Event time that is read again; how late an entry may come without a run from the start.
    package var marginSeconds = 3600.0

    package init(
      window: JoinWindow, configuration: DetectionConfiguration, program: String,
      identify: @escaping @Sendable (String) -> String
    ) {
      self.window = window
      self.configuration = configuration
      self.program = program
      self.identify = identify
    }
  }

  /// What a run came to.
  package struct Outcome {
    /// In the order in which they could first be said.
    package var findings: [Finding]
    /// The state at the end; nil when it may not be saved, for the reason given.
    package var baseline: SavedBaseline?
    package var unsaved: String?
    /// Why the saved baseline could not be gone on from; nil when it was, or none was asked for.
    package var rebuilt: String?
    package var readCount: Int
    /// Whether it began at the first entry.
    package var isWhole = false
  }

  /// Bytes of the checkpoints' file that are looked at.
  private static let checkpointByteCountMax = 16 << 20

  private let reader: JournalReader
  private let storage: any JournalStorage
  private let settings: Settings
  private let zones: RecordedZones
  package let identity: SavedBaseline.Identity

  package init(
    _ reader: JournalReader, _ storage: any JournalStorage, _ settings: Settings,
    _ zones: RecordedZones
  ) {
    self.reader = reader
    self.storage = storage
    self.settings = settings
    self.zones = zones
    identity = SavedBaseline.Identity(
      program: settings.program,
      configuration: CanonicalText.digest(of: (settings.configuration, settings.window)),
      origin: reader.identity.origin)
  }

  private var blank: SavedBaseline {
    SavedBaseline(
      identity: identity,
      analysis: Analysis(
        window: settings.window, pipeline: blankPipeline, identify: settings.identify))
  }

  private var blankPipeline: DetectionPipeline {
    DetectionPipeline(
      configuration: settings.configuration, zones: zones, identify: settings.identify)
  }

  /// Every finding of the journal.
  package func whole(progress: (Int) -> Void = { _ in }) throws -> Outcome {
    zones.forget()
    guard var outcome = try run(from: blank, progress) else {
      preconditionFailure("an entry came before a run from the start")
    }
    outcome.isWhole = true
    return outcome
  }

  /// The findings that the run behind the saved baseline has not said.
  ///
  /// Cost: entries since, and those of the margin; a run from the start where `rebuilt` says so.
  package func news(progress: (Int) -> Void = { _ in }) throws -> Outcome {
    switch saved() {
    case .failure(let reason):
      var outcome = try whole(progress: progress)
      outcome.rebuilt = reason.text
      return outcome
    case .success(let baseline):
      let said = Set(baseline.said + baseline.saidSince)
      var reason: String?
      var found = try run(from: baseline, progress)
      if found == nil {
        found = try whole(progress: progress)
        reason = "entries came that belong before \(baseline.frontier?.rfc3339 ?? "it")"
      }
      var outcome = found ?? Outcome(findings: [], readCount: 0)
      outcome.findings.removeAll { said.contains($0.findingID) }
      outcome.rebuilt = reason
      return outcome
    }
  }

  private struct Reason: Error { let text: String }

  /// The saved baseline, when it is of this journal as it is now.
  private func saved() -> Result<SavedBaseline, Reason> {
    let store = BaselineStore(storage)
    guard let secret = store.secret() else {
      return .failure(Reason(text: "the journal's secret cannot be read"))
    }
    do {
      guard let bytes = try store.read(identity) else {
        return .failure(Reason(text: "there is none for this configuration"))
      }
      let info = blankPipeline.userInfo.merging(
        IdentifierFunction(settings.identify).userInfo
      ) { first, _ in first }
      let baseline = try SavedBaseline(bytes, secret: secret, identity: identity, userInfo: info)
      if let fault = try fault(of: baseline) { return .failure(Reason(text: fault)) }
      return .success(baseline)
    } catch let refusal as SavedBaseline.Refusal {
      return .failure(Reason(text: refusal.text))
    } catch {
      return .failure(Reason(text: "\(error)"))
    }
  }

  private func fault(of baseline: SavedBaseline) throws -> String? {
    guard baseline.learntTo <= reader.entryCount, baseline.resumeIndex <= baseline.learntTo,
      baseline.tree.size == baseline.learntTo
    else {
      return "it has learnt from \(baseline.learntTo) entries: expected "
        + "\(reader.entryCount) or fewer"
    }
    guard zones.agree(with: baseline.zones) else { return "the data of a time zone has changed" }
    guard baseline.learntTo > 0 else { return nil }
    var leaves = try StoredLeaves(storage)
    let leaf = try leaves.leaf(baseline.learntTo - 1)
    guard leaf == baseline.lastLeaf else {
      return "entry \(baseline.learntTo - 1) has leaf \(leaf.hex): expected "
        + "\(baseline.lastLeaf?.hex ?? "none")"
    }
    return try disagreement(with: baseline.tree)
  }

  /// A checkpoint of the journal at the size learnt from that has another root: an earlier entry was
  /// written anew. Where no checkpoint has just that size, the last leaf must do; the whole is
  /// `vigil verify`'s to derive.
  private func disagreement(with tree: MerkleTree) throws -> String? {
    let bytes = try storage.contents(
      JournalLayout.checkpoints, byteCountMax: JournalDetection.checkpointByteCountMax)
    var hasher = MerkleHasher()
    let root = tree.root(&hasher)
    guard let bytes, let known = CheckpointHistory(bytes).checkpoint(size: tree.size),
      known.root != root
    else { return nil }
    return
      "the journal's checkpoint of \(tree.size) has root \(known.root.hex): expected \(root.hex)"
  }

  /// Goes on from `start`; nil when entries came that belong before its frontier.
  private func run(
    from start: SavedBaseline, _ progress: (Int) -> Void
  ) throws -> Outcome? {
    var events = try reader.events(from: start.resumeIndex)
    let first = start.frontier.map { events.position(of: $0) } ?? 0
    guard try !hasLate(&events, before: first, start.learntTo) else { return nil }
    zones.note(start.zones.keys)
    var state = start
    var findings: [Finding] = []
    var done = 0
    func take(_ record: IndexedRecord, _ analysis: inout Analysis) {
      findings += analysis.add(record)
      done += 1
      progress(done)
    }
    state.frontier =
      try newest(&events, from: first).map {
        $0.advanced(bySeconds: -settings.marginSeconds)
      }.map { max($0, start.frontier ?? $0) } ?? start.frontier
    let cut = state.frontier.map { events.position(of: $0) } ?? 0
    try events.forEach(first..<max(first, cut)) { take($0, &state.analysis) }
    state.say(findings)
    let asked = zones.asked
    state.zones = asked ?? [:]
    let committed = findings.count
    var rest = state.analysis
    var oldest = reader.entryCount
    try events.forEach(max(first, cut)..<events.count) { record in
      if Analysis.isHeard(record.record) { oldest = min(oldest, record.index) }
      take(record, &rest)
    }
    findings += rest.finish()
    state.saidSince = findings[committed...].map(\.findingID)
    state.resumeIndex = oldest
    var outcome = Outcome(findings: findings, readCount: done)
    outcome.unsaved =
      asked == nil
      ? "more than \(RecordedZones.nameCountMax) time zones were named"
      : try extend(&state, start)
    if outcome.unsaved == nil { outcome.baseline = state }
    return outcome
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

  /// Saves what a run has learnt; what hindered it otherwise.
  ///
  /// A baseline that has learnt from entries that have been pruned since is not replaced by one that
  /// has not.
  package func save(_ outcome: Outcome) -> String? {
    let store = BaselineStore(storage)
    guard let baseline = outcome.baseline else { return outcome.unsaved }
    guard let secret = store.secret() else { return "the journal's secret cannot be read" }
    if reader.prunedEntryCount > 0, outcome.isWhole, outcome.rebuilt == nil,
      case .success(let known) = saved()
    {
      return "the one that is there has learnt from \(known.learntTo) entries, some pruned since"
    }
    do {
      let bytes = try baseline.bytes(secret: secret)
      return try store.write(bytes, identity) ? nil : "another process is saving one"
    } catch { return "\(error)" }
  }
}

extension JournalDetection.Outcome {
  init(findings: [Finding], readCount: Int) {
    self.findings = findings
    self.readCount = readCount
  }
}

extension SavedBaseline.Refusal {
  /// For a message.
  var text: String {
    switch self {
    case .damaged: "its bytes are not as they were written"
    case .unreadable(let found): found
    case .stale(let what, let found, let expected): "\(what) \(found): expected \(expected)"
    }
  }
}
