package import Ingest

/// What the data of a period say about one control of a standard.
package struct ControlRow: Sendable, Equatable {
  package enum Verdict: String, Sendable, CaseIterable {
    case met
    case notMet = "not_met"
    case insufficientData = "insufficient_data"

    /// As a report says it.
    package var words: String {
      switch self {
      case .met: "met"
      case .notMet: "not met"
      case .insufficientData: "insufficient data"
      }
    }

    /// 1 Pass, 2 Warning (no result for want of information), 3 Fail.
    var ocsfStatus: Int {
      switch self {
      case .met: 1
      case .insufficientData: 2
      case .notMet: 3
      }
    }
  }

  package let standard: String
  package let clause: String
  package let title: String
  /// What was asked of the data.
  package let query: String
  package let verdict: Verdict
  /// One sentence with the numbers that decided.
  package let reason: String
  /// Journal indexes, ascending, the first ones.
  package let evidence: [Int]
  /// Indexes beyond those.
  package let omittedCount: Int
  /// The time of the export.
  package let madeAt: Timestamp

  /// Standard and clause.
  package var uid: String { "\(standard) \(clause)" }

  /// As one line of `tables/controls.jsonl`, without the newline.
  func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("standard", standard)
    writer.field("clause", clause)
    writer.field("title", title)
    writer.field("query", query)
    writer.field("verdict", verdict.rawValue)
    writer.field("reason", reason)
    writer.field("evidence", evidence)
    if omittedCount > 0 { writer.field("evidence_omitted", omittedCount) }
    writer.endObject()
  }

  static let csvHeader = [
    "standard", "clause", "title", "query", "verdict", "reason", "evidence", "evidence_omitted",
  ]

  var csvCells: [String] {
    [
      standard, clause, title, query, verdict.rawValue, reason,
      evidence.map(String.init).joined(separator: " "), "\(omittedCount)",
    ]
  }
}
