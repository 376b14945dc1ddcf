package import Correlate
package import Detect
package import Ingest

/// Makes an evidence package out of a journal.
///
/// The same journal, checkpoint and settings give the same bytes: time, person and keys are passed in.
/// Memory: buffers, what joining and judging hold, and the findings; entries in no order of time take
/// 24 bytes each beside.
package struct ExportRun {
  package struct Settings {
    package var query: ExportQuery
    package var window: JoinWindow
    package var detection: DetectionConfiguration
    package var zones: RecordedZones
    package var identify: @Sendable (String) -> String
    /// Program and version.
    package var tool: String
    package var madeAt: Timestamp
    package var madeBy: String
    /// Whether the journal gets a record of this export.
    package var isRecorded: Bool
    /// Signs the manifest.
    package var signer: NoteSigner
    package var transform: RecordTransform?
    package var privacy = Manifest.Privacy()
    /// How entries are read: columns are put beside the journal where they are missing.
    package var columns = ColumnUse.whole
    /// The package's directory as the C library of SQLite opens it; nil without a database.
    package var directory: String?

    package init(
      query: ExportQuery, window: JoinWindow, detection: DetectionConfiguration,
      zones: RecordedZones, identify: @escaping @Sendable (String) -> String, tool: String,
      madeAt: Timestamp, madeBy: String, isRecorded: Bool, signer: NoteSigner
    ) {
      self.query = query
      self.window = window
      self.detection = detection
      self.zones = zones
      self.identify = identify
      self.tool = tool
      self.madeAt = madeAt
      self.madeBy = madeBy
      self.isRecorded = isRecorded
      self.signer = signer
    }
  }

  /// How far it has come: what is done at the moment, and how much of it.
  package struct Progress: Sendable {
    package let step: String
    package let doneCount: Int
    package let totalCount: Int
  }

  private let reader: JournalReader
  private let journal: any JournalStorage
  private let head: SignedCheckpoint
  private let settings: Settings
  private let progress: (Progress) -> Void

  /// - Parameters:
  ///   - head: a checkpoint of the journal with one entry at least, at which the export stops.
  package init(
    _ reader: JournalReader, _ journal: any JournalStorage, under head: SignedCheckpoint,
    _ settings: Settings, progress: @escaping (Progress) -> Void = { _ in }
  ) {
    self.reader = reader
    self.journal = journal
    self.head = head
    self.settings = settings
    self.progress = progress
  }

  private var size: Int { head.checkpoint.size }

  /// Writes every file but the manifest and its note, which `seal` writes.
  ///
  /// Throws when the directory is not empty, when nothing is in the period, when the journal is damaged.
  package func make(in package: any JournalStorage) throws -> Manifest {
    guard let vkey = reader.identity.vkey else { throw JournalError.unsigned }
    let writer = try PackageWriter(package)
    let range = try ExportRange(reader, settings.query, size: size, progress).range
    let left = try leftTree(range.lowerBound)
    let selection = try selection(range)
    let entries = try copyEntries(range, after: left, selection, writer)
    let proof = try PackageOutput(PackageLayout.rangeProof, to: writer)
    try proof.append(RangeProof(after: left, under: head).bytes.span)
    var manifest = Manifest(
      tool: settings.tool, madeAt: settings.madeAt, madeBy: settings.madeBy,
      isRecorded: settings.isRecorded, origin: reader.identity.origin, vkey: vkey.vkey,
      signer: settings.signer.key.vkey, checkpoint: head.checkpoint, query: settings.query,
      join: settings.window, configurationDigest: settings.configurationDigest, zones: [:],
      range: range, firstInPeriod: entries.firstInPeriod, prunedCount: entries.prunedCount,
      withheldCount: entries.withheldCount, privacy: settings.privacy,
      suppressionsBefore: try suppressionsBefore(), tables: [entries.table],
      files: entries.files + [try proof.finish()])
    try addRows(to: &manifest, selection, writer, package)
    manifest.files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    try writer.finish()
    return manifest
  }

  /// Writes the manifest and its signed note: from then on the package is one.
  package static func seal(
    _ manifest: Manifest, in package: any JournalStorage, by signer: NoteSigner
  ) throws(StorageError) {
    let bytes = manifest.bytes
    let note = ManifestNote(manifest: bytes, origin: manifest.origin, by: signer).note.bytes
    try package.replace(PackageLayout.manifest, with: bytes.span, .group)
    try package.replace(PackageLayout.note, with: note.span, .group)
  }

  private func suppressionsBefore() throws -> [Manifest.PriorSuppression] {
    guard let since = settings.query.since else { return [] }
    return try PriorSuppressionScan.run(
      reader, before: since, size: size, columns: settings.columns, settings.transform)
  }

  private func leftTree(_ count: Int) throws -> MerkleTree {
    var tree = MerkleTree()
    var hasher = MerkleHasher()
    var leaves = try StoredLeaves(journal)
    for index in 0..<count { tree.append(try leaves.leaf(index), &hasher) }
    return tree
  }

  /// The rows that are wanted; nil without a filter.
  private func selection(_ range: Range<Int>) throws -> RowSelection? {
    try RowSelection.make(settings.query.filter, now: settings.madeAt, range) { body in
      var cursor = try reader.cursor(from: range.lowerBound)
      while let location = try cursor.next(), location.index < range.upperBound {
        try body(location.index, cursor.bytes)
        tell("filter", location.index - range.lowerBound + 1, range.count)
      }
    }
  }

  private struct Entries {
    var files: [PackageFile]
    let table: Manifest.Table
    let firstInPeriod: Int?
    let prunedCount: Int
    let withheldCount: Int
  }

  /// Copies the entries of the range, and picks the records of the period; the root must come out.
  private func copyEntries(
    _ range: Range<Int>, after left: MerkleTree, _ selection: RowSelection?,
    _ target: any PackageTarget
  ) throws -> Entries {
    var pass = try EntryPass.begin(
      settings.query, after: left, settings.transform, selection, to: target)
    var files = EntryFiles(from: range.lowerBound, to: target)
    var leaves = try StoredLeaves(journal)
    var cursor = try reader.cursor(from: range.lowerBound)
    while pass.nextIndex < range.upperBound {
      let location = try cursor.next()
      let next = min(location?.index ?? range.upperBound, range.upperBound)
      while pass.nextIndex < next {
        let leaf = try leaves.leaf(pass.nextIndex)
        pass.takeAbsent(leaf)
        try files.leaveOut(pruned: leaf)
      }
      guard pass.nextIndex < range.upperBound else { break }
      if try pass.take(cursor.bytes) {
        try files.show(cursor.bytes)
      } else {
        try files.withhold(pass.leaf(cursor.bytes))
      }
      tell("entries", pass.nextIndex - range.lowerBound, range.count)
    }
    let root = pass.root()
    guard root == head.checkpoint.root else {
      throw ExportError.otherRoot(found: root.hex, expected: head.checkpoint.root.hex)
    }
    let first = pass.firstInPeriod
    let made = try pass.finish(check: settings.transform == nil ? .derived : .attested)
    return Entries(
      files: try files.finish() + made.files, table: made.table, firstInPeriod: first,
      prunedCount: files.prunedCount, withheldCount: files.withheldCount)
  }

  /// Joins, judges and writes what follows from the records.
  private func addRows(
    to manifest: inout Manifest, _ selection: RowSelection?, _ target: any PackageTarget,
    _ package: any JournalStorage
  ) throws {
    let isWhole = manifest.range.lowerBound == 0
    let judges = settings.query.judges
    let past = isWhole || !judges ? nil : try judgeWhole()
    let database = settings.directory.map { directory in
      { () throws -> any ExportSink in
        try SQLiteSink(making: directory + "/" + PackageLayout.database) {
          try PackageFiles.file(PackageLayout.database, in: package)
        }
      }
    }
    let sinks = try ExportSinks(
      settings.query, zones: settings.zones, to: target, database: database)
    var pass = EventPass(
      settings.query, manifest.range, window: settings.window,
      analysis: isWhole && judges ? settings.blankAnalysis : nil, identify: settings.identify,
      settings.transform, selection, to: sinks.all)
    let events = try reader.events(from: manifest.range.lowerBound, columns: settings.columns)
    try run(events, "records", manifest.range.count) { try pass.add($0) }
    try pass.finish(adding: past?.findings ?? [])
    manifest.zones = settings.zones.asked ?? [:]
    try sinks.finish(
      &manifest, findingsAre: isWhole ? .derived : .attested,
      heardFrom: past == nil ? pass.heardFrom : past?.heardFrom)
  }

  /// Findings need the past: where the range does not begin with the journal, all of it is judged.
  private func judgeWhole() throws -> (findings: [Finding], heardFrom: Timestamp?) {
    var analysis = settings.blankAnalysis
    var findings = PeriodFindings(settings.query)
    var heardFrom: Timestamp?
    let events = try reader.events(columns: settings.columns == .unused ? .unused : .analysis)
    try run(events, "findings", size) { next in
      guard next.index < size else { return }
      let record = settings.transform.map {
        IndexedRecord(index: next.index, record: $0.apply(next.record))
      }
      let instant = next.record.header.timestamp
      if Analysis.isHeard(next.record) { heardFrom = min(heardFrom ?? instant, instant) }
      try findings.add(analysis.add(record ?? next))
    }
    try findings.add(analysis.finish())
    return (findings.kept, heardFrom)
  }

  private func run(
    _ events: EventSequence, _ step: String, _ total: Int, _ body: (IndexedRecord) throws -> Void
  ) throws {
    var events = events
    var count = 0
    try events.forEach(since: nil) { record in
      try body(record)
      count += 1
      tell(step, count, total)
    }
  }

  private func tell(_ step: String, _ done: Int, _ total: Int) {
    Progress.tell(progress, step, done, total)
  }
}

