/// Rows in aligned columns that fit a width.
///
/// Columns are as wide as their widest cell. When the sum is too wide, the flexible columns give
/// way, widest first, down to a floor; what does not fit ends in an ellipsis. Cells are escaped.
package struct TextTable: Sendable {
  /// One column: its title, its alignment and whether it may be cut.
  package struct Column: Sendable {
    let title: String
    let isRightAligned: Bool
    let isFlexible: Bool

    package init(_ title: String, isRightAligned: Bool = false, isFlexible: Bool = false) {
      self.title = title
      self.isRightAligned = isRightAligned
      self.isFlexible = isFlexible
    }
  }

  /// One cell: its text and, on a colour terminal, its paint.
  package struct Cell: Sendable {
    let text: String
    let paint: TextStyle.Paint?

    package init(_ text: String?, _ paint: TextStyle.Paint? = nil) {
      self.text = TerminalText.escaped(text ?? "")
      self.paint = paint
    }
  }

  /// Narrowest a flexible column gets.
  package static let flexibleWidthMin = 8
  private static let gap = 2

  private let columns: [Column]
  private var rows: [[Cell]] = []

  package init(columns: [Column]) { self.columns = columns }

  /// Precondition: one cell per column.
  package mutating func append(_ row: [Cell]) {
    precondition(row.count == columns.count, "\(row.count) cells for \(columns.count) columns")
    rows.append(row)
  }

  package var isEmpty: Bool { rows.isEmpty }

  /// The lines, title first, without trailing spaces. `width` nil means as wide as needed.
  package func lines(width: Int?, style: TextStyle) -> [String] {
    let widths = fittedWidths(width)
    let titles = columns.map { Cell($0.title, .dim) }
    return ([titles] + rows).map { line($0, widths, style) }
  }

  private func line(_ cells: [Cell], _ widths: [Int], _ style: TextStyle) -> String {
    var result = ""
    var pendingSpaces = 0
    for (index, cell) in cells.enumerated() {
      let text = TerminalText.fitted(cell.text, width: widths[index])
      let padding = widths[index] - TerminalText.width(text)
      if columns[index].isRightAligned { pendingSpaces += padding }
      if !text.isEmpty {
        result += String(repeating: " ", count: pendingSpaces) + style(text, cell.paint)
        pendingSpaces = 0
      }
      pendingSpaces += (columns[index].isRightAligned ? 0 : padding) + TextTable.gap
    }
    return result
  }

  private func fittedWidths(_ limit: Int?) -> [Int] {
    var widths = columns.enumerated().map { index, column in
      rows.reduce(TerminalText.width(column.title)) { widest, row in
        max(widest, TerminalText.width(row[index].text))
      }
    }
    guard let limit else { return widths }
    while widths.reduce(TextTable.gap * (widths.count - 1), +) > limit {
      let candidates = columns.indices.filter {
        columns[$0].isFlexible && widths[$0] > TextTable.flexibleWidthMin
      }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
    }
    return widths
  }
}
