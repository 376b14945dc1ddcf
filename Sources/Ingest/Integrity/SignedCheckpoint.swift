/// A checkpoint whose signatures have the right form; they count only once verified.
package struct SignedCheckpoint: Hashable, Sendable {
  package let checkpoint: Checkpoint
  package private(set) var note: SignedNote

  /// A note over that checkpoint's body.
  package init(_ checkpoint: Checkpoint, _ note: SignedNote) {
    self.checkpoint = checkpoint
    self.note = note
  }

  /// Signs a checkpoint.
  package init(_ checkpoint: Checkpoint, by signer: NoteSigner) {
    self.init(checkpoint, signer.note(checkpoint))
  }

  /// Reads exactly one signed note over exactly one checkpoint body.
  package init(_ bytes: [UInt8]) throws(CheckpointError) {
    do throws(NoteError) {
      note = try SignedNote(bytes)
    } catch {
      throw .note(error)
    }
    guard let checkpoint = Checkpoint(body: note.text) else { throw .body }
    self.checkpoint = checkpoint
  }

  /// Reads, and checks that `key` signed it for the log of the key's name.
  package init(_ bytes: [UInt8], by key: VerifierKey) throws(CheckpointError) {
    try self.init(bytes)
    try verify(by: key)
  }

  /// Throws unless the log's key signed it, and the log is the one that the key is named after.
  package func verify(by key: VerifierKey) throws(CheckpointError) {
    guard checkpoint.origin.utf8.elementsEqual(key.name.utf8) else {
      throw .origin(found: checkpoint.origin, expected: key.name)
    }
    do throws(NoteError) {
      _ = try note.verified(under: [key])
    } catch {
      throw .note(error)
    }
  }

  /// Adds signature lines, as `SignedNote.merge`; how many.
  package mutating func merge(_ signatures: [NoteSignature]) -> Int { note.merge(signatures) }
}

/// Why bytes are no checkpoint to go by.
package enum CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
  case note(NoteError)
  /// The signed text is not origin, size and root.
  case body
  case origin(found: String, expected: String)

  package var description: String {
    switch self {
    case .note(let error): "checkpoint: \(error)"
    case .body: "checkpoint: expected three lines: origin, size, root in base64"
    case .origin(let found, let expected):
      "checkpoint: origin: found \(JSON5Scanner.quoted(found)), expected \(JSON5Scanner.quoted(expected))"
    }
  }
}
