/// What became of a record, told once it can no longer be lost.
package enum Acknowledgement: Sendable, Hashable {
  /// It is the entry at this index, on stable storage.
  case appended(index: Int)
  /// The same content under the same source and id is there already, on stable storage.
  case duplicate
  /// It is the entry at this index, though another content has its source and id; the conflict is
  /// recorded.
  case conflict(index: Int)

  package init(_ outcome: AppendOutcome) {
    switch outcome {
    case .appended(let index): self = .appended(index: index)
    case .duplicate: self = .duplicate
    case .conflict(let index): self = .conflict(index: index)
    }
  }
}

/// Why the writer did not do what was asked; nothing of it was taken in, or (`stopped`) it is
/// unknown whether it was.
package struct WriterRefusal: Error, Sendable, Hashable {
  package enum Reason: String, Sendable, CaseIterable {
    /// A line that is no JSON object.
    case malformed
    /// A line longer than `WriterRequest.lineByteCountMax`; the connection ends.
    case tooLong = "too_long"
    /// Another `v`.
    case unknownVersion = "unknown_version"
    case unknownRequest = "unknown_request"
    /// No record, or one that no cutting makes an entry.
    case unfitRecord = "unfit_record"
    /// No signed checkpoint.
    case unfitNote = "unfit_note"
    /// A checkpoint that this journal never signed.
    case foreignNote = "foreign_note"
    /// A write or sync of the writer failed; `detail` names the first index not taken.
    case stopped
    /// The writer is about to end; ask again, of its successor or of the journal itself.
    case closing
  }

  package let reason: Reason
  /// What was found and what was expected; lower case.
  package let detail: String

  package init(_ reason: Reason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }
}

extension WriterRefusal: CustomStringConvertible {
  package var description: String { "writer: \(reason.rawValue): \(detail)" }
}

/// The writer's answer to a request: one JSON object, one line.
///
///     {"v":1,"answer":"appended","index":17}
///     {"v":1,"answer":"duplicate"}
///     {"v":1,"answer":"conflict","index":18}
///     {"v":1,"answer":"checkpoint","note":"edge-1\n19\n…"}
///     {"v":1,"answer":"no_checkpoint"}
///     {"v":1,"answer":"kept"}
///     {"v":1,"answer":"refused","reason":"closing","detail":"…"}
package enum WriterAnswer: Sendable, Hashable {
  case acknowledged(Acknowledgement)
  /// The newest one with the signatures that it has; nil while there are no entries.
  case checkpoint(SignedCheckpoint?)
  /// The cosignatures are on stable storage.
  case kept
  case refused(WriterRefusal)

  /// Bytes of the longest line: the longest note fits in, `detail` is cut. 1 MiB.
  package static let lineByteCountMax = WriterRequest.lineByteCountMax
  private static let detailByteCountMax = 400

  /// The JSON object, without a newline.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("v", WriterRequest.version)
    switch self {
    case .acknowledged(.appended(let index)):
      writer.field("answer", "appended")
      writer.field("index", index)
    case .acknowledged(.duplicate):
      writer.field("answer", "duplicate")
    case .acknowledged(.conflict(let index)):
      writer.field("answer", "conflict")
      writer.field("index", index)
    case .checkpoint(let note?):
      writer.field("answer", "checkpoint")
      writer.field("note", String(decoding: note.note.bytes, as: UTF8.self))
    case .checkpoint(nil):
      writer.field("answer", "no_checkpoint")
    case .kept:
      writer.field("answer", "kept")
    case .refused(let refusal):
      writer.field("answer", "refused")
      writer.field("reason", refusal.reason.rawValue)
      let limit = WriterAnswer.detailByteCountMax
      writer.field("detail", FieldLimit.prefix(refusal.detail, byteCount: limit))
    }
    writer.endObject()
    return writer.bytes
  }

  package var line: [UInt8] { json + [0x0A] }

  /// Reads a line without its newline; nil for anything that is no answer of this version.
  package init?(_ bytes: Span<UInt8>) {
    var document = JSONDocument()
    do { try document.parse(bytes) } catch { return nil }
    let root = document.root
    func text(_ name: StaticString) -> String? {
      document.member(root, name).flatMap { document.string($0) }
    }
    func number(_ name: StaticString) -> Int? {
      document.member(root, name).flatMap { document.integer($0) }.flatMap { Int(exactly: $0) }
        .flatMap { $0 >= 0 ? $0 : nil }
    }
    guard number("v") == WriterRequest.version, let word = text("answer") else { return nil }
    switch (word, number("index")) {
    case ("appended", let index?): self = .acknowledged(.appended(index: index))
    case ("duplicate", nil): self = .acknowledged(.duplicate)
    case ("conflict", let index?): self = .acknowledged(.conflict(index: index))
    case ("checkpoint", nil):
      guard let note = text("note"), let signed = try? SignedCheckpoint(Array(note.utf8)) else {
        return nil
      }
      self = .checkpoint(signed)
    case ("no_checkpoint", nil): self = .checkpoint(nil)
    case ("kept", nil): self = .kept
    case ("refused", nil):
      guard let reason = text("reason").flatMap(WriterRefusal.Reason.init(rawValue:)) else {
        return nil
      }
      self = .refused(WriterRefusal(reason, text("detail") ?? ""))
    default: return nil
    }
  }
}
