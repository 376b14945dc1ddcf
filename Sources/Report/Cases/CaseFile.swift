import Ingest

/// A case as one JSON file: every entry of its journal, the checkpoint over them, every proof.
///
/// `entries` are the journal's lines as strings, so that anyone can hash them; `checkpoint` is the
/// signed note over just those; `evidence` are C2SP tlog-proofs that carry the picked entries.
package struct CaseFile: Sendable, Equatable {
  package static let format = "vigil-case/1"
  /// Bytes of a file that is read.
  package static let byteCountMax = 512 << 20
  /// Entries of a case's journal, and proofs.
  package static let entryCountMax = 100_000
  package static let proofCountMax = 2000

  package var origin: String
  package var vkey: String
  /// The signed note.
  package var checkpoint: [UInt8]
  package var entries: [[UInt8]]
  /// Proof files, in the order of their names.
  package var proofs: [[UInt8]]

  package init(
    origin: String, vkey: String, checkpoint: [UInt8], entries: [[UInt8]], proofs: [[UInt8]]
  ) {
    self.origin = origin
    self.vkey = vkey
    self.checkpoint = checkpoint
    self.entries = entries
    self.proofs = proofs
  }

  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("format", CaseFile.format)
    writer.field("origin", origin)
    writer.field("vkey", vkey)
    writer.field("checkpoint", String(decoding: checkpoint, as: UTF8.self))
    writer.beginArray("entries")
    for entry in entries { writer.element(String(decoding: entry, as: UTF8.self)) }
    writer.endArray()
    writer.beginArray("evidence")
    for proof in proofs { writer.element(String(decoding: proof, as: UTF8.self)) }
    writer.endArray()
    writer.endObject()
    return writer.bytes + [0x0A]
  }

  /// Nil for bytes that are no case file, or one beyond its limits.
  package init?(_ bytes: [UInt8]) {
    var document = JSONDocument()
    let text = bytes.last == 0x0A ? bytes.dropLast() : bytes
    do { try document.parse(text.span) } catch { return nil }
    func string(_ key: StaticString) -> String? {
      document.member(document.root, key).flatMap { document.string($0) }
    }
    func list(_ key: StaticString) -> [[UInt8]]? {
      guard let array = document.member(document.root, key), document.kind(array) == .array else {
        return nil
      }
      var result: [[UInt8]] = []
      var isWhole = true
      document.forEachElement(array) { element in
        if document.kind(element) == .string {
          result.append(document.unescapedBytes(element))
        } else {
          isWhole = false
        }
      }
      return isWhole ? result : nil
    }
    guard string("format") == CaseFile.format, let origin = string("origin"),
      let vkey = string("vkey"), let checkpoint = string("checkpoint"),
      let entries = list("entries"), let proofs = list("evidence"),
      entries.count <= CaseFile.entryCountMax, proofs.count <= CaseFile.proofCountMax
    else { return nil }
    self.init(
      origin: origin, vkey: vkey, checkpoint: Array(checkpoint.utf8), entries: entries,
      proofs: proofs)
  }
}
