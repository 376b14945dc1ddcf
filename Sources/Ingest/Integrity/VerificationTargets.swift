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

  private let claims: [CheckpointReview.Claim]
  private let newest: Checkpoint?
  private var position = 0

  init(_ review: CheckpointReview) {
    newest = review.newest
    claims = review.claims.sorted { $0.checkpoint.size < $1.checkpoint.size }
  }

  /// Entries that the newest checkpoint covers.
  var newestSize: Int { newest?.size ?? 0 }

  /// The size at which a root is to be compared next.
  var nextSize: Int? { position < claims.count ? claims[position].checkpoint.size : nil }

  /// The next target when it is of this size.
  mutating func next(ofSize size: Int) -> Target? {
    guard nextSize == size else { return nil }
    position += 1
    return target(claims[position - 1])
  }

  /// Those not yet met.
  var rest: [Target] { claims[position...].map(target) }

  private func target(_ claim: CheckpointReview.Claim) -> Target {
    Target(
      checkpoint: claim.checkpoint, file: claim.file,
      isNewest: !claim.isFromOutside && claim.checkpoint == newest, isOwn: !claim.isFromOutside)
  }
}
