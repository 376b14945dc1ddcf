/// Takes the fields of one record after the other into columns; see `FieldLayout`.
struct FieldWriter: FieldVisitor {
  private(set) var columns = [[UInt64]](repeating: [], count: FieldLayout.columnCount)
  private(set) var texts = TextPool()
  private var column = 0

  /// The next fields go into the columns from `column` on.
  mutating func begin(at column: Int) { self.column = column }

  mutating func add(_ value: UInt64) {
    columns[column].append(value)
    column += 1
  }

  mutating func text(_ value: inout String?, _ use: FieldUse) { add(texts.number(value)) }

  mutating func texts(_ value: inout [String]) { add(texts.number(list: value)) }

  mutating func bytes(_ value: inout [UInt8]?) {
    add(value.map { texts.number(unshared: $0) } ?? 0)
  }

  mutating func integer(_ value: inout Int?, _ range: ClosedRange<Int>) {
    add(value.map { FieldCode.code(of: $0) } ?? 0)
  }

  mutating func seconds(_ value: inout Double?) { add(value.map { $0.bitPattern + 1 } ?? 0) }

  mutating func flag(_ value: inout Bool) { add(value ? 1 : 0) }

  mutating func word<Word: Equatable>(_ value: inout Word?, _ table: [Word]) {
    let known = value
    add(table.firstIndex { $0 == known }.map { UInt64($0) + 1 } ?? 0)
  }
}

/// Which columns hold what: those of every entry first, then those of each kind.
enum FieldLayout {
  static let kind = 0
  static let timestamp = 1
  static let source = 2
  static let id = 3
  /// Received at, and the other fields of the header.
  static let header = 4
  static let entryColumnCount = header + 1 + RecordHeader.fieldCount

  /// The first column of a kind.
  static func first(_ kind: RecordKind) -> Int {
    let decision = entryColumnCount + RequestRecord.fieldCount
    let run = decision + DecisionRecord.fieldCount
    let task = run + RunRecord.fieldCount
    let whole = task + TaskRecord.fieldCount
    return switch kind {
    case .request: entryColumnCount
    case .decision: decision
    case .run: run
    case .task: task
    case .approval: whole
    case .alert: whole + 1
    case .control: whole + 2
    }
  }

  static func count(_ kind: RecordKind) -> Int {
    switch kind {
    case .request: RequestRecord.fieldCount
    case .decision: DecisionRecord.fieldCount
    case .run: RunRecord.fieldCount
    case .task: TaskRecord.fieldCount
    // Rare kinds: the record as an entry's text, without `original`.
    case .approval, .alert, .control: 1
    }
  }

  static let columnCount = first(.control) + 1
}

/// Integers and instants as unsigned numbers, 0 standing for none.
enum FieldCode {
  /// 1 and up: zigzag, so that small numbers of either sign stay small. Precondition: not `Int.min`.
  static func code(of value: Int) -> UInt64 {
    UInt64(bitPattern: Int64(value << 1 ^ value >> 63)) + 1
  }

  @inline(__always)
  static func integer(of code: UInt64) -> Int? {
    guard code > 0 else { return nil }
    let zigzag = code - 1
    return Int(truncatingIfNeeded: zigzag >> 1) ^ -Int(truncatingIfNeeded: zigzag & 1)
  }

  /// 1 and up, rising with time.
  static func code(of instant: Timestamp) -> UInt64 {
    UInt64(instant.microseconds - Timestamp.earliest.microseconds) + 1
  }

  @inline(__always)
  static func instant(of code: UInt64) -> Timestamp? {
    guard code > 0, let offset = Int64(exactly: code - 1) else { return nil }
    let (sum, isOver) = Timestamp.earliest.microseconds.addingReportingOverflow(offset)
    return isOver ? nil : Timestamp(microseconds: sum)
  }
}
