package import Ingest

/// One step of an investigation, as an entry of the case's own journal.
///
/// A `control` record of event `notice` and source `vigil/case`: `principal` is the person, `subject`
/// the kind of step, `reason` what a person reads; `original` holds the step's facts, one JSON object.
package struct CaseEvent: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case opened, query, entry, note, exported
  }

  /// A question to a journal, and how it was answered.
  package struct QueryFact: Sendable, Equatable {
    /// Empty for every record.
    package var filter: String
    /// What durations in it are counted back from.
    package var now: Timestamp
    /// Entries of the journal when it was asked.
    package var entryCount: Int
    package var matchCount: Int
    /// SHA-256, hex, of the matching indexes in decimal, each with a newline.
    package var indexesSHA256: String

    package init(
      filter: String, now: Timestamp, entryCount: Int, matchCount: Int, indexesSHA256: String
    ) {
      self.filter = filter
      self.now = now
      self.entryCount = entryCount
      self.matchCount = matchCount
      self.indexesSHA256 = indexesSHA256
    }
  }

  /// An entry that was picked: its bytes are in a proof file of the case.
  package struct EntryFact: Sendable, Equatable {
    package var index: Int
    /// Leaf hash, hex.
    package var leaf: String
    /// SHA-256, hex, of the proof file, and its name in `evidence/`.
    package var proofSHA256: String
    /// Entries under the checkpoint that proves it.
    package var checkpointSize: Int

    package init(index: Int, leaf: String, proofSHA256: String, checkpointSize: Int) {
      self.index = index
      self.leaf = leaf
      self.proofSHA256 = proofSHA256
      self.checkpointSize = checkpointSize
    }
  }

  package static let source = "vigil/case"
  /// Bytes of a note or a title.
  package static let textByteCountMax = 8192

  package var kind: Kind
  package var person: String
  package var at: Timestamp
  /// The title, the note, or the name of the exported file.
  package var text: String
  /// Origin and vkey of the journal that a query or an entry is of.
  package var journal: String?
  package var vkey: String?
  package var query: QueryFact?
  package var entry: EntryFact?

  package init(_ kind: Kind, by person: String, at: Timestamp, text: String) {
    self.kind = kind
    self.person = person
    self.at = at
    self.text = text
  }
}

extension CaseEvent {
  private static let version = 1

  /// - Parameter serial: how many entries the case had: two equal notes are two steps.
  package func record(serial: Int) -> Record {
    var control = ControlRecord(event: .notice)
    control.principal = person
    control.subject = "case \(kind.rawValue)"
    control.reason = FieldLimit.prefix(summary, byteCount: FieldLimit.text.byteCount)
    let facts = facts
    let name = Array("\(serial)\n\(at.rfc3339)\n\(person)\n".utf8) + facts
    var header = RecordHeader(
      timestamp: at, source: CaseEvent.source,
      id: String(SHA256.digest(name.span).hex.prefix(32)))
    header.original = facts
    return Record(header: header, body: .control(control))
  }

  /// One sentence; what came from outside is not escaped.
  package var summary: String {
    switch kind {
    case .opened, .note: return text
    case .exported: return "exported to \(text)"
    case .query:
      let filter = query?.filter ?? ""
      return
        "\(Quantity.count(query?.matchCount ?? 0)) of \(Quantity.count(query?.entryCount ?? 0)) entries of "
        + "\(journal ?? "-") match \(filter.isEmpty ? "everything" : filter)"
    case .entry:
      return "entry \(entry?.index ?? -1) of \(journal ?? "-")" + (text.isEmpty ? "" : ": \(text)")
    }
  }

  private var facts: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("vigil_case", CaseEvent.version)
    writer.field("step", kind.rawValue)
    writer.field("text", text)
    writer.field("journal", journal)
    writer.field("vkey", vkey)
    if let query {
      writer.field("filter", query.filter)
      writer.field("now", query.now)
      writer.field("entries", query.entryCount)
      writer.field("matches", query.matchCount)
      writer.field("indexes_sha256", query.indexesSHA256)
    }
    if let entry {
      writer.field("index", entry.index)
      writer.field("leaf", entry.leaf)
      writer.field("proof_sha256", entry.proofSHA256)
      writer.field("checkpoint_size", entry.checkpointSize)
    }
    writer.endObject()
    return writer.bytes
  }

  /// Nil for a record that is no step of a case, or one whose facts do not fit its kind.
  package init?(_ record: Record) {
    guard record.header.source.utf8.elementsEqual(CaseEvent.source.utf8),
      case .control(let control) = record.body,
      let original = record.header.original, let person = control.principal
    else { return nil }
    var document = JSONDocument()
    do { try document.parse(original.span) } catch { return nil }
    let facts = CaseFacts(document: document)
    guard facts.number("vigil_case") == CaseEvent.version,
      let kind = facts.text("step").flatMap(Kind.init), let text = facts.text("text")
    else { return nil }
    self.init(kind, by: person, at: record.header.timestamp, text: text)
    journal = facts.text("journal")
    vkey = facts.text("vkey")
    query = facts.query
    entry = facts.entry
    guard (kind == .query) == (query != nil), (kind == .entry) == (entry != nil) else { return nil }
    if kind == .query || kind == .entry { guard journal != nil, vkey != nil else { return nil } }
  }
}

/// The facts of a step, by key.
private struct CaseFacts {
  let document: JSONDocument

  func text(_ key: StaticString) -> String? {
    document.member(document.root, key).flatMap { document.string($0) }
  }

  func number(_ key: StaticString) -> Int? {
    document.member(document.root, key).flatMap { document.integer($0) }.flatMap {
      Int(exactly: $0)
    }
  }

  var query: CaseEvent.QueryFact? {
    guard let filter = text("filter"), let now = text("now").flatMap({ Timestamp(rfc3339: $0) }),
      let entries = number("entries"), let matches = number("matches"),
      let digest = text("indexes_sha256")
    else { return nil }
    return CaseEvent.QueryFact(
      filter: filter, now: now, entryCount: entries, matchCount: matches, indexesSHA256: digest)
  }

  var entry: CaseEvent.EntryFact? {
    guard let index = number("index"), let leaf = text("leaf"), let proof = text("proof_sha256"),
      let size = number("checkpoint_size")
    else { return nil }
    return CaseEvent.EntryFact(
      index: index, leaf: leaf, proofSHA256: proof, checkpointSize: size)
  }
}
