/// Gives the fields of a row from columns; see `FieldLayout`.
struct FieldReader: FieldVisitor {
  private let block: [UInt8]
  private let columns: [PackedColumn]
  private let isDetailed: Bool
  private var row = 0
  private var column = 0
  private var texts: TextTable

  /// Some value so far was none that a writer writes: nothing of the block may be believed.
  private(set) var isDamaged = false

  init(_ block: [UInt8], _ columns: [PackedColumn], _ texts: TextTable, isDetailed: Bool) {
    self.block = block
    self.columns = columns
    self.texts = texts
    self.isDetailed = isDetailed
  }

  /// The next fields come from this row of the columns from `column` on. Precondition: they have it.
  mutating func begin(row: Int, at column: Int) {
    self.row = row
    self.column = column
  }

  @inline(__always)
  mutating func next() -> UInt64 {
    defer { column += 1 }
    return columns[column].value(row, block)
  }

  @inline(__always)
  mutating func text(_ value: inout String?, _ use: FieldUse) {
    let number = next()
    guard number > 0, isDetailed || use == .analysis else { return }
    value = texts.text(number, block)
    if value == nil { isDamaged = true }
  }

  /// The bytes of a text, empty where there is none.
  func bytes(_ number: UInt64) -> ArraySlice<UInt8> { block[texts.range(number) ?? 0..<0] }

  @inline(__always)
  mutating func texts(_ value: inout [String]) {
    let number = next()
    guard number > 0 else { return }
    if let list = texts.list(number) { value = list } else { isDamaged = true }
  }

  mutating func bytes(_ value: inout [UInt8]?) {
    let number = next()
    guard number > 0 else { return }
    if let range = texts.range(number) { value = Array(block[range]) } else { isDamaged = true }
  }

  @inline(__always)
  mutating func integer(_ value: inout Int?, _ range: ClosedRange<Int>) {
    guard let number = FieldCode.integer(of: next()) else { return }
    if range.contains(number) { value = number } else { isDamaged = true }
  }

  /// Received at: an instant or none.
  @inline(__always)
  mutating func instant(_ value: inout Timestamp?) {
    let code = next()
    guard code > 0 else { return }
    value = FieldCode.instant(of: code)
    if value == nil { isDamaged = true }
  }

  @inline(__always)
  mutating func seconds(_ value: inout Double?) {
    let code = next()
    guard code > 0 else { return }
    let number = Double(bitPattern: code - 1)
    if number >= 0, number.isFinite { value = number } else { isDamaged = true }
  }

  @inline(__always)
  mutating func flag(_ value: inout Bool) { value = next() != 0 }

  @inline(__always)
  mutating func word<Word: Equatable>(_ value: inout Word?, _ table: [Word]) {
    let number = next()
    guard number > 0 else { return }
    if number <= UInt64(table.count) { value = table[Int(number) - 1] } else { isDamaged = true }
  }
}
