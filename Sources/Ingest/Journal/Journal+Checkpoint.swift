/// Checkpoints on request, and what witnesses add to them.
extension Journal {
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
      let count = entryCount - (newestCheckpoint?.size ?? 0)
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
  /// Only lines of keys that have not signed it yet are added to the note as it is kept; nothing is
  /// written without any. Throws `.foreignCheckpoint`, and goes on, unless this journal's key signed
  /// the note and `checkpoints` has it. Whether the other signatures are any good is not looked at.
  /// Cost: for one that is not among the newest 32 of this handle, reads `checkpoints`.
  package func keep(_ note: SignedCheckpoint) throws(JournalError) {
    try requireOpen()
    do throws(CheckpointError) {
      try note.verify(by: vkey)
    } catch {
      throw .foreignCheckpoint(error)
    }
    let known = try checkpoints.signed(size: note.checkpoint.size)
    guard var merged = known, merged.checkpoint == note.checkpoint else {
      throw .foreignCheckpoint(nil)
    }
    guard merged.merge(note.note.signatures) > 0 else { return }
    let fresh = merged
    try attempt { () throws(StorageError) in try checkpoints.add(fresh) }
  }
}
