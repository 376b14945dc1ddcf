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
    /// Whether what it finds becomes alerts. Kept apart from runs that are only read: what those said is
    /// not raised by that.
    package var raises = false
    /// How entries are read.
    package var columns = ColumnUse.unused

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
    /// What was learnt by the clock that was given, nothing settled; nil without one.
    package var standing: Analysis?
  }

  let reader: JournalReader
  let storage: any JournalStorage
  let settings: Settings
  let zones: RecordedZones
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
      configuration: settings.raises
        ? CanonicalText.digest(of: (settings.configuration, settings.window, "raise"))
        : CanonicalText.digest(of: (settings.configuration, settings.window)),
      origin: reader.identity.origin)
  }

  private var blank: SavedBaseline {
    SavedBaseline(
      identity: identity,
      analysis: Analysis(
        window: settings.window, pipeline: blankPipeline, identify: settings.identify))
  }

  var blankPipeline: DetectionPipeline {
    DetectionPipeline(
      configuration: settings.configuration, zones: zones, identify: settings.identify)
  }

  /// Every finding of the journal.
  ///
  /// - Parameter clock: how far time has passed without records; nil for the newest event.
  package func whole(
    until clock: Timestamp? = nil, progress: (Int) throws -> Void = { _ in }
  ) throws -> Outcome {
    zones.forget()
    guard var outcome = try run(from: blank, until: clock, progress) else {
      preconditionFailure("an entry came before a run from the start")
    }
    outcome.isWhole = true
    return outcome
  }

  /// The findings that the run behind the saved baseline has not said.
  ///
  /// Cost: entries since, and those of the margin; a run from the start where `rebuilt` says so.
  package func news(progress: (Int) throws -> Void = { _ in }) throws -> Outcome {
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
