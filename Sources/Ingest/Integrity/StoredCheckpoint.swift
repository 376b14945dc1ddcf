/// A checkpoint as the journal's files hold it: a signed note, or the bare body of the time before
/// the journal had a key.
package struct StoredCheckpoint: Hashable, Sendable {
  package let checkpoint: Checkpoint
  /// Nil for a bare body.
  package let note: SignedNote?

  /// A signed one.
  package init(_ signed: SignedCheckpoint) {
    checkpoint = signed.checkpoint
    note = signed.note
  }

  /// A bare body.
  package init(unsigned checkpoint: Checkpoint) {
    self.checkpoint = checkpoint
    note = nil
  }

  /// Reads the file `checkpoint`, or one kept elsewhere: a note, a body, or a body and an empty line.
  package init?(_ bytes: [UInt8]) {
    if let signed = try? SignedCheckpoint(bytes) {
      self.init(signed)
      return
    }
    let isPadded = bytes.count > 2 && bytes.suffix(2).allSatisfy { $0 == 0x0A }
    guard let checkpoint = Checkpoint(body: isPadded ? Array(bytes.dropLast()) : bytes) else {
      return nil
    }
    self.init(unsigned: checkpoint)
  }

  /// The bytes of the file `checkpoint`.
  package var bytes: [UInt8] { note?.bytes ?? Array(checkpoint.body.utf8) }

  /// The bytes that add it to the file `checkpoints`: a bare body gets an empty line behind it.
  package var historyBytes: [UInt8] { note?.bytes ?? Array((checkpoint.body + "\n").utf8) }

  /// The note as a signed checkpoint; nil for a bare body.
  package var signed: SignedCheckpoint? { note.map { SignedCheckpoint(checkpoint, $0) } }
}
