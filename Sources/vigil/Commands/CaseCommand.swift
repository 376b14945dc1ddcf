import Ingest
import Report

/// `vigil case`: an investigation's own append-only folder.
enum CaseCommand: Command {
  static let specification = CommandSpecification(
    name: "case",
    summary: "keep an investigation: queries, picked entries and notes, signed and provable",
    synopsis:
      "new --title T | add (INDEX… | --where FILTER) --journal DIR | note TEXT | list | export "
      + "--out FILE  (--case DIR) [--by NAME], or check FILE [--vkey VKEY…]",
    options: [
      .init("--case", "DIR", "the case's folder; new makes it"),
      .init("--title", "T", "what a new case is about"),
      .init(
        "--origin", "NAME", "name of a new case in its checkpoints; default: case/ and the host"),
      .init("--by", "NAME", "who does this; default: the login name"),
      .init("--journal", "DIR", "the journal to pick entries from"),
      .init("--where", "FILTER", "pick every entry that this asks for (Documentation/Query.md)"),
      .init("--now", "T", "what durations in the filter are counted back from; default: the clock"),
      .init("--comment", "TEXT", "why these entries were picked"),
      .init("--out", "FILE", "where export writes"),
      .init(
        "--vkey", "VKEY", isRepeatable: true,
        "check only under these keys, of the case and of the journals it picked from"),
      .init("--format", "F", choices: ["table", "jsonl"], "how list prints"),
    ],
    operand: "verb", operandIsRequired: true,
    discussion: [
      "A case is a journal of its own (vigil verify checks it) and evidence/, where each picked entry "
        + "lies as a tlog-proof that carries its bytes (vigil check-proof checks it). Picking needs a "
        + "checkpoint over the entry: vigil checkpoint signs one. vigil query --case notes a query.",
      "export writes one JSON file: every entry of the case's journal, the checkpoint over them, and all "
        + "proofs. check needs nothing else, and says so where a key was taken from the file itself.",
    ])

