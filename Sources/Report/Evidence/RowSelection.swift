package import Ingest

/// Which entries of a range the filter of an export chooses.
///
/// A record is chosen when it matches, and when it names the run or the request of one that does: a step of
/// a run carries neither job nor person. Rows that rest on several entries are chosen when one of those
/// is. Memory: a bit an entry.
package struct RowSelection: Sendable {
  /// Runs and requests that the matching records may name together.
  package static let nameCountMax = 1_000_000

  private let range: Range<Int>
  private var bits: [UInt64]

  private init(_ range: Range<Int>) {
    self.range = range
    bits = [UInt64](repeating: 0, count: (range.count + 63) / 64)
  }

  package func contains(_ index: Int) -> Bool {
    guard range.contains(index) else { return false }
    let place = index - range.lowerBound
    return bits[place / 64] >> UInt64(place % 64) & 1 == 1
  }

  /// Whether a row that rests on these entries is one that was asked for.
  package func contains(anyOf evidence: [Int]) -> Bool { evidence.contains { contains($0) } }

  private mutating func insert(_ index: Int) {
    let place = index - range.lowerBound
    bits[place / 64] |= 1 << UInt64(place % 64)
  }

  /// Chooses. Cost: each entry parsed three times: for the filter, for what the matching records name, and
  /// for what those name in turn (from a request over its run to the run's steps).
  ///
  /// - Parameters:
  ///   - filter: as the query states it; nil chooses no rows, and there is no selection.
  ///   - walk: gives every entry of the range that is there, in order.
  package static func make(
    _ filter: String?, now: Timestamp, _ range: Range<Int>,
    _ walk: ((Int, Span<UInt8>) throws -> Void) throws -> Void
  ) throws -> RowSelection? {
    guard let text = filter else { return nil }
    let filter = try RecordFilter(text, now: now)
    var selection = RowSelection(range)
    var names = Names()
    var document = JSONDocument()
    for round in 0..<3 {
      let known = names
      try walk { index, entry in
        guard !selection.contains(index) else { return }
        let record = try RowSelection.record(entry, index, &document)
        let isChosen =
          round == 0
          ? filter.matches(IndexedRecord(index: index, record: record)) : known.isNamed(by: record)
        guard isChosen else { return }
        selection.insert(index)
        try names.add(record)
      }
    }
    return selection
  }

  private static func record(
    _ entry: Span<UInt8>, _ index: Int, _ document: inout JSONDocument
  ) throws -> Record {
    do {
      try document.parse(entry)
      return try Record(document)
    } catch {
      throw ExportRefusal(
        PackageLayout.entries, "entry \(index)", found: "\(error)", expected: "a record")
    }
  }

  /// Runs and requests by their ids.
  private struct Names {
    private var runs: Set<String> = []
    private var requests: Set<String> = []

    mutating func add(_ record: Record) throws(ExportError) {
      if let run = Names.run(record) { runs.insert(run) }
      if let request = RecordWords.requestID(record) { requests.insert(request) }
      guard runs.count + requests.count <= nameCountMax else {
        throw .tooMany(what: "runs and requests of a filter", countMax: nameCountMax)
      }
    }

    func isNamed(by record: Record) -> Bool {
      Names.run(record).map { runs.contains($0) } ?? false
        || RecordWords.requestID(record).map { requests.contains($0) } ?? false
    }

    /// An approval of a run names it as its subject.
    private static func run(_ record: Record) -> String? {
      guard case .approval(let approval) = record.body, approval.subject == .run else {
        return RecordWords.runID(record)
      }
      return approval.subjectID
    }
  }
}
