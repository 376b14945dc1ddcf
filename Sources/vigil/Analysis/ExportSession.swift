import Detect
import Ingest
import Report

/// One run of `vigil export`: finds or makes the checkpoint, writes the package, records it, signs it.
struct ExportSession {
  private let arguments: ParsedArguments
  private let tool: Tool
  private let directory: String
  private let output: String
  /// Where the package is packed into one file; nil where the directory is what was asked for.
  private let archive: PackageZip?
  private let configuration: ConfigurationFile
  private let query: ExportQuery
  private let madeAt: Timestamp
  private let madeBy: String

  private static let nameByteCountMax = 256

  init(_ arguments: ParsedArguments, _ tool: Tool) throws {
    self.arguments = arguments
    self.tool = tool
    directory = try arguments.required("--journal")
    let out = try arguments.required("--out")
    archive = try PackageZip(making: out)
    output = archive?.unpackedPath ?? out
    configuration = try ConfigurationFile.load(arguments.value("--config"))
    madeAt = try Instant.parse(arguments, "--clock") ?? tool.now()
    query = try ExportSession.query(
      arguments, zone: configuration.detection.siteZone, now: madeAt)
    madeBy = arguments.value("--by") ?? Assembly.loginName() ?? "unknown"
    guard !madeBy.isEmpty, madeBy.utf8.count <= ExportSession.nameByteCountMax else {
      throw UsageError(
        "--by of \(madeBy.utf8.count) bytes: expected 1 to \(ExportSession.nameByteCountMax)")
    }
  }

  func run() throws -> ExitStatus {
    let journal = try JournalOpening.forReading(directory)
    let head = try checkpoint(journal)
    let reader = try JournalReader(journal)
    let signer = try signer(reader.identity, journal)
    let settings = try settings(signer)
    let package = try PosixStorage(directory: output, creating: true)
    var bar = ProgressBar(tool)
    let manifest: Manifest
    do {
      let made = ExportRun(reader, journal, under: head, settings) { bar.show($0) }
      manifest = try made.make(in: package)
    } catch {
      bar.end()
      tool.printError("vigil export: \(output): not a package: it has no manifest")
      throw error
    }
    bar.end()
    if settings.isRecorded { try record(manifest) }
    try ExportRun.seal(manifest, in: package, by: signer)
    if let archive {
      try archive.pack(manifest) { bar.show($0) }
      bar.end()
    }
    tell(manifest)
    return .done
  }

  private var isReadOnly: Bool { arguments.has("--read-only") }

  private static func query(
    _ arguments: ParsedArguments, zone: String, now: Timestamp
  ) throws(UsageError) -> ExportQuery {
    var query = ExportQuery(text: words(arguments).joined(separator: " "))
    (query.since, query.until) = try Instant.period(arguments)
    query.zone = zone
    query.fromStart = arguments.has("--from-start")
    query.judges = !arguments.has("--no-findings")
    guard query.judges || !arguments.has("--standard") else {
      throw UsageError("--no-findings with --standard: expected one of them")
    }
    query.standard = arguments.value("--standard").flatMap(ComplianceStandard.init(rawValue:))
    if let text = arguments.value("--context") {
      guard let seconds = Int(text), (0...ExportQuery.contextSecondsMax).contains(seconds) else {
        throw UsageError(
          "--context \(Quotation.quoted(text)): expected whole seconds up to "
            + "\(ExportQuery.contextSecondsMax)")
      }
      query.contextSeconds = seconds
    }
    if let text = arguments.value("--format") { query.formats = try formats(text) }
    query.filter = try filter(arguments, now: now)
    return query
  }

  /// A verdict is about all of a period, and a filter states the names that are withheld.
  private static func filter(
    _ arguments: ParsedArguments, now: Timestamp
  ) throws(UsageError) -> String? {
    guard let text = arguments.value("--where") else { return nil }
    for other in ["--standard", "--pseudonymise", "--redact"] where arguments.has(other) {
      throw UsageError("--where with \(other): expected one of them")
    }
    let filter: RecordFilter = try Query.filter(text, now)
    return filter.text
  }

