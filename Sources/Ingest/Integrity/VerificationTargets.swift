/// The checkpoints that a journal must continue, by size, and what is wrong with their files.
struct VerificationTargets {
  /// A checkpoint to be met on the way.
  struct Target {
    let checkpoint: Checkpoint
    let file: String
    let isNewest: Bool
    /// Whether the journal itself holds it.
    let isOwn: Bool
  }

  private let targets: [Target]
  private var position = 0
  let newestSize: Int
  let checkpointCount: Int
  let failures: [VerificationFailure]

  init(_ files: CheckpointFiles.State, outside: [Checkpoint], origin: String) {
    let newest = files.history.checkpoints.last ?? files.current
    newestSize = newest?.size ?? 0
    checkpointCount = files.history.checkpoints.count
    var failures: [VerificationFailure] = []
    if let damage = files.damage(origin: origin) {
      failures.append(VerificationFailure(.checkpointAltered, damage))
    }
    var targets = files.history.checkpoints.map {
      Target(
        checkpoint: $0, file: JournalLayout.checkpoints, isNewest: $0 == newest, isOwn: true)
    }
    if let current = files.current {
      targets.append(
        Target(
          checkpoint: current, file: JournalLayout.checkpoint, isNewest: current == newest,
          isOwn: true))
    }
    for checkpoint in outside {
      if checkpoint.origin != origin {
        failures.append(VerificationTargets.foreign(checkpoint, origin))
      }
      targets.append(
        Target(
          checkpoint: checkpoint, file: VerificationTargets.outsideName, isNewest: false,
          isOwn: false))
    }
    targets.sort { $0.checkpoint.size < $1.checkpoint.size }
    self.targets = targets
    self.failures = failures
  }

  private static let outsideName = "outside checkpoint"

  private static func foreign(_ checkpoint: Checkpoint, _ origin: String) -> VerificationFailure {
    VerificationFailure(
      .checkpointAltered,
      JournalDamage(
        file: outsideName, index: nil, byteOffset: 0, expected: "origin \(origin)",
        found: checkpoint.origin))
  }

  /// The size at which a root is to be compared next.
  var nextSize: Int? {
    position < targets.count ? targets[position].checkpoint.size : nil
  }

  /// The next target when it is of this size.
  mutating func next(ofSize size: Int) -> Target? {
    guard nextSize == size else { return nil }
    position += 1
    return targets[position - 1]
  }

  /// Those not yet met.
  var rest: ArraySlice<Target> { targets[position...] }
}
