/// The files `checkpoint` and `checkpoints`: the newest one, and all of them.
///
/// A checkpoint is first appended to `checkpoints`, then `checkpoint` is replaced. So the newest
/// is the last of `checkpoints`, and `checkpoint` is that one or, after a crash, the one before.
struct CheckpointFiles {
  private let storage: any JournalStorage
  private let file: any JournalFile
  private var byteCount: Int
  private(set) var newest: Checkpoint?
  /// Bytes of a torn note that opening cut away.
  let cutByteCount: Int

  /// Opens both, cuts a torn note and completes an interrupted replace.
  init(_ storage: any JournalStorage, origin: String) throws(JournalError) {
    self.storage = storage
    let state = try CheckpointFiles.read(storage)
    if let damage = state.damage(origin: origin) { throw .damage(damage) }
    newest = state.history.checkpoints.last
    byteCount = state.history.wholeByteCount
    cutByteCount = state.history.tailByteCount
    let (length, cut, newest) = (byteCount, cutByteCount, newest)
    file = try JournalError.wrapping { () throws(StorageError) in
      let file = try storage.open(JournalLayout.checkpoints, .writing(.group))
      if cut > 0 {
        try file.truncate(to: length)
        try file.synchronize()
      }
      try storage.synchronizeDirectory("")
      if let newest, state.current != newest { try CheckpointFiles.replace(storage, newest) }
      return file
    }
  }

  /// Adds a checkpoint, durably, in both files.
  mutating func add(_ checkpoint: Checkpoint) throws(StorageError) {
    let note = CheckpointHistory.note(checkpoint)
    try file.write(note.span, at: byteCount)
    try file.synchronize()
    try CheckpointFiles.replace(storage, checkpoint)
    byteCount += note.count
    newest = checkpoint
  }

  private static func replace(
    _ storage: any JournalStorage, _ checkpoint: Checkpoint
  ) throws(StorageError) {
    let body = Array(checkpoint.body.utf8)
    try storage.replace(JournalLayout.checkpoint, with: body.span, .group)
  }

  /// What the two files hold.
  struct State {
    let history: CheckpointHistory
    /// Nil when there is no file `checkpoint`.
    let currentBytes: [UInt8]?
    /// Nil also when the file is no checkpoint.
    let current: Checkpoint?
  }

  static func read(_ storage: any JournalStorage) throws(JournalError) -> State {
    try JournalError.wrapping { () throws(StorageError) in
      let all = try storage.contents(
        JournalLayout.checkpoints, byteCountMax: CheckpointHistory.byteCountMax)
      let current = try storage.contents(
        JournalLayout.checkpoint, byteCountMax: Checkpoint.bodyByteCountMax)
      return State(
        history: CheckpointHistory(all ?? []), currentBytes: current,
        current: current.flatMap { Checkpoint(body: $0) })
    }
  }
}

extension CheckpointFiles.State {
  /// The first thing in the two files that no writer of ours leaves behind, whenever it stops.
  func damage(origin: String) -> JournalDamage? {
    if let offset = history.damageOffset {
      return damage(JournalLayout.checkpoints, offset, "a checkpoint", "other bytes")
    }
    for checkpoint in history.checkpoints where checkpoint.origin != origin {
      return damage(JournalLayout.checkpoints, 0, "origin \(origin)", checkpoint.origin)
    }
    let last = history.checkpoints.last
    guard let currentBytes else {
      if history.checkpoints.count < 2 { return nil }
      return damage(JournalLayout.checkpoint, 0, "the newest checkpoint", "no file")
    }
    guard let current else {
      return damage(
        JournalLayout.checkpoint, 0, "a checkpoint", "\(currentBytes.count) other bytes")
    }
    if history.checkpoints.suffix(2).contains(current) { return nil }
    return damage(
      JournalLayout.checkpoint, 0, last.map { "size \($0.size) root \($0.root.hex)" } ?? "no file",
      "size \(current.size) root \(current.root.hex)")
  }

  private func damage(
    _ file: String, _ offset: Int, _ expected: String, _ found: String
  ) -> JournalDamage {
    JournalDamage(file: file, index: nil, byteOffset: offset, expected: expected, found: found)
  }
}