  private static func formats(_ text: String) throws(UsageError) -> [ExportQuery.Format] {
    var asked: Set<ExportQuery.Format> = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let format = ExportQuery.Format(rawValue: String(word)) else {
        let known = ExportQuery.Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("--format \(Quotation.quoted(String(word))): expected one of \(known)")
      }
      asked.insert(format)
    }
    return ExportQuery.Format.allCases.filter { asked.contains($0) }
  }

  /// The question as the manifest states it: what chooses rows, and no path of this machine.
  private static func words(_ arguments: ParsedArguments) -> [String] {
    let shown = [
      "--since", "--until", "--where", "--context", "--from-start", "--no-findings", "--standard",
      "--format",
    ]
    var words = ["vigil", "export"]
    for name in shown + ["--pseudonymise"] where arguments.has(name) {
      let value = arguments.value(name) ?? ""
      words += value.isEmpty ? [name] : [name, value]
    }
    for field in arguments.all("--redact") { words += ["--redact", field] }
    return words
  }

  /// A checkpoint signed now; a stored one where that was asked for, or nothing may be changed.
  private func checkpoint(_ journal: any JournalStorage) throws -> SignedCheckpoint {
    let size = try arguments.value("--checkpoint").map { text throws(UsageError) in
      guard let size = Int(text), size > 0 else {
        throw UsageError("--checkpoint \(Quotation.quoted(text)): expected a tree size")
      }
      return size
    }
    guard try JournalIdentity.exists(in: journal) else {
      throw JournalError.notAJournal(found: "no \(JournalLayout.settings)")
    }
    let found: SignedCheckpoint?
    if size == nil, !isReadOnly {
      let hand = try hand()
      found = try hand.checkpoint()
      try hand.close()
    } else {
      let history = try CheckpointHistory(CheckpointBytes(journal), collecting: size)
      found = size == nil ? history.newest?.signed : history.collected
    }
    guard let found, found.checkpoint.size > 0 else { throw ExportError.noCheckpoint(size: size) }
    return found
  }

  /// With the journal's own key where it is not in the directory.
  private func hand() throws -> JournalHand {
    let file = try arguments.value("--key").flatMap { path -> SigningKeyFile? in
      guard arguments.value("--key-name") == nil else { return nil }
      return try SigningKeyFile(path: path)
    }
    return try JournalHand(directory: directory, keyFile: file, now: { madeAt })
  }

  private func signer(
    _ identity: JournalIdentity, _ journal: any JournalStorage
  ) throws -> NoteSigner {
    guard let vkey = identity.vkey else { throw JournalError.unsigned }
    let file = try arguments.value("--key").map { path throws(StorageError) in
      try SigningKeyFile(path: path)
    }
    let key = try (file ?? SigningKeyFile(journal)).read()
    let name = arguments.value("--key-name") ?? identity.origin
    guard Checkpoint.isValidOrigin(name) else {
      throw UsageError("--key-name \(Quotation.quoted(name)): expected a name without white space")
    }
    let signer = NoteSigner(name: name, key)
    guard signer.key == vkey || arguments.has("--key-name") else {
      throw JournalError.otherKey(found: signer.key.vkey, expected: vkey.vkey)
    }
    return signer
  }

  private func settings(_ signer: NoteSigner) throws -> ExportRun.Settings {
    let zones = configuration.zones
    var settings = ExportRun.Settings(
      query: query, window: configuration.joinWindow, detection: configuration.detection,
      zones: RecordedZones(zones) { zones.dataDigest(of: $0) }, identify: Identifier.hash,
      tool: "vigil \(Assembly.version)", madeAt: madeAt, madeBy: madeBy, isRecorded: !isReadOnly,
      signer: signer)
    settings.directory = output
    if isReadOnly { settings.columns = .unused }
    settings.privacy.isPseudonymised = arguments.has("--pseudonymise")
    settings.privacy.redactedFields = Set(arguments.all("--redact")).sorted()
    guard settings.privacy.isActive else { return settings }
    var pseudonyms: Pseudonyms?
    if settings.privacy.isPseudonymised {
      guard let key = SecureRandom.bytes(count: Pseudonyms.keyByteCount) else {
        throw JournalError.noRandomBytes
      }
      pseudonyms = Pseudonyms(key: key)
    }
    settings.withhold(
      RecordTransform(pseudonyms: pseudonyms, redacting: Set(settings.privacy.redactedFields)))
    return settings
  }

  /// Before the manifest is written: no package that can be checked is without its record.
  private func record(_ manifest: Manifest) throws {
    let hand = try hand()
    _ = try hand.append(ExportRecord.record(of: manifest, at: madeAt))
    try hand.close()
  }

  private func tell(_ manifest: Manifest) {
    let name = TerminalText.escaped(archive?.path ?? output)
    let rows = manifest.tables.map { "\(Quantity.count($0.rowCount)) \($0.name)" }
    tool.print(
      "\(name): \(rows.joined(separator: ", ")); entries "
        + "\(manifest.range.lowerBound) to \(manifest.range.upperBound - 1) under the checkpoint of "
        + "\(manifest.checkpoint.size)")
    if !manifest.isRecorded {
      tool.printError("vigil export: not recorded in the journal, as the manifest states")
    }
    tool.print(
      "check it: vigil check-export \(name) --vkey \(manifest.vkey)")
  }
}

/// Draws how far an export or its check has come.
struct ProgressBar {
  private static let width = 24
  private let tool: Tool

  init(_ tool: Tool) { self.tool = tool }

  mutating func show(_ progress: ExportRun.Progress) {
    let total = max(progress.totalCount, 1)
    let done = min(ProgressBar.width, progress.doneCount * ProgressBar.width / total)
    let bar =
      String(repeating: "#", count: done) + String(repeating: "-", count: ProgressBar.width - done)
    tool.progress(
      "\(progress.step) [\(bar)] \(min(100, progress.doneCount * 100 / total)) % of "
        + Quantity.count(progress.totalCount))
  }

  func end() { tool.clearProgress() }
}
