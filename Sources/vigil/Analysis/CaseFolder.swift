import Ingest
import Report

/// A case on disk: a journal of its own, and `evidence/` with a proof file for each picked entry.
struct CaseFolder {
  static let evidence = "evidence"

  let directory: String
  private let storage: any JournalStorage
  private let tool: Tool

  init(_ directory: String, _ tool: Tool) throws {
    self.directory = directory
    self.tool = tool
    storage = try JournalOpening.forReading(directory)
    guard try JournalIdentity.exists(in: storage) else {
      throw JournalError.notAJournal(found: "no \(JournalLayout.settings)")
    }
  }

  /// Makes the folder, its key and its first step. Throws when there is a case already.
  static func make(
    _ directory: String, origin: String?, title: String, by person: String, _ tool: Tool
  ) throws -> CaseFolder {
    let name = origin ?? "case/" + Assembly.hostName()
    let journal = try JournalOpening.forWriting(directory, origin: name, now: tool.now(), tool)
    guard journal.isNew else {
      try journal.close(at: tool.now())
      throw UsageError("\(Quotation.quoted(directory)): expected no journal yet")
    }
    let event = CaseEvent(.opened, by: person, at: tool.now(), text: title)
    _ = try journal.append(event.record(serial: 0), at: tool.now())
    try journal.close(at: tool.now())
    return try CaseFolder(directory, tool)
  }

  /// The steps so far, in their order. Throws damage at an entry that is no record.
  func events() throws -> [CaseEvent] {
    var document = JSONDocument()
    var events: [CaseEvent] = []
    for entry in try entries() {
      try document.parse(entry.span)
      if let event = CaseEvent(try Record(document)) { events.append(event) }
    }
    return events
  }

  /// Appends steps, each durable before the next.
  func append(_ events: [CaseEvent]) throws {
    guard try self.events().first?.kind == .opened else {
      throw UsageError("\(Quotation.quoted(directory)): expected a case (vigil case new)")
    }
    var serial = try JournalReader(storage).entryCount
    guard serial + events.count <= CaseFile.entryCountMax else {
      throw UsageError("a case of \(serial) entries: expected \(CaseFile.entryCountMax) or fewer")
    }
    let hand = try JournalHand(directory: directory, now: tool.now)
    for event in events {
      _ = try hand.append(event.record(serial: serial))
      serial += 1
    }
    try hand.close()
  }

  /// Keeps a proof file under the hash of its bytes, durably; gives that.
  func keep(_ proof: [UInt8]) throws -> String {
    let name = SHA256.digest(proof.span).hex
    try storage.createDirectory(CaseFolder.evidence)
    let path = "\(CaseFolder.evidence)/\(name).\(InclusionProof.fileExtension)"
    if try storage.contents(path, byteCountMax: InclusionProof.byteCountMax) != proof {
      try storage.replace(path, with: proof.span, .group)
    }
    return name
  }

  /// The whole case under its newest checkpoint, which a step has just been signed into.
  func file() throws -> CaseFile {
    let identity = try JournalReader(storage).identity
    guard let head = try StoredCheckpoint.newest(in: storage), let signed = head.signed,
      let vkey = identity.vkey
    else { throw TilesError.noCheckpoint }
    let names = try events().compactMap { $0.entry?.proofSHA256 }
    var proofs: [[UInt8]] = []
    for name in Set(names).sorted() {
      let path = "\(CaseFolder.evidence)/\(name).\(InclusionProof.fileExtension)"
      guard let bytes = try storage.contents(path, byteCountMax: InclusionProof.byteCountMax) else {
        throw JournalError.damage(
          JournalDamage(
            file: path, index: nil, byteOffset: 0, expected: "a proof file", found: "none"))
      }
      proofs.append(bytes)
    }
    return CaseFile(
      origin: identity.origin, vkey: vkey.vkey, checkpoint: signed.note.bytes,
      entries: Array(try entries().prefix(signed.checkpoint.size)), proofs: proofs)
  }

  private func entries() throws -> [[UInt8]] {
    var cursor = try JournalReader(storage).cursor()
    var entries: [[UInt8]] = []
    while try cursor.next() != nil, entries.count <= CaseFile.entryCountMax {
      var bytes: [UInt8] = []
      bytes.append(copying: cursor.bytes)
      entries.append(bytes)
    }
    return entries
  }
}

/// Who does something, for the record; nobody checks the name.
enum Person {
  static func named(_ arguments: ParsedArguments) throws(UsageError) -> String {
    let name = arguments.value("--by") ?? Assembly.loginName()
    guard let name, !name.isEmpty, name.utf8.count <= FieldLimit.identifier.byteCount else {
      throw UsageError("--by is missing: expected who does this")
    }
    return name
  }
}
