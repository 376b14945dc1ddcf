package import Ingest

/// Walks the entries of a range in the order of the journal: hashes each, and picks the records of the
/// period. The same for whoever makes a package and whoever checks one.
///
/// Cost: two hashes and a look at the first bytes of an entry. Memory: buffers, and the bytes of up to
/// 256 entries, which are hashed together.
package struct EntryPass: ~Copyable {
  private let query: ExportQuery
  private let transform: RecordTransform?
  private let selection: RowSelection?
  private let records: PackageOutput?
  private let rows: PackageOutput
  private var peek = EntryPeek()
  private var hasher = MerkleHasher()
  private var leaves: PendingLeaves
  private var document = JSONDocument()
  private var writer = JSONWriter()

  /// Lowest index of an entry in the period.
  package private(set) var firstInPeriod: Int?
  package private(set) var recordCount = 0
  private var kindCounts: [RecordKind: Int] = [:]

  /// - Parameters:
  ///   - left: the tree of the leaves before the range.
  ///   - transform: what is withheld; nil leaves records as they are.
  ///   - selection: which records of the period are wanted; nil for all.
  package static func begin(
    _ query: ExportQuery, after left: MerkleTree, _ transform: RecordTransform?,
    _ selection: RowSelection?, to target: any PackageTarget
  ) throws -> EntryPass {
    let records =
      query.has(.jsonl)
      ? try PackageOutput(PackageLayout.lines(TableName.records), to: target) : nil
    let rows = try PackageOutput(PackageLayout.rows(TableName.records), to: target)
    return EntryPass(query, left, transform, selection, records, rows)
  }

  private init(
    _ query: ExportQuery, _ left: MerkleTree, _ transform: RecordTransform?,
    _ selection: RowSelection?, _ records: PackageOutput?, _ rows: PackageOutput
  ) {
    self.selection = selection
    self.records = records
    self.rows = rows
    self.query = query
    self.transform = transform
    leaves = PendingLeaves(after: left)
  }

  /// Index of the next entry.
  package var nextIndex: Int { leaves.count }

  /// Takes the next entry; false when its bytes are to be withheld.
  ///
  /// Throws a refusal when it is no record.
  package mutating func take(_ entry: Span<UInt8>) throws -> Bool {
    let index = leaves.count
    leaves.append(entry)
    guard let (timestamp, kind) = peek.read(entry) else {
      throw ExportRefusal(
        PackageLayout.entries, "entry \(index)", found: "\(entry.count) bytes that are no record",
        expected: "a record")
    }
    let isWithheld = try rewrite(entry)
    guard query.admits(timestamp) else { return !isWithheld }
    if firstInPeriod == nil { firstInPeriod = index }
    guard selection?.contains(index) ?? true else { return !isWithheld }
    recordCount += 1
    kindCounts[kind, default: 0] += 1
    if transform == nil {
      try records?.appendLine(entry)
    } else {
      try records?.appendLine(writer.bytes.span)
    }
    let row = recordCount
    try rows.append { RowLine.append(row, [index], to: &$0) }
    return !isWithheld
  }

  /// Takes the next entry by its leaf hash alone.
  package mutating func takeAbsent(_ leaf: Digest) { leaves.append(leaf) }

  /// The leaf hash of an entry, for a list of those that are withheld.
  package mutating func leaf(_ entry: Span<UInt8>) -> Digest { hasher.leaf(entry) }

  /// The root over everything so far.
  package mutating func root() -> Digest { leaves.root() }

  /// Puts what may be shown of a record into `writer`; whether that is not all.
  private mutating func rewrite(_ entry: Span<UInt8>) throws -> Bool {
    guard let transform else { return false }
    do {
      try document.parse(entry)
      let record = try Record(document)
      let shown = transform.apply(record)
      writer.removeAll()
      shown.encode(to: &writer)
      return shown != record
    } catch {
      throw ExportRefusal(
        PackageLayout.entries, "entry \(leaves.count - 1)", found: "\(error)", expected: "a record")
    }
  }

  /// The files, and what the manifest says about the table.
  package consuming func finish(
    check: Manifest.Check
  ) throws -> (files: [PackageFile], table: Manifest.Table) {
    var files = [try rows.finish()]
    if let records { files.append(try records.finish()) }
    let totals = RecordKind.allCases.map {
      Manifest.Total($0.rawValue, Double(kindCounts[$0] ?? 0))
    }
    let table = Manifest.Table(
      name: TableName.records, rowCount: recordCount, check: check, totals: totals)
    return (files, table)
  }
}

/// The tables of an export.
package enum TableName {
  /// The records of the period, as the journal has them.
  package static let records = "records"
  package static let activities = "activities"
  package static let findings = "findings"
  /// The verdicts of a standard's controls.
  package static let controls = "controls"
}

/// One line of `proofs/rows/`: the row's number from 1, and the journal indexes it rests on.
enum RowLine {
  static func append(_ row: Int, _ indexes: [Int], omitted: Int = 0, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: "{\"row\":".utf8)
    append(row, to: &bytes)
    bytes.append(contentsOf: ",\"indexes\":[".utf8)
    for (position, index) in indexes.enumerated() {
      if position > 0 { bytes.append(UInt8(ascii: ",")) }
      append(index, to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
    if omitted > 0 {
      bytes.append(contentsOf: ",\"omitted\":".utf8)
      append(omitted, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
    bytes.append(0x0A)
  }

  /// In decimal, digit by digit: a row has many numbers, and a string for each costs more than the rest.
  private static func append(_ number: Int, to bytes: inout [UInt8]) {
    precondition(number >= 0, "a row number or index of \(number)")
    let start = bytes.count
    var rest = number
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }
}
