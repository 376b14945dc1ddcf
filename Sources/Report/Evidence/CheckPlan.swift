import Correlate
import Detect
import Ingest

/// What of a package can be made again, and why not the rest.
struct CheckPlan {
  private(set) var skipped: Set<String> = []
  private(set) var attestedTables: [String] = []
  private(set) var reasons: [String] = []
  private(set) var derivesRecords = true
  private(set) var derivesFindings = true
  private let ownDigest: String
  private let zones: RecordedZones

  init(_ manifest: Manifest, _ settings: ExportCheck.Settings) {
    ownDigest = CanonicalText.digest(of: (settings.detection, settings.window))
    zones = settings.zones
  }

  /// Files for which findings count.
  private static let withFindings = [
    PackageLayout.lines(TableName.findings), PackageLayout.csv(TableName.findings),
    PackageLayout.rows(TableName.findings), PackageLayout.lines(TableName.controls),
    PackageLayout.csv(TableName.controls), PackageLayout.rows(TableName.controls),
    PackageLayout.report, PackageLayout.ocsf,
    PackageLayout.cef,
  ]

  mutating func read(_ manifest: Manifest) {
    if manifest.privacy.isActive {
      derivesRecords = false
      derivesFindings = false
      attestedTables = manifest.tables.map(\.name)
      skipped = Set(manifest.files.map(\.path)).filter {
        !$0.hasPrefix(PackageLayout.entries + "/") && $0 != PackageLayout.absent
          && $0 != PackageLayout.rangeProof
      }
      reasons.append(
        "\(Quantity.count(manifest.withheldCount)) entries are withheld: that the rows are theirs, "
          + "and all of them, only the signature says")
      return
    }
    if !manifest.query.judges {
      derivesFindings = false
    } else if let reason = reasonAgainstFindings(manifest) {
      derivesFindings = false
      attestedTables = [TableName.findings, TableName.controls].filter {
        manifest.table($0) != nil
      }
      skipped = Set(CheckPlan.withFindings)
      reasons.append(reason)
    }
    if manifest.query.has(.sqlite) {
      skipped.insert(PackageLayout.database)
      reasons.append("\(PackageLayout.database): its hash is checked, its rows are not made again")
    }
    if manifest.range.lowerBound > 0 {
      reasons.append(
        "entries before \(manifest.range.lowerBound) are not in the package: that none of them is in "
          + "the period, only the signature says (--from-start puts them in)")
    }
    if manifest.prunedCount > 0 {
      reasons.append(
        "\(Quantity.count(manifest.prunedCount)) entries of the range had been pruned: only their "
          + "leaf hashes are there")
    }
  }

  private func reasonAgainstFindings(_ manifest: Manifest) -> String? {
    let attested = "findings, and what tells of them, are attested by the signature only: "
    if manifest.range.lowerBound > 0 {
      return attested + "they rest on entries before the range (--from-start puts them in)"
    }
    if manifest.prunedCount > 0 { return attested + "entries have been pruned" }
    guard manifest.configurationDigest == ownDigest else {
      return attested + "they were made with other settings (--config FILE gives them)"
    }
    guard zones.agree(with: manifest.zones) else {
      return attested + "the data of a time zone differ here"
    }
    return nil
  }

  /// The tables that the query gives, made again where they can be, against the manifest's.
  func compare(_ tables: [Manifest.Table], _ manifest: Manifest) throws(ExportRefusal) {
    let (found, expected) = (manifest.tables.map(\.name), tables.map(\.name))
    guard found == expected else {
      throw ExportRefusal(
        PackageLayout.manifest, "key tables",
        found: TerminalText.escaped(found.joined(separator: " ")),
        expected: expected.joined(separator: " ") + " as the query says")
    }
    for (stated, table) in zip(manifest.tables, tables) {
      guard stated.check == table.check else {
        throw ExportRefusal(
          PackageLayout.manifest, "table \(table.name)", found: "check \(stated.check.rawValue)",
          expected: table.check.rawValue)
      }
      guard !attestedTables.contains(table.name) else { continue }
      try compare(stated, with: table)
    }
  }

  private func compare(
    _ stated: Manifest.Table, with table: Manifest.Table
  ) throws(ExportRefusal) {
    guard stated.rowCount == table.rowCount, stated.totals == table.totals else {
      let found = stated.totals.first { !table.totals.contains($0) }
      throw ExportRefusal(
        PackageLayout.manifest, "table \(table.name)",
        found: "\(stated.rowCount) rows" + (found.map { ", \($0.name) \($0.value)" } ?? ""),
        expected: "\(table.rowCount) rows and other totals, as the entries say")
    }
  }

  /// The files that were made again: what was compared, and what leads to the root.
  ///
  /// Throws a refusal for a listed file that the query does not give, and for one that it gives and the
  /// manifest does not list.
  func derivedFiles(
    _ manifest: Manifest, _ target: PackageComparison
  ) throws(ExportRefusal) -> Set<String> {
    let listed = Set(manifest.files.map(\.path))
    let leading = listed.filter {
      $0.hasPrefix(PackageLayout.entries + "/") || $0 == PackageLayout.absent
        || $0 == PackageLayout.rangeProof
    }
    let attested = manifest.query.has(.sqlite) ? [PackageLayout.database] : []
    let expected = target.expected.union(attested).union([PackageLayout.rangeProof])
    if let more = listed.subtracting(expected).subtracting(leading).min() {
      throw ExportRefusal(more, found: "a file that the query does not give", expected: "none")
    }
    if let missing = expected.subtracting(listed).min() {
      throw ExportRefusal(missing, found: "no file", expected: "one, as the query says")
    }
    return target.compared.union(leading)
  }

  /// That the range begins where the query says: at the first entry, or at one of the period or its
  /// context.
  func checkStart(
    _ manifest: Manifest, _ excerpts: [JournalExcerpt], _ package: any JournalStorage
  ) throws {
    guard let context = manifest.query.context else {
      guard manifest.range.lowerBound == 0 else {
        throw ExportRefusal(
          PackageLayout.manifest, "key range", found: "first \(manifest.range.lowerBound)",
          expected: "0, for the query has no beginning")
      }
      return
    }
    guard !manifest.privacy.isActive, let first = excerpts.first else { return }
    var cursor = LineCursor(first.file, limit: try first.file.size())
    var peek = EntryPeek()
    guard try cursor.next(), let (timestamp, _) = peek.read(cursor.line),
      context.contains(timestamp)
    else {
      throw ExportRefusal(
        PackageLayout.manifest, "key range",
        found: "a first entry of another time",
        expected: "one of the period, or of the \(manifest.query.contextSeconds) s about it")
    }
  }
}
