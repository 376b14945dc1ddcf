/// The checkpoints that a journal must continue, by size.
///
/// Those of the file `checkpoints` are read in step with the entries: memory is one note.
struct VerificationTargets {
  /// A checkpoint to be met on the way.
  struct Target {
    let checkpoint: Checkpoint
    let file: String
    let isNewest: Bool
    /// Whether the journal itself holds it.
    let isOwn: Bool
  }

  private var history: CheckpointSequence
  private var nextOwn: Checkpoint?
  private let claims: [CheckpointReview.Claim]
  private let newest: Checkpoint?
  private var claimPosition = 0
  /// The size at which a root is to be compared next.
  private(set) var nextSize: Int?
  /// Checkpoints of the file `checkpoints` that were handed out.
  private(set) var ownCount = 0

  /// Cost of it and of each step: a note is read.
  init(_ review: CheckpointReview) throws(StorageError) {
    history = review.history
    claims = review.claims.sorted { $0.checkpoint.size < $1.checkpoint.size }
    newest = review.newest
    nextOwn = try history.next()
    nextSize = smallest
  }

  /// Entries that the newest checkpoint covers.
  var newestSize: Int { newest?.size ?? 0 }

  private var smallest: Int? {
    let other = claimPosition < claims.count ? claims[claimPosition].checkpoint.size : nil
    guard let own = nextOwn?.size, let other else { return nextOwn?.size ?? other }
    return min(own, other)
  }

  /// The next target, when there is one of at most this size.
  mutating func next(upTo size: Int) throws(StorageError) -> Target? {
    guard let nextSize, nextSize <= size else { return nil }
    defer { self.nextSize = smallest }
    if let checkpoint = nextOwn, checkpoint.size == nextSize {
      nextOwn = try history.next()
      ownCount += 1
      return Target(
        checkpoint: checkpoint, file: JournalLayout.checkpoints, isNewest: checkpoint == newest,
        isOwn: true)
    }
    let claim = claims[claimPosition]
    claimPosition += 1
    return Target(
      checkpoint: claim.checkpoint, file: claim.file,
      isNewest: !claim.isFromOutside && claim.checkpoint == newest, isOwn: !claim.isFromOutside)
  }
}