extension ExportRun.Progress {
  /// Tells how far a step has come, every 16,384th time and at its end.
  static func tell(
    _ progress: (ExportRun.Progress) -> Void, _ step: String, _ done: Int, _ total: Int
  ) {
    guard done % 16_384 == 0 || done == total else { return }
    progress(ExportRun.Progress(step: step, doneCount: done, totalCount: total))
  }
}

extension ExportRun.Settings {
  /// Withholds something from every record, and from the settings that are told by name.
  package mutating func withhold(_ transform: RecordTransform) {
    self.transform = transform
    func shown<Value>(_ byName: [String: Value]) -> [String: Value] {
      var result: [String: Value] = [:]
      for (name, value) in byName.sorted(by: { $0.key < $1.key }) {
        if let name = transform.person(name) { result[name] = value }
      }
      return result
    }
    detection.zoneByPrincipal = shown(detection.zoneByPrincipal)
    detection.calendar.byPrincipal = shown(detection.calendar.byPrincipal)
  }

  /// Of everything that decides about joins and findings.
  var configurationDigest: String { CanonicalText.digest(of: (detection, window)) }

  /// An analysis that has read nothing yet.
  var blankAnalysis: Analysis {
    Analysis.blank(detection, window, zones: zones, identify: identify)
  }
}

