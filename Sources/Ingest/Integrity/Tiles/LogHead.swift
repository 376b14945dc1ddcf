/// The newest checkpoint of a journal or of a published log, as its file has it.
package struct LogHead: Sendable, Equatable {
  package let checkpoint: Checkpoint
  /// The file's bytes: a signed note, copied as they are.
  package let bytes: [UInt8]

  /// Nil for an unsigned body, as journals of earlier versions have it.
  package let signed: SignedCheckpoint?

  /// Nil unless the bytes are a signed checkpoint. Its signatures are not checked here.
  package init?(_ bytes: [UInt8]) {
    if let signed = try? SignedCheckpoint(bytes) {
      checkpoint = signed.checkpoint
      self.signed = signed
    } else if let body = Checkpoint(body: bytes) {
      checkpoint = body
      signed = nil
    } else {
      return nil
    }
    self.bytes = bytes
  }

  init(_ signed: SignedCheckpoint) {
    checkpoint = signed.checkpoint
    bytes = signed.note.bytes
    self.signed = signed
  }

  /// Reads the file `checkpoint` of a directory; nil when there is none.
  ///
  /// Throws a disagreement when the file is no checkpoint.
  package static func read(_ storage: any JournalStorage) throws(TilesError) -> LogHead? {
    let bytes = try TilesError.published { () throws(StorageError) in
      try storage.contents(JournalLayout.checkpoint, byteCountMax: SignedNote.byteCountMax)
    }
    guard let bytes else { return nil }
    guard let head = LogHead(bytes) else {
      throw .disagreement(
        JournalLayout.checkpoint, expected: "a checkpoint", found: "\(bytes.count) other bytes")
    }
    return head
  }
}
