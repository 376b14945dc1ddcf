/// The files `checkpoint` and `checkpoints`: the newest one, and all of them.
///
/// A checkpoint is first appended to `checkpoints`, then `checkpoint` is replaced. So the newest
/// is the last of `checkpoints`, and `checkpoint` is that one or, after a crash, the one before. A
/// torn note at the end of `checkpoints` means that `checkpoint` is still the last whole one: with
/// any other it is damage.
struct CheckpointFiles {
  private let storage: any JournalStorage
  private let file: any JournalFile
  private var byteCount: Int
  private(set) var newest: StoredCheckpoint?
  /// The newest ones with the signatures that they have, oldest first: those that witnesses are
  /// being asked about. 32: at one every ten seconds, five minutes.
  private var recent: [SignedCheckpoint] = []
  private static let recentCountMax = 32
  /// Bytes of a torn note that opening cut away.
  let cutByteCount: Int
  /// Bare bodies from before the journal had a key.
  let unsignedCount: Int

  /// Opens both, cuts a torn note and completes an interrupted replace.
  ///
  /// - Parameters:
  ///   - key: must have signed the newest, if it is signed.
  ///   - isSigned: whether the journal has had its key before this.
  init(
    _ storage: any JournalStorage, _ key: VerifierKey, isSigned: Bool
  ) throws(JournalError) {
    self.storage = storage
    let state = try CheckpointFiles.read(storage, isSigned: isSigned)
    if let damage = state.damage(origin: key.name, isSigned: isSigned)
      ?? state.refusedSignature(under: key)
    {
      throw .damage(damage)
    }
    newest = state.history.newest
    if let signed = newest?.signed { recent = [signed] }
    byteCount = state.history.wholeByteCount
    cutByteCount = state.history.tailByteCount
    unsignedCount = state.history.unsignedCount
    let (length, cut, newest) = (byteCount, cutByteCount, newest)
    file = try JournalError.wrapping { () throws(StorageError) in
      let file = try storage.open(JournalLayout.checkpoints, .writing(.group))
      if cut > 0 {
        try file.truncate(to: length)
        try file.synchronize()
      }
      try storage.synchronizeDirectory("")
      if let newest, state.currentBytes != newest.bytes {
        try CheckpointFiles.replace(storage, newest)
      }
      return file
    }
  }

  /// Adds a checkpoint, or a note that is there already with more signatures, durably.
  mutating func add(_ signed: SignedCheckpoint) throws(StorageError) {
    let stored = StoredCheckpoint(signed)
    let note = stored.historyBytes
    try file.write(note.span, at: byteCount)
    try file.synchronize()
    if stored.checkpoint.size >= newest?.checkpoint.size ?? 0 {
      try CheckpointFiles.replace(storage, stored)
      newest = stored
    }
    byteCount += note.count
    remember(signed)
  }

  private mutating func remember(_ signed: SignedCheckpoint) {
    if let place = recent.firstIndex(where: { $0.checkpoint == signed.checkpoint }) {
      recent[place] = signed
    } else if signed.checkpoint.size == newest?.checkpoint.size {
      recent = recent.suffix(CheckpointFiles.recentCountMax - 1) + [signed]
    }
  }

  /// The checkpoint of this size with all signatures that it has; nil when there is none, or only an
  /// unsigned one. Cost: for one that is not among the newest, reads the file.
  func signed(size: Int) throws(JournalError) -> SignedCheckpoint? {
    if let known = recent.last(where: { $0.checkpoint.size == size }) { return known }
    return try CheckpointFiles.read(storage, isSigned: true, collecting: size).history.collected
  }

  private static func replace(
    _ storage: any JournalStorage, _ checkpoint: StoredCheckpoint
  ) throws(StorageError) {
    let bytes = checkpoint.bytes
    try storage.replace(JournalLayout.checkpoint, with: bytes.span, .group)
  }

