import Ingest

/// The names in an evidence package's directory.
package enum PackageLayout {
  package static let manifest = "manifest.json"
  /// The signed note over the manifest's hash.
  package static let note = "manifest.note"
  package static let report = "report.html"
  /// What was asked for, as CSV and JSON Lines.
  package static let tables = "tables"
  /// The bytes of every entry in the proven range.
  package static let entries = "entries"
  package static let proofs = "proofs"
  /// For every row of a table the journal indexes that it rests on.
  package static let rows = "proofs/rows"
  package static let rangeProof = "proofs/range-proof"
  /// Indexes in the range whose bytes are not in the package, with their leaf hashes.
  package static let absent = "proofs/absent.jsonl"
  package static let ocsf = "events.ocsf.jsonl"
  package static let cef = "events.cef"
  package static let database = "export.sqlite"

  /// Every directory, parents first; the empty path is the package itself.
  package static let directories = ["", tables, entries, proofs, rows]

  /// Where entries from `index` on lie, one a line.
  package static func entries(from index: Int) -> String {
    entries + "/" + SegmentName(firstIndex: index).stem.suffix(12) + ".jsonl"
  }

  /// The index that a name under `entries/` states; nil for another name.
  package static func firstIndex(of path: String) -> Int? {
    guard path.hasPrefix(entries + "/"), path.hasSuffix(".jsonl") else { return nil }
    let digits = path.dropFirst(entries.utf8.count + 1).dropLast(6)
    guard digits.utf8.count == 12, let index = Int(digits), index >= 0,
      entries(from: index) == path
    else { return nil }
    return index
  }

  package static func lines(_ table: String) -> String { "\(tables)/\(table).jsonl" }
  package static func csv(_ table: String) -> String { "\(tables)/\(table).csv" }
  package static func rows(_ table: String) -> String { "\(rows)/\(table).jsonl" }
}
