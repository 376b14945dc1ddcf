/// The durable, tamper-evident journal: one directory, one writer, entries that never change.
///
/// An entry is acknowledged by `commit`, once its bytes are on stable storage; writers that arrive
/// together share one sync. A failed write or sync ends this handle: every later call throws, and
/// opening again recovers. Documentation/JournalFormat.md says every byte.
///
/// Memory: the pending entries, the key index's table and filters, a few buffers; whatever the
/// journal's size. Not safe to share between threads: one owner calls.
package final class Journal {
  /// Names the log.
  package let origin: String
  /// Whether this `open` made the journal.
  package let isNew: Bool
  let settings: JournalSettings
  let storage: any JournalStorage
  /// Signs the checkpoints.
  let signer: NoteSigner
  private var lock: (any JournalFile)?
  var secret: JournalSecret
  var hasher: MerkleHasher
  var batchHasher = MerkleBatchHasher()
  var tree: MerkleTree
  var segment: JournalSegment
  var keys: KeyIndex
  var rejected: RejectedLines
  var oversize: OversizeLines
  var checkpoints: CheckpointFiles
  var writer = JSONWriter()
  var controlWriter = JSONWriter()
  /// The text of the last instant stamped.
  var stampText: [UInt8] = []
  var stampInstant: Timestamp?
  var lastLeaf: Digest
  var lastReceivedAt: Timestamp?
  /// The clock's last reading, to notice when it steps back.
  var lastNow: Timestamp?
  /// Entries acknowledged by `commit`.
  var acknowledgedCount: Int
  /// Whether this handle has appended anything, `journal_opened` before all else.
  var hasNews = false
  var end: JournalError?

  init(_ parts: consuming JournalParts, _ storage: any JournalStorage, _ settings: JournalSettings)
  {
    self.storage = storage
    self.settings = settings
    origin = parts.identity.origin
    isNew = parts.isNew
    lock = parts.lock
    signer = parts.signer
    tree = parts.outcome.tree
    segment = parts.outcome.segment
    lastLeaf = parts.outcome.lastLeaf
    lastReceivedAt = parts.outcome.lastReceivedAt
    lastNow = parts.outcome.lastReceivedAt
    acknowledgedCount = parts.outcome.tree.size
    keys = parts.keys
    oversize = parts.oversize
    checkpoints = parts.checkpoints
    secret = parts.secret
    hasher = parts.hasher
    rejected = parts.rejected
  }

  /// Entries, pending ones included.
  package var entryCount: Int { tree.size + segment.unhashedCount }

  /// Entries acknowledged: on stable storage, and told to the caller.
  package var committedCount: Int { acknowledgedCount }

  /// The newest checkpoint written.
  package var newestCheckpoint: Checkpoint? { checkpoints.newest?.checkpoint }

  /// What checks its checkpoints' signatures.
  package var vkey: VerifierKey { signer.key }

  /// HMAC-SHA-256 of an emitter's line under the journal's secret: for `original_hmac`, and for
  /// `RejectedLine.lineHMAC`.
  package func lineHMAC(_ line: Span<UInt8>) -> Digest { secret.code(of: line) }

  /// Prepares entries of this journal on other threads.
  var preparers: EntryPreparers { EntryPreparers(secret: secret.bytes) }

  /// Puts everything appended on stable storage and acknowledges it.
  package func commit() throws(JournalError) {
    try requireOpen()
    try attempt { () throws(StorageError) in
      try flush()
      if keys.isTableFull { try keys.spill(entryCount: tree.size, lastLeaf: lastLeaf) }
    }
    acknowledgedCount = tree.size
  }

  /// Commits, and signs a checkpoint over all entries when there is news since the last one.
  package func checkpoint() throws(JournalError) {
    try commit()
    guard hasUncoveredEntries else { return }
    let fresh = SignedCheckpoint(
      Checkpoint(origin: origin, size: tree.size, root: tree.root(&hasher)), by: signer)
    try attempt { () throws(StorageError) in
      try segment.synchronizeLeaves()
      try checkpoints.add(fresh)
    }
  }

  /// Records the end, when there was news; commits, writes a checkpoint, gives up the lock.
  package func close(at now: Timestamp) throws(JournalError) {
    try requireOpen()
    if hasNews { try appendControl(.journalClosed, at: now) { _ in } }
    try checkpoint()
    try attempt { () throws(StorageError) in
      try keys.spill(entryCount: tree.size, lastLeaf: lastLeaf)
    }
    end = .closed
    lock = nil
  }

  /// Whether there are entries behind the newest checkpoint.
  var hasUncoveredEntries: Bool { entryCount > checkpoints.newest?.checkpoint.size ?? 0 }

  /// Writes what is pending, without acknowledging it.
  func flush() throws(StorageError) {
    if rejected.hasPending { try rejected.commit() }
    hashLeaves()
    try segment.commit()
  }

  /// Brings the tree up to everything appended.
  func hashLeaves() { lastLeaf = segment.hashLeaves(&batchHasher, &hasher, &tree) ?? lastLeaf }

  func requireOpen() throws(JournalError) {
    if let end { throw end }
  }

  /// Runs a storage operation whose failure ends this handle.
  func attempt<Result>(
    _ body: () throws(StorageError) -> Result
  ) throws(JournalError) -> Result {
    do {
      return try body()
    } catch {
      let failure = JournalError.failed(firstIndexNotTaken: acknowledgedCount, cause: error)
      end = failure
      lock = nil
      throw failure
    }
  }
}

/// What opening gathers before there is a journal.
struct JournalParts: ~Copyable {
  let identity: JournalIdentity
  let isNew: Bool
  let lock: any JournalFile
  let signer: NoteSigner
  let secret: JournalSecret
  let hasher: MerkleHasher
  let outcome: JournalRecovery.Outcome
  let keys: KeyIndex
  /// Pruned entries whose keys the index does not know.
  let unknownKeyCount: Int
  let rejected: RejectedLines
  let oversize: OversizeLines
  let checkpoints: CheckpointFiles
}
