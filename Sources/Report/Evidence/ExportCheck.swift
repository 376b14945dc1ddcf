package import Correlate
package import Detect
package import Ingest

/// Checks an evidence package with no journal at hand.
///
/// From the outside in: the signature on the manifest, the manifest's list of files and their hashes,
/// the signature on the checkpoint, the root that the entries' bytes lead to; then every row is made
/// again from the entries, by the code that made it, and held against the package byte by byte.
/// Memory: as for making one; nothing is written.
package struct ExportCheck {
  package struct Settings {
    /// The log's key; nil takes the one that the package names, and says so.
    package var logKey: VerifierKey?
    /// Other keys whose signature on the manifest counts.
    package var signerKeys: [VerifierKey] = []
    /// For findings: they can be made again only with the settings that made them.
    package var detection: DetectionConfiguration
    package var window: JoinWindow
    package var zones: RecordedZones
    package var identify: @Sendable (String) -> String

    package init(
      detection: DetectionConfiguration, window: JoinWindow, zones: RecordedZones,
      identify: @escaping @Sendable (String) -> String
    ) {
      self.detection = detection
      self.window = window
      self.zones = zones
      self.identify = identify
    }
  }

  /// What a package was found to be.
  package struct Verdict: Sendable {
    package let manifest: Manifest
    /// Which key signed the manifest.
    package let signer: VerifierKey
    /// Whether the keys are the package's own word.
    package let isKeyItsOwn: Bool
    /// Files that were made again and found equal.
    package var derivedFiles: [String] = []
    /// Files for which only the signature stands, and why.
    package var attestedFiles: [String] = []
    package var reasons: [String] = []
  }

  private let package: any JournalStorage
  private let settings: Settings
  private let progress: (ExportRun.Progress) -> Void

  package init(
    _ package: any JournalStorage, _ settings: Settings,
    progress: @escaping (ExportRun.Progress) -> Void = { _ in }
  ) {
    self.package = package
    self.settings = settings
    self.progress = progress
  }

  /// Throws an `ExportRefusal` at the first thing that is not as it must be.
  package func run() throws -> Verdict {
    var verdict = try openManifest()
    let manifest = verdict.manifest
    try PackageFiles(package, manifest).check(progress)
    let proof = try rangeProof(manifest)
    var plan = CheckPlan(manifest, settings)
    plan.read(manifest)
    verdict.reasons = plan.reasons
    let target = PackageComparison(package, skipping: plan.skipped)
    try checkRows(manifest, proof, plan, target)
    let derived = try plan.derivedFiles(manifest, target)
    for path in plan.attestedTables.map({ PackageLayout.rows($0) }) {
      try RowsFile(package, path).check(manifest)
    }
    for file in manifest.files.map(\.path) {
      if derived.contains(file) {
        verdict.derivedFiles.append(file)
      } else {
        verdict.attestedFiles.append(file)
      }
    }
    return verdict
  }

  private func openManifest() throws -> Verdict {
    let bytes = try contents(PackageLayout.manifest, Manifest.byteCountMax)
    let note = try ManifestNote(try contents(PackageLayout.note, SignedNote.byteCountMax))
    let manifest = try Manifest(bytes)
    let own = try key(manifest.vkey, "vkey")
    if let logKey = settings.logKey, logKey != own {
      throw ExportRefusal(
        PackageLayout.manifest, "key vkey", found: own.vkey, expected: logKey.vkey)
    }
    var keys = [settings.logKey ?? own] + settings.signerKeys
    if settings.logKey == nil, settings.signerKeys.isEmpty {
      keys.append(try key(manifest.signer, "signer"))
    }
    let signer = try note.verify(manifest: bytes, origin: manifest.origin, under: keys)
    guard signer.vkey == manifest.signer else {
      throw ExportRefusal(
        PackageLayout.manifest, "key signer", found: manifest.signer, expected: signer.vkey)
    }
    // What the reader leaves out must not be there: the bytes are those of the values read.
    guard manifest.bytes == bytes else {
      throw ExportRefusal(
        PackageLayout.manifest, found: "another form", expected: "the one that Vigil writes")
    }
    return Verdict(
      manifest: manifest, signer: signer,
      isKeyItsOwn: settings.logKey == nil
        || (signer != settings.logKey && !settings.signerKeys.contains(signer)))
  }

  private func contents(_ path: String, _ byteCountMax: Int) throws -> [UInt8] {
    guard let bytes = try package.contents(path, byteCountMax: byteCountMax) else {
      throw ExportRefusal(path, found: "no file", expected: "one")
    }
    return bytes
  }

  private func key(_ text: String, _ name: String) throws -> VerifierKey {
    do throws(VerifierKeyError) { return try VerifierKey(text) } catch {
      throw ExportRefusal(
        PackageLayout.manifest, "key \(name)", found: "\(error)", expected: "a vkey")
    }
  }

  private func rangeProof(_ manifest: Manifest) throws -> RangeProof {
    let proof = try RangeProof(
      try contents(PackageLayout.rangeProof, RangeProof.byteCountMax))
    let logKey = try key(manifest.vkey, "vkey")
    do throws(CheckpointError) {
      try proof.checkpoint.verify(by: logKey)
    } catch {
      throw ExportRefusal(
        PackageLayout.rangeProof, "checkpoint", found: "\(error)",
        expected: "the signature of \(manifest.vkey)")
    }
    guard proof.checkpoint.checkpoint == manifest.checkpoint, proof.range == manifest.range else {
      let found = proof.checkpoint.checkpoint
      throw ExportRefusal(
        PackageLayout.rangeProof, found: "entries \(proof.range), root \(found.root.hex)",
        expected: "entries \(manifest.range), root \(manifest.checkpoint.root.hex) as "
          + PackageLayout.manifest)
    }
    return proof
  }

  /// Makes everything again that follows from the entries.
  private func checkRows(
    _ manifest: Manifest, _ proof: RangeProof, _ plan: CheckPlan, _ target: PackageComparison
  ) throws {
    let entries = try PackageEntries(package, manifest)
    let selection = try selection(manifest, entries)
    var pass = try EntryPass.begin(
      manifest.query, after: proof.left, nil, selection, to: target)
    let excerpts = try entries.walk(&pass) { tell("entries", $0, manifest.range.count) }
    let root = pass.root()
    guard root == manifest.checkpoint.root else {
      throw ExportRefusal(
        PackageLayout.entries, "entries \(manifest.range)", found: "root \(root.hex)",
        expected: "\(manifest.checkpoint.root.hex) as the checkpoint says")
    }
    try plan.checkStart(manifest, excerpts, package)
    let first = pass.firstInPeriod
    let made = try pass.finish(check: plan.derivesRecords ? .derived : .attested)
    let sinks = try ExportSinks(
      manifest.query, zones: settings.zones, to: target, database: nil)
    guard plan.derivesRecords else {
      // Which files and tables there are follows from the query, though their rows do not.
      return try finish(sinks, after: made.table, heardFrom: nil, manifest, plan)
    }
    guard first == manifest.firstInPeriod else {
      throw ExportRefusal(
        PackageLayout.manifest, "key first_in_period",
        found: manifest.firstInPeriod.map { "\($0)" } ?? "none",
        expected: first.map { "\($0)" } ?? "none")
    }
    let heardFrom = try checkActivities(manifest, excerpts, selection, plan, sinks)
    try finish(sinks, after: made.table, heardFrom: heardFrom, manifest, plan)
  }

  /// The rows that the filter chooses, from the entries; nil without a filter.
  private func selection(
    _ manifest: Manifest, _ entries: PackageEntries
  ) throws -> RowSelection? {
    guard !manifest.privacy.isActive else {
      guard manifest.query.filter == nil else {
        throw ExportRefusal(
          PackageLayout.manifest, "key filters", found: "a filter of an export that withholds",
          expected: "none")
      }
      return nil
    }
    do {
      return try RowSelection.make(
        manifest.query.filter, now: manifest.madeAt, manifest.range
      ) { try entries.forEach($0) }
    } catch let error as FilterError {
      throw ExportRefusal(
        PackageLayout.manifest, "key filters", found: "\(error)", expected: "a filter")
    }
  }

  /// Makes the rows of activities and findings again; the earliest event time that was heard.
  private func checkActivities(
    _ manifest: Manifest, _ excerpts: [JournalExcerpt], _ selection: RowSelection?,
    _ plan: CheckPlan, _ sinks: ExportSinks
  ) throws -> Timestamp? {
    let reader = try JournalReader(excerpts, of: manifest.origin, in: package)
    var pass = EventPass(
      manifest.query, manifest.range, window: manifest.join,
      analysis: plan.derivesFindings ? blankAnalysis : nil, identify: settings.identify, nil,
      selection, to: sinks.all)
    var events = try reader.events(from: manifest.range.lowerBound)
    var count = 0
    try events.forEach(since: nil) { record in
      try pass.add(record)
      count += 1
      tell("records", count, manifest.range.count)
    }
    try pass.finish()
    return pass.heardFrom
  }

  private func finish(
    _ sinks: ExportSinks, after records: Manifest.Table, heardFrom: Timestamp?,
    _ manifest: Manifest, _ plan: CheckPlan
  ) throws {
    var made = manifest
    // The page states the tables in their order, the records first.
    (made.tables, made.files) = ([records], [])
    try sinks.finish(
      &made, findingsAre: manifest.range.lowerBound == 0 ? .derived : .attested,
      heardFrom: heardFrom)
    try plan.compare(made.tables, manifest)
  }

  private var blankAnalysis: Analysis {
    Analysis.blank(
      settings.detection, settings.window, zones: settings.zones, identify: settings.identify)
  }

  private func tell(_ step: String, _ done: Int, _ total: Int) {
    ExportRun.Progress.tell(progress, step, done, total)
  }
}
