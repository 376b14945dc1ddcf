package import Detect
import Ingest

/// The findings of a period, counted as they come: an export of too many ends at the first too much,
/// not once all of them are in memory.
package struct PeriodFindings {
  /// Most findings of an export.
  package static let countMax = 100_000

  private let query: ExportQuery
  private let countMax: Int
  /// In the order in which they came.
  package private(set) var kept: [Finding] = []

  package init(_ query: ExportQuery, countMax: Int = PeriodFindings.countMax) {
    self.query = query
    self.countMax = countMax
  }

  /// Keeps those of the period. Throws `ExportError.tooMany` behind the limit.
  package mutating func add(_ findings: [Finding]) throws(ExportError) {
    for finding in findings where query.admits(finding.timestamp) {
      guard kept.count < countMax else {
        throw ExportError.tooMany(what: "findings", countMax: countMax)
      }
      kept.append(finding)
    }
  }
}
