/// Journal indexes behind a statement: the first ones, and how many there were.
struct EvidenceList: Sendable, Equatable {
  static let keptCountMax = 20

  private(set) var kept: [Int] = []
  private(set) var count = 0

  mutating func add(_ index: Int) {
    count += 1
    if kept.count < EvidenceList.keptCountMax { kept.append(index) }
  }

  mutating func add(_ indexes: [Int]) { for index in indexes { add(index) } }

  var isEmpty: Bool { count == 0 }

  /// Both, the kept ones in ascending order.
  static func + (left: EvidenceList, right: EvidenceList) -> EvidenceList {
    var sum = EvidenceList()
    sum.kept = Array((left.kept + right.kept).sorted().prefix(keptCountMax))
    sum.count = left.count + right.count
    return sum
  }
}

/// Rows that are listed up to a limit, and how many there were.
struct LimitedRows<Row: Sendable>: Sendable {
  static var keptCountMax: Int { 500 }

  private(set) var kept: [Row] = []
  private(set) var count = 0

  mutating func add(_ row: Row) {
    count += 1
    if kept.count < LimitedRows.keptCountMax { kept.append(row) }
  }

  var omittedCount: Int { count - kept.count }
}
