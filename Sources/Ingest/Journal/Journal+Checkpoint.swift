/// What `vigil checkpoint` asks of a journal's writer: of a running one, or of itself, with the lock.
package protocol CheckpointWriter {
  /// The newest checkpoint, signed now when there is news; nil for a journal without entries.
  func signCheckpoint(at now: Timestamp) throws -> SignedCheckpoint?

  /// Keeps the signatures that `note` has beyond the log's own.
  func keep(_ note: SignedCheckpoint) throws
}

extension Journal: CheckpointWriter {
  /// The newest checkpoint with the signatures that it has; nil without one. Also once closed.
  package var newestSignedCheckpoint: SignedCheckpoint? { checkpoints.newest?.signed }

  /// Signs a checkpoint on request, and records the request (`checkpoint_signed`) as the last entry
  /// that it covers; the newest one there is when it covers everything already.
  ///
  /// Checkpoints signed on the way, every ten seconds and at the close, are not recorded: each
  /// record would be news that asks for the next checkpoint.
  package func signCheckpoint(at now: Timestamp) throws(JournalError) -> SignedCheckpoint? {
    try commit()
    if hasUncoveredEntries {
      let count = tree.size - (newestCheckpoint?.size ?? 0)
      try recordOpening(at: now)
      try appendControl(.checkpointSigned, at: now) { control in
        control.subject = vkey.vkey
        control.reason = "asked for"
        control.counts = [ControlRecord.Count("not_yet_covered", count)]
      }
      try checkpoint()
    }
    return newestSignedCheckpoint
  }

  /// Adds cosignatures to a checkpoint of this journal's, durably, in `checkpoints`, and in
  /// `checkpoint` when it is the newest.
  ///
  /// Throws `.foreignCheckpoint` unless this journal's key signed it and `checkpoints` has it.
  /// Whether the other signatures are any good is not looked at.
  /// Cost: for one that is not the newest, reads `checkpoints`.
  package func keep(_ note: SignedCheckpoint) throws(JournalError) {
    try requireOpen()
    do throws(CheckpointError) {
      try note.verify(by: vkey)
    } catch {
      throw .foreignCheckpoint(error)
    }
    var merged = note
    if let newest = checkpoints.newest, newest.checkpoint == note.checkpoint {
      guard var known = newest.signed, known.merge(note.note.signatures) > 0 else { return }
      merged = known
    } else {
      let history = try CheckpointFiles.read(storage, isSigned: true).history
      guard history.checkpoint(size: note.checkpoint.size) == note.checkpoint else {
        throw .foreignCheckpoint(nil)
      }
    }
    try attempt { () throws(StorageError) in try checkpoints.add(merged) }
  }
}
