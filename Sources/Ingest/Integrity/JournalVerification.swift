/// What verifying a journal found: four verdicts, each on its own.
package struct JournalVerification: Sendable, Equatable {
  /// One question's answer.
  package enum Verdict: Sendable, Equatable {
    case passed
    /// The first failure, and how many there were.
    case failed(first: VerificationFailure, count: Int)
    /// Nobody asked.
    case notChecked

    /// Whether nothing failed.
    package var hasPassed: Bool { self == .passed || self == .notChecked }
  }

  /// Every checkpoint's root, and every leaf hash kept, follows from the entries' bytes.
  package var integrity = Verdict.passed
  /// Size and root continue every checkpoint in `checkpoints`, `checkpoint` and from outside.
  package var completeness = Verdict.passed
  /// Every entry is a record, segments follow on each other, `received_at` does not run back.
  package var order = Verdict.passed
  /// The newest checkpoint is not older than asked for. Passes when nothing was asked.
  package var freshness = Verdict.passed

  /// Whole entries, pruned ones included.
  package var entryCount = 0
  /// Entries whose bytes were pruned: their leaf hashes give the root, no more can be checked.
  package var prunedEntryCount = 0
  package var prunedSegmentCount = 0
  package var compressedSegmentCount = 0
  /// Entries that the newest checkpoint covers.
  package var coveredCount = 0
  package var segmentCount = 0
  /// Checkpoints in `checkpoints`.
  package var checkpointCount = 0
  /// Those of them from before the journal had a key.
  package var unsignedCheckpointCount = 0
  /// The key under which signatures were checked; nil when there was none to check them under.
  package var vkey: VerifierKey?
  /// How many witnesses were asked for.
  package var quorum = 0
  /// The newest checkpoint that so many witnesses vouch for; nil when none was asked for, or met.
  package var witnessed: WitnessedCheckpoint?
  /// Bytes behind the last whole entry: a write in progress, or one that was interrupted.
  package var tailByteCount = 0
  /// Bytes of entries that were checked, newlines included, uncompressed.
  package var byteCount = 0
  /// Root over all whole entries.
  package var root = Digest.zero
  /// Seconds since the last covered entry was received; nil without a checkpoint.
  package var checkpointAgeSeconds: Double?

  package init() {}

  /// Entries after the newest checkpoint.
  package var notYetCovered: Int { max(0, entryCount - coveredCount) }

  /// Entries after the newest checkpoint with a quorum; nil when there is none.
  package var notWitnessed: Int? {
    witnessed.map { max(0, entryCount - $0.checkpoint.size) }
  }

  /// Whether all four passed.
  package var hasPassed: Bool {
    [integrity, completeness, order, freshness].allSatisfy(\.hasPassed)
  }

  /// Whether entries were parsed; otherwise the times around a doubt are not known.
  package var isRead: Bool { freshness != .notChecked }

  /// Entries were not parsed: what passed only for that was not checked.
  mutating func leaveUnjudged() {
    if order == .passed { order = .notChecked }
    freshness = .notChecked
  }

  /// The failure to name first: integrity's, then completeness's, order's, freshness's.
  package var firstFailure: VerificationFailure? {
    for verdict in [integrity, completeness, order, freshness] {
      if case .failed(let first, _) = verdict { return first }
    }
    return nil
  }
}

/// One thing that is not as it must be.
package struct VerificationFailure: Error, Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// An entry's bytes do not give its leaf hash, and the root does not hold.
    case entryAltered = "entry_altered"
    /// The entries give the root, but a leaf hash on file differs.
    case leafAltered = "leaf_altered"
    /// The root differs, and no leaf hash shows where.
    case rootDiffers = "root_differs"
    /// Fewer entries than a checkpoint or the leaf hashes state.
    case entriesMissing = "entries_missing"
    /// A checkpoint file is not as a writer leaves it.
    case checkpointAltered = "checkpoint_altered"
    /// A checkpoint's signature is absent or bad, or `journal.json` names another key.
    case signatureRefused = "signature_refused"
    /// No checkpoint has been cosigned by as many witnesses as asked for.
    case quorumMissed = "quorum_missed"
    /// An entry is no record, or segments do not follow on each other.
    case notARecord = "not_a_record"
    case segmentMisplaced = "segment_misplaced"
    /// A compressed segment does not decode, or is not byte for byte what compressing wrote.
    case compressionAltered = "compression_altered"
    /// Entries are gone, and the record of their pruning is not in the journal as it must be.
    case pruningUnrecorded = "pruning_unrecorded"
    /// `received_at` is absent or before that of the entry before it.
    case receivedAtRunsBack = "received_at_runs_back"
    /// The newest checkpoint is too old.
    case stale
  }

  package let kind: Kind
  /// File, index, byte offset, expected and found.
  package let damage: JournalDamage
  /// The entries that it puts in doubt; nil when it is not about entries that are there.
  package var doubt: DoubtfulEntries?

  package init(_ kind: Kind, _ damage: JournalDamage, doubt: DoubtfulEntries? = nil) {
    self.kind = kind
    self.damage = damage
    self.doubt = doubt
  }
}

/// Entries that cannot be relied on, and the good ones around them: between those two, in the order
/// in which the journal took them in, lies everything that the doubt is about.
package struct DoubtfulEntries: Sendable, Equatable {
  /// Indexes: the first, and one past the last.
  package var range: Range<Int>
  /// The nearest good entry before; nil when there is none.
  package var before: GoodEntry?
  /// The nearest good entry behind; nil when there is none.
  package var after: GoodEntry?

  package init(_ range: Range<Int>, before: GoodEntry?, after: GoodEntry? = nil) {
    self.range = range
    self.before = before
    self.after = after
  }
}

/// An entry that is a record and has the leaf hash on file, and its times.
package struct GoodEntry: Sendable, Equatable {
  package let index: Int
  package let timestamp: Timestamp
  package let receivedAt: Timestamp?

  package init(index: Int, timestamp: Timestamp, receivedAt: Timestamp?) {
    self.index = index
    self.timestamp = timestamp
    self.receivedAt = receivedAt
  }
}

extension JournalVerification.Verdict {
  /// Keeps the first failure, counts the others.
  mutating func add(_ failure: VerificationFailure) {
    switch self {
    case .passed, .notChecked: self = .failed(first: failure, count: 1)
    case .failed(let first, let count): self = .failed(first: first, count: count + 1)
    }
  }
}
