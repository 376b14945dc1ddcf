/// What a hand asks of the writer: one JSON object, one line.
///
///     {"v":1,"request":"append","record":{"v":1,"kind":"control",…}}
///     {"v":1,"request":"checkpoint"}
///     {"v":1,"request":"keep","note":"edge-1\n19\n…"}
package enum WriterRequest: Sendable, Equatable {
  /// Take in this record, and say so once it is on stable storage.
  case append(Record)
  /// Sign a checkpoint over everything now.
  case checkpoint
  /// Keep the cosignatures on a checkpoint of this journal.
  case keep(SignedCheckpoint)

  /// The version of the protocol, in both directions.
  static let version = 1
  /// Bytes of the longest line either way, its newline not counted. 1 MiB.
  package static let lineByteCountMax = 1 << 20

  /// The line, with its newline.
  package var line: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("v", WriterRequest.version)
    switch self {
    case .append(let record):
      writer.field("request", "append")
      writer.field("record", json: record.encoded())
    case .checkpoint:
      writer.field("request", "checkpoint")
    case .keep(let note):
      writer.field("request", "keep")
      writer.field("note", String(decoding: note.note.bytes, as: UTF8.self))
    }
    writer.endObject()
    return writer.bytes + [0x0A]
  }

  /// About what the request takes in memory while it waits, in bytes.
  var byteCount: Int {
    switch self {
    case .append(let record): 1024 + (record.header.original?.count ?? 0)
    case .checkpoint: 64
    case .keep(let note): 1024 + note.note.bytes.count
    }
  }
}

/// Reads requests, line by line; its buffers keep their capacity.
package struct WriterRequestParser: Sendable {
  private var line = JSONDocument()
  private var entry = JSONDocument()

  package init() {}

  /// Reads a line without its newline; what is wrong with it otherwise.
  package mutating func parse(_ bytes: Span<UInt8>) -> Result<WriterRequest, WriterRefusal> {
    do {
      try line.parse(bytes)
    } catch {
      return refused(.malformed, "\(error.reason.rawValue) at byte \(error.byteOffset)")
    }
    guard line.kind(line.root) == .object else { return refused(.malformed, "no JSON object") }
    let version = line.member(line.root, "v").flatMap { line.integer($0) }
    guard version == Int64(WriterRequest.version) else {
      let found = version.map(String.init) ?? "absent"
      return refused(.unknownVersion, "v \(found), expected \(WriterRequest.version)")
    }
    switch line.member(line.root, "request").flatMap({ line.string($0) }) {
    case "append": return append()
    case "checkpoint": return .success(.checkpoint)
    case "keep": return keep()
    default: return refused(.unknownRequest, "expected request append, checkpoint or keep")
    }
  }

  /// Checks the form; whether the note is this journal's is for the journal to say.
  private func keep() -> Result<WriterRequest, WriterRefusal> {
    guard let text = line.member(line.root, "note").flatMap({ line.string($0) }) else {
      return refused(.unfitNote, "found no note, expected the text of a signed checkpoint")
    }
    do {
      return .success(.keep(try SignedCheckpoint(Array(text.utf8))))
    } catch {
      return refused(.unfitNote, error.description)
    }
  }

  private mutating func append() -> Result<WriterRequest, WriterRefusal> {
    guard let member = line.member(line.root, "record") else {
      return refused(.unfitRecord, "record is absent")
    }
    let range = line.textRange(member)
    let bytes = line.bytes
    do {
      try entry.parse(bytes.span.extracting(range))
      return .success(.append(try Record(entry)))
    } catch let error as RecordError {
      return refused(.unfitRecord, "\(error.reason.rawValue) \(error.key)")
    } catch {
      return refused(.malformed, "record: \(error)")
    }
  }

  private func refused(
    _ reason: WriterRefusal.Reason, _ detail: String
  ) -> Result<WriterRequest, WriterRefusal> {
    .failure(WriterRefusal(reason, detail))
  }
}