  /// What the two files hold.
  struct State {
    /// Of the file `checkpoints`.
    let historyBytes: CheckpointBytes
    let history: CheckpointHistory
    /// Nil when there is no file `checkpoint`.
    let currentBytes: [UInt8]?
    /// Nil also when the file is no checkpoint.
    let current: StoredCheckpoint?
  }

  /// Reads `checkpoint` first: a running writer adds to `checkpoints` before it replaces the other.
  static func read(
    _ storage: any JournalStorage, isSigned: Bool, trust: CheckpointTrust? = nil,
    collecting size: Int? = nil
  ) throws(JournalError) -> State {
    try JournalError.wrapping { () throws(StorageError) in
      let current = try storage.contents(
        JournalLayout.checkpoint, byteCountMax: SignedNote.byteCountMax)
      let bytes = try CheckpointBytes(storage)
      return State(
        historyBytes: bytes,
        history: try CheckpointHistory(
          bytes, isSigned: isSigned, trust: trust, collecting: size),
        currentBytes: current, current: current.flatMap { StoredCheckpoint($0) })
    }
  }
}

extension CheckpointFiles.State {
  /// The first thing in the two files that no writer of ours leaves behind, whenever it stops.
  func damage(origin: String, isSigned: Bool) -> JournalDamage? {
    if let offset = history.damageOffset {
      return damage(JournalLayout.checkpoints, offset, "a later checkpoint", "another")
    }
    if let first = history.first, first.origin != origin {
      return damage(JournalLayout.checkpoints, 0, "origin \(origin)", first.origin)
    }
    if isSigned, let newest = history.newest, newest.note == nil {
      return damage(JournalLayout.checkpoints, 0, "a signed newest checkpoint", "an unsigned one")
    }
    return tailDamage() ?? currentDamage(isSigned: isSigned)
  }

  private func tailDamage() -> JournalDamage? {
    guard history.tailByteCount > 0 else { return nil }
    let isTorn =
      history.tailByteCount <= SignedNote.byteCountMax
      && current?.checkpoint == history.newest?.checkpoint
      && (currentBytes == nil) == (history.count == 0)
    if isTorn { return nil }
    return damage(
      JournalLayout.checkpoints, history.wholeByteCount, "a checkpoint",
      "\(history.tailByteCount) other bytes")
  }

  private func currentDamage(isSigned: Bool) -> JournalDamage? {
    let last = history.newest?.checkpoint
    guard let currentBytes else {
      if history.count < 2 { return nil }
      return damage(JournalLayout.checkpoint, 0, "the newest checkpoint", "no file")
    }
    guard let current else {
      return damage(
        JournalLayout.checkpoint, 0, "a checkpoint", "\(currentBytes.count) other bytes")
    }
    if isSigned, current.note == nil {
      return damage(JournalLayout.checkpoint, 0, "a signed checkpoint", "an unsigned one")
    }
    if history.isNewest(current.checkpoint) { return nil }
    let found = current.checkpoint
    return damage(
      JournalLayout.checkpoint, 0, last.map { "size \($0.size) root \($0.root.hex)" } ?? "no file",
      "size \(found.size) root \(found.root.hex)")
  }

  /// The newest of each file must be signed by `key`, where it is signed.
  func refusedSignature(under key: VerifierKey) -> JournalDamage? {
    let trust = CheckpointTrust(logKey: key)
    for (file, stored) in [
      (JournalLayout.checkpoints, history.newest), (JournalLayout.checkpoint, current),
    ] {
      guard let stored, case .refused(let error) = trust.judge(stored).signature else { continue }
      return damage(file, 0, "a signature of \(key.vkey)", "\(error)")
    }
    return nil
  }

  private func damage(
    _ file: String, _ offset: Int, _ expected: String, _ found: String
  ) -> JournalDamage {
    JournalDamage(file: file, index: nil, byteOffset: offset, expected: expected, found: found)
  }
}
