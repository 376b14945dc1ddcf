/// The checkpoints that a journal must continue, by size.
struct VerificationTargets {
  /// A checkpoint to be met on the way.
  struct Target {
    let checkpoint: Checkpoint
    let file: String
    let isNewest: Bool
    /// Whether the journal itself holds it.
    let isOwn: Bool
  }

  private let history: CheckpointList
  private let claims: [CheckpointReview.Claim]
  private let newest: Checkpoint?
  private var historyPosition = 0
  private var claimPosition = 0
  /// The size at which a root is to be compared next.
  private(set) var nextSize: Int?

  init(_ review: CheckpointReview) {
    history = review.history
    claims = review.claims.sorted { $0.checkpoint.size < $1.checkpoint.size }
    newest = review.newest
    nextSize = smallest
  }

  /// Entries that the newest checkpoint covers.
  var newestSize: Int { newest?.size ?? 0 }

  private var smallest: Int? {
    let own = historyPosition < history.count ? history.size(at: historyPosition) : nil
    let other = claimPosition < claims.count ? claims[claimPosition].checkpoint.size : nil
    guard let own, let other else { return own ?? other }
    return min(own, other)
  }

  /// The next target, when there is one of at most this size.
  mutating func next(upTo size: Int) -> Target? {
    guard let nextSize, nextSize <= size else { return nil }
    defer { self.nextSize = smallest }
    if historyPosition < history.count, history.size(at: historyPosition) == nextSize {
      let checkpoint = history[historyPosition]
      historyPosition += 1
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
