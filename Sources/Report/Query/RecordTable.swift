package import Ingest

/// Records for a person, one line each, and for a spreadsheet, one cell a field.
package struct RecordTable: Sendable {
  private var table = TextTable(columns: [
    .init("INDEX", isRightAligned: true), .init("TIME (UTC)"), .init("KIND"),
    .init("SOURCE", isFlexible: true), .init("PRINCIPAL", isFlexible: true),
    .init("JOB", isFlexible: true), .init("WHAT", isFlexible: true),
  ])

  package init() {}

  package mutating func append(_ record: IndexedRecord) {
    table.append([
      .init("\(record.index)"),
      .init(String(record.record.header.timestamp.rfc3339.prefix(23)).replacing("T", with: " ")),
      .init(record.record.kind.rawValue, .dim), .init(record.record.header.source),
      .init(RecordWords.principal(record.record) ?? "-"),
      .init(RecordWords.job(record.record) ?? "-"), .init(RecordWords.what(record.record)),
    ])
  }

  package func lines(width: Int?, style: TextStyle) -> [String] {
    table.lines(width: width, style: style)
  }

  /// The first line of the CSV form: every field but `v`, the index first.
  package static let csvHeader = csvFields.map(\.rawValue)

  private static let csvFields: [RecordField] =
    [.index] + RecordField.allCases.filter { $0 != .v && $0 != .index }

  /// One cell per column of `csvHeader`; empty for an absent value; lists joined by a space.
  package static func csvCells(_ record: IndexedRecord) -> [String] {
    csvFields.map { record.value(of: $0).plainText }
  }
}

extension FilterValue {
  /// The value as a cell: nothing for an absent one.
  package var plainText: String {
    switch self {
    case .absent: ""
    case .text(let text): text
    case .texts(let texts): texts.joined(separator: " ")
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .instant(let instant): instant.rfc3339
    case .flag(let flag): flag ? "true" : "false"
    case .json(let bytes): String(decoding: bytes, as: UTF8.self)
    }
  }
}