  /// Entries picked by one command.
  private static let pickCountMax = 500

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let rest = Array(arguments.operands.dropFirst())
    switch arguments.operands.first {
    case "new": return try new(arguments, rest, tool)
    case "add": return try add(arguments, rest, tool)
    case "note": return try note(arguments, rest, tool)
    case "list": return try list(arguments, rest, tool)
    case "export": return try export(arguments, rest, tool)
    case "check": return try check(arguments, rest, tool)
    default:
      throw UsageError(
        "\(Quotation.quoted(arguments.operands.first ?? "")): expected new, add, note, list, export "
          + "or check")
    }
  }

  private static func expectNone(_ rest: [String], _ verb: String) throws(UsageError) {
    guard let first = rest.first else { return }
    throw UsageError("\(verb) \(Quotation.quoted(first)): expected nothing more")
  }

  private static func folder(_ arguments: ParsedArguments, _ tool: Tool) throws -> CaseFolder {
    try CaseFolder(arguments.required("--case"), tool)
  }

  private static func text(_ text: String, _ what: String) throws(UsageError) -> String {
    guard !text.isEmpty, text.utf8.count <= CaseEvent.textByteCountMax else {
      throw UsageError(
        "\(what) of \(text.utf8.count) bytes: expected 1 to \(CaseEvent.textByteCountMax)")
    }
    return text
  }

  private static func new(
    _ arguments: ParsedArguments, _ rest: [String], _ tool: Tool
  ) throws -> ExitStatus {
    try expectNone(rest, "new")
    let title = try text(arguments.required("--title"), "--title")
    _ = try CaseFolder.make(
      arguments.required("--case"), origin: arguments.value("--origin"), title: title,
      by: Person.named(arguments), tool)
    return .done
  }

  private static func note(
    _ arguments: ParsedArguments, _ rest: [String], _ tool: Tool
  ) throws -> ExitStatus {
    let text = try text(rest.joined(separator: " "), "a note")
    let event = CaseEvent(.note, by: try Person.named(arguments), at: tool.now(), text: text)
    try folder(arguments, tool).append([event])
    return .done
  }

  private static func list(
    _ arguments: ParsedArguments, _ rest: [String], _ tool: Tool
  ) throws -> ExitStatus {
    try expectNone(rest, "list")
    let events = try folder(arguments, tool).events()
    if arguments.value("--format") == "jsonl" {
      CaseTable.forEachObject(events) { tool.print(bytes: $0) }
    } else {
      for line in CaseTable.lines(events, width: tool.outputWidth, style: tool.style) {
        tool.print(line)
      }
    }
    return .done
  }

  private static func add(
    _ arguments: ParsedArguments, _ rest: [String], _ tool: Tool
  ) throws -> ExitStatus {
    let folder = try folder(arguments, tool)
    let person = try Person.named(arguments)
    let comment = arguments.value("--comment") ?? ""
    guard comment.utf8.count <= CaseEvent.textByteCountMax else {
      throw UsageError("--comment: expected \(CaseEvent.textByteCountMax) bytes or fewer")
    }
    let storage = try JournalOpening.forReading(try arguments.required("--journal"))
    let reader = try JournalReader(storage)
    let (indexes, query) = try pick(arguments, rest, reader, person, tool)
    let held = try folder.events().count { $0.kind == .entry }
    guard held + indexes.count <= CaseFile.proofCountMax else {
      throw UsageError(
        "\(held) entries picked and \(indexes.count) more: expected \(CaseFile.proofCountMax) at most"
      )
    }
    var maker = try ProofMaker(journal: storage)
    var events = query.map { [$0] } ?? []
    for index in indexes {
      let proof = try maker.inclusion(of: index, withEntry: true)
      let leaf = proof.extra.flatMap { ProofExtra($0) }?.leaf.hex ?? ""
      var event = CaseEvent(.entry, by: person, at: tool.now(), text: comment)
      (event.journal, event.vkey) = (reader.identity.origin, reader.identity.vkey?.vkey)
      event.entry = CaseEvent.EntryFact(
        index: index, leaf: leaf, proofSHA256: try folder.keep(proof.bytes),
        checkpointSize: maker.size)
      events.append(event)
    }
    try folder.append(events)
    tool.print("\(Quantity.count(indexes.count)) entries picked")
    return .done
  }

  /// The indexes that are named or asked for, and the question as a step.
  private static func pick(
    _ arguments: ParsedArguments, _ rest: [String], _ reader: JournalReader, _ person: String,
    _ tool: Tool
  ) throws -> ([Int], CaseEvent?) {
    guard let text = arguments.value("--where") else {
      guard (1...pickCountMax).contains(rest.count) else {
        throw UsageError("\(rest.count) entries: expected 1 to \(pickCountMax), or --where FILTER")
      }
      return (try rest.map(index), nil)
    }
    try expectNone(rest, "add --where")
    let query = Query(
      filter: try Query.filter(text, try Instant.parse(arguments, "--now") ?? tool.now()),
      now: try Instant.parse(arguments, "--now") ?? tool.now())
    var found = QueryIndexes()
    _ = try query.run(reader, tool) { _, batch in
      found.take(batch, keeping: pickCountMax)
      return true
    }
    guard found.count <= pickCountMax else {
      throw UsageError("\(found.count) entries match: expected \(pickCountMax) or fewer")
    }
    return (found.indexes, found.event(query, reader, by: person, at: tool.now()))
  }

  private static func index(_ text: String) throws(UsageError) -> Int {
    guard let index = Int(text), index >= 0, String(index) == text else {
      throw UsageError("index \(Quotation.quoted(text)): expected a whole number from 0")
    }
    return index
  }

  private static func export(
    _ arguments: ParsedArguments, _ rest: [String], _ tool: Tool
  ) throws -> ExitStatus {
    try expectNone(rest, "export")
    let path = try arguments.required("--out")
    let folder = try folder(arguments, tool)
    // The export is the last step that it holds.
    try folder.append([
      CaseEvent(
        .exported, by: try Person.named(arguments), at: tool.now(),
        text: TerminalText.fitted(path, width: 400))
    ])
    let file = try folder.file()
    try OutputFile.write(file.bytes, to: path)
    let check = CaseCheck(file)
    guard check.holds else {
      for refusal in check.refusals { tool.printError(TerminalText.escaped(refusal)) }
      return .damaged
    }
    tool.print(
      "\(path): \(Quantity.count(check.events.count)) steps, \(Quantity.count(check.provedCount)) "
        + "entries with their proofs")
    return .done
  }

  private static func check(
    _ arguments: ParsedArguments, _ rest: [String], _ tool: Tool
  ) throws -> ExitStatus {
    guard rest.count == 1 else { throw UsageError("\(rest.count) files: expected one to check") }
    let keys = try SignatureOptions.keys(arguments, "--vkey", .ed25519)
    let bytes = try InputDescriptor.contents(
      ofPath: rest[0], byteCountMax: CaseFile.byteCountMax)
    guard let file = CaseFile(bytes) else {
      tool.print("\(Quotation.quoted(rest[0])): \(tool.style("REFUSED", .boldRed)): no case file")
      return .damaged
    }
    let check = CaseCheck(file, trusting: keys)
    for refusal in check.refusals {
      tool.print("\(tool.style("REFUSED", .boldRed)): \(TerminalText.escaped(refusal))")
    }
    guard check.holds, let checkpoint = check.checkpoint else { return .damaged }
    tool.print(
      "\(tool.style("holds", .green)): \(Quantity.count(check.events.count)) steps in "
        + "\(Quantity.count(checkpoint.size)) entries of \(TerminalText.escaped(checkpoint.origin)), "
        + "none left out up to the export at \(check.exportedAt?.rfc3339 ?? "-"); \(Quantity.count(check.provedCount)) picked entries are in their journals"
    )
    for key in check.keysFromFile {
      tool.print("key from the file itself, to be compared: \(TerminalText.escaped(key.vkey))")
    }
    for line in CaseTable.lines(check.events, width: tool.outputWidth, style: tool.style) {
      tool.print(line)
    }
    return .done
  }
}

/// What a query matched, as a case keeps it.
struct QueryIndexes: ~Copyable {
  private var hash = SHA256()
  private(set) var count = 0
  private(set) var indexes: [Int] = []

  mutating func take(_ batch: JournalScan.Batch, keeping most: Int = 0) {
    for record in batch.records {
      let line = Array("\(record.index)\n".utf8)
      hash.update(line.span)
      if indexes.count < most { indexes.append(record.index) }
    }
    count += batch.records.count
  }

  mutating func event(
    _ query: Query, _ reader: JournalReader, by person: String, at now: Timestamp
  ) -> CaseEvent {
    var event = CaseEvent(.query, by: person, at: now, text: "")
    (event.journal, event.vkey) = (reader.identity.origin, reader.identity.vkey?.vkey)
    event.query = CaseEvent.QueryFact(
      filter: query.filter?.text ?? "", now: query.now, entryCount: reader.entryCount,
      matchCount: count, indexesSHA256: hash.finish().hex)
    return event
  }
}

/// A file on the command line that is written whole.
enum OutputFile {
  /// Replaces the file durably, in one step.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard !name.isEmpty, name != ".", name != ".." else {
      throw UsageError("--out \(Quotation.quoted(path)): expected the name of a file")
    }
    let storage = try PosixStorage(directory: directory, creating: false)
    try storage.replace(name, with: bytes.span, .group)
  }
}