extension Analysis {
  /// One that has read nothing yet.
  static func blank(
    _ detection: DetectionConfiguration, _ window: JoinWindow, zones: RecordedZones,
    identify: @escaping @Sendable (String) -> String
  ) -> Analysis {
    Analysis(
      window: window,
      pipeline: DetectionPipeline(configuration: detection, zones: zones, identify: identify),
      identify: identify)
  }
}

/// The entries that an export rests on.
struct ExportRange {
  let range: Range<Int>

  /// From the first index of an entry whose event time is in the period, or in the context about it, to
  /// the checkpoint's size. Cost: a look at each entry up to there.
  init(
    _ reader: JournalReader, _ query: ExportQuery, size: Int,
    _ progress: (ExportRun.Progress) -> Void
  ) throws {
    guard let context = query.context else {
      range = 0..<size
      return
    }
    var peek = EntryPeek()
    var cursor = try reader.cursor()
    while let location = try cursor.next(), location.index < size {
      if location.index % 262_144 == 0 {
        progress(.init(step: "range", doneCount: location.index, totalCount: size))
      }
      guard let (timestamp, _) = peek.read(cursor.bytes), context.contains(timestamp)
      else { continue }
      range = location.index..<size
      return
    }
    throw ExportError.nothingInPeriod
  }
}
