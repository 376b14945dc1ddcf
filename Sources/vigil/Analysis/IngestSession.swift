import Ingest
import Report

/// What `vigil ingest` was asked to do.
struct IngestOptions {
  let directory: String
  let operands: [String]
  let format: String?
  let source: String?
  let origin: String?
  let keyPath: String?
  let batchRecordCount: Int
  let clock: Timestamp?
  let follows: Bool
  let isQuiet: Bool
  let configuration: ConfigurationFile

  static let batchRecordCountDefault = 262_144
  static let batchRecordCountMax = 1_000_000

  init(_ arguments: ParsedArguments) throws {
    directory = try arguments.required("--journal")
    operands = arguments.operands
    format = arguments.value("--format")
    source = arguments.value("--source")
    origin = arguments.value("--origin")
    keyPath = arguments.value("--key")
    clock = try Instant.parse(arguments, "--clock")
    follows = arguments.has("--follow")
    isQuiet = arguments.has("--quiet")
    batchRecordCount = try IngestOptions.batch(arguments.value("--batch"))
    configuration = try ConfigurationFile.load(arguments.value("--config"))
  }

  private static func batch(_ text: String?) throws(UsageError) -> Int {
    guard let text else { return batchRecordCountDefault }
    guard let count = Int(text), (1...batchRecordCountMax).contains(count) else {
      throw UsageError(
        "--batch \(Quotation.quoted(text)): expected a whole number from 1 to \(batchRecordCountMax)"
      )
    }
    return count
  }
}

/// One run of `vigil ingest`: opens the journal, reads, commits, closes, and tells what came of it.
struct IngestSession {
  private let options: IngestOptions
  private let tool: Tool
  private let inputs: [InputPlan]
  private let journal: Journal

  init(_ options: IngestOptions, _ tool: Tool) throws {
    self.options = options
    self.tool = tool
    // Unreadable input is found before a journal is made for it.
    let plan = options.follows ? InputPlanning.followed : InputPlanning.plans
    inputs = try plan(options.operands, options.format, options.source, options.configuration)
    journal = try JournalOpening.forWriting(
      options.directory, origin: options.origin, keyPath: options.keyPath,
      now: options.clock ?? tool.now(), tool)
  }

  private var now: () -> Timestamp {
    if let clock = options.clock { return { clock } }
    return tool.now
  }

  func importFiles() throws -> ExitStatus {
    let run = JournalImport(
      inputs, into: journal, batchRecordCount: options.batchRecordCount,
      helperCount: Assembly.helperCount(), now: now)
    do {
      try run.run { count in
        tool.progress("ingesting: \(Quantity.count(count)) records")
      }
      try journal.close(at: now())
    } catch {
      tool.clearProgress()
      tell(run.reports)
      throw error
    }
    tool.clearProgress()
    tell(run.reports)
    return run.reports.contains { $0.failure != nil } ? .usage : .done
  }

  /// Reads on until a signal says stop, and serves the hands of other commands meanwhile.
  func follow() throws -> ExitStatus {
    let positions = FollowPositionStore(directory: options.directory + "/index")
    let follow = try JournalFollow(inputs, into: journal, positions: positions, now: now) {
      notice in
      tool.printError("vigil ingest: \(notice)")
    }
    StopSignal.install()
    let hands = try WriterQueue()
    let socket = try WriterSocket(directory: options.directory, queue: hands)
    var isOpen = true
    defer { if isOpen { socket.close(removesFile: false) } }
    var sealedAt = now()
    while !StopSignal.wasReceived {
      let progress = try follow.turn()
      let servedCount = try hands.serve(journal, at: now())
      if now().seconds(since: sealedAt) >= IngestSession.checkpointSeconds {
        try journal.checkpoint()
        sealedAt = now()
      }
      if progress == .idle, servedCount == 0 {
        hands.wait(milliseconds: IngestSession.pollMilliseconds)
      }
    }
    hands.end(WriterRefusal(.closing, "the writer is about to end"))
    socket.close(removesFile: true)
    isOpen = false
    try follow.finish()
    try journal.close(at: now())
    tell(follow.reports)
    return .done
  }

  /// A checkpoint at least this often while there is news.
  private static let checkpointSeconds = 10.0
  private static let pollMilliseconds: Int32 = 250

  private func tell(_ reports: [InputReport]) {
    guard !options.isQuiet else { return }
    for line in IngestSummary.lines(
      reports, showsJournal: true, width: tool.errorWidth, style: tool.errorStyle)
    {
      tool.printError(line)
    }
    let sum = reports.reduce(0) { $0 + $1.appendedCount }
    if reports.contains(where: { $0.rejectedCount > 0 }) {
      tool.printError(
        "why and where each was rejected: \(options.directory)/rejected.jsonl")
    }
    let verb = sum == 0 ? "no new records" : "\(Quantity.count(sum)) new records"
    tool.printError(
      "\(verb); the journal holds \(Quantity.count(journal.committedCount)) entries")
  }
}

/// Journals opened the way every command does it.
enum JournalOpening {
  /// - Parameter keyPath: where the signing key is, or is to be made; nil for `key` in the directory.
  static func forWriting(
    _ directory: String, origin: String?, keyPath: String? = nil, now: Timestamp, _ tool: Tool
  ) throws -> sending Journal {
    let storage = try PosixStorage(directory: directory, creating: true)
    let exists = try JournalIdentity.exists(in: storage)
    let settings = JournalSettings(origin: origin ?? (exists ? nil : Assembly.hostName()))
    let keyFile = try keyPath.map { path throws(StorageError) in try SigningKeyFile(path: path) }
    let journal = try Journal.open(
      storage, settings, at: now, keyFile: keyFile, randomBytes: SecureRandom.bytes)
    if journal.isNew {
      tool.printError("new journal in \(directory), origin \(journal.origin)")
      tool.printError("its checkpoints are checked with vkey \(journal.vkey.vkey)")
    }
    return journal
  }

  /// For a command that works on a journal that is there, and makes none.
  static func existing(
    _ directory: String, keyPath: String?, now: Timestamp, _ tool: Tool
  ) throws -> Journal {
    guard try JournalIdentity.exists(in: forReading(directory)) else {
      throw JournalError.notAJournal(found: "no \(JournalLayout.settings)")
    }
    return try forWriting(directory, origin: nil, keyPath: keyPath, now: now, tool)
  }

  static func forReading(_ directory: String) throws -> any JournalStorage {
    try PosixStorage(directory: directory, creating: false)
  }
}
