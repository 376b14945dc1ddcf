import Ingest

/// A filter as a tree.
indirect enum FilterNode<Field: FilterField>: Hashable, Sendable {
  case test(Field, FilterTest)
  case all([FilterNode])
  case any([FilterNode])
  case not(FilterNode)
}

/// Reads a filter by recursive descent; see Documentation/Query.md for the grammar.
struct FilterParser<Field: FilterField> {
  private var lexer: FilterLexer
  private let now: Timestamp
  private var depth = 0
  private var comparisonCount = 0

  init(_ text: String, now: Timestamp) {
    lexer = FilterLexer(text)
    self.now = now
  }

  mutating func parse() throws(FilterError) -> FilterNode<Field> {
    let node = try disjunction()
    lexer.skipSpaces()
    guard lexer.isAtEnd else { throw expected("and, or, or the end") }
    return node
  }

  private mutating func disjunction() throws(FilterError) -> FilterNode<Field> {
    var parts = [try conjunction()]
    while skipWord("or") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func conjunction() throws(FilterError) -> FilterNode<Field> {
    var parts = [try negation()]
    while skipWord("and") { parts.append(try negation()) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func negation() throws(FilterError) -> FilterNode<Field> {
    lexer.skipSpaces()
    let start = lexer.offset
    if skipWord("not") {
      try deepen(start)
      defer { depth -= 1 }
      return .not(try negation())
    }
    guard lexer.skip("(") else { return try comparison() }
    try deepen(start)
    defer { depth -= 1 }
    let inner = try disjunction()
    lexer.skipSpaces()
    guard lexer.skip(")") else { throw expected("and, or, or )") }
    return inner
  }

  private mutating func deepen(_ start: Int) throws(FilterError) {
    depth += 1
    guard depth <= FilterLimit.depthMax else { throw error(.tooDeep, at: start) }
  }

  private mutating func comparison() throws(FilterError) -> FilterNode<Field> {
    let start = lexer.offset
    guard let name = lexer.name() else { throw expected("a field, not, or (") }
    comparisonCount += 1
    guard comparisonCount <= FilterLimit.comparisonCountMax else {
      throw error(.tooManyComparisons, at: start)
    }
    lexer.skipSpaces()
    let place = lexer.offset
    guard let operation = lexer.operation() else {
      // A name that is none is the likelier mistake.
      if name != "since", name != "until" { _ = try field(name, at: start) }
      throw expected("=, !=, <, <=, >, >=, ~ or !~")
    }
    lexer.skipSpaces()
    let valuePlace = lexer.offset
    guard let literal = lexer.literal() else {
      throw error(
        .expected("a value, or closing quotes", found: lexer.found(at: valuePlace)), at: valuePlace)
    }
    if name == "since" || name == "until" {
      return try bound(name, operation, literal, at: place, valuePlace)
    }
    let (field, path) = try field(name, at: start)
    let reader = FilterValueReader(
      name: name, operation: operation, literal: literal, path: path, now: now)
    do {
      return .test(field, try reader.test(of: field.type))
    } catch {
      let isOperator = if case .operatorUnfit = error { true } else { false }
      throw self.error(error, at: isOperator ? place : valuePlace)
    }
  }

  /// `since=` is at or after, `until=` before.
  private func bound(
    _ name: String, _ operation: FilterOperator, _ literal: FilterLexer.Literal, at place: Int,
    _ valuePlace: Int
  ) throws(FilterError) -> FilterNode<Field> {
    guard operation == .equal else {
      throw error(
        .operatorUnfit(operation.rawValue, field: name, expected: "="), at: place)
    }
    let reader = FilterValueReader(
      name: name, operation: name == "since" ? .greaterOrEqual : .less, literal: literal,
      path: [], now: now)
    do {
      return .test(Field.time, try reader.test(of: .instant))
    } catch { throw self.error(error, at: valuePlace) }
  }

  private func field(
    _ name: String, at start: Int
  ) throws(FilterError) -> (field: Field, path: [String]) {
    if let field = Field(rawValue: name), field.type != .object { return (field, []) }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if parts.count > 1, parts.count <= FilterLimit.depthMax, !parts.contains(""),
      let field = Field(rawValue: parts[0]), field.type == .object
    {
      return (field, Array(parts.dropFirst()))
    }
    if let field = Field(rawValue: name) {
      throw error(
        .expected("\(field.rawValue).NAME, a member of the object", found: name), at: start)
    }
    let names = Field.allCases.map(\.rawValue) + ["since", "until"]
    throw error(.unknownField(name, nearest: NearestName.of(name, among: names)), at: start)
  }

  private mutating func skipWord(_ word: String) -> Bool {
    lexer.skipSpaces()
    guard lexer.peekName()?.lowercased() == word else { return false }
    _ = lexer.name()
    return true
  }

  private func expected(_ what: String) -> FilterError {
    error(
      .expected(what, found: lexer.isAtEnd ? "" : lexer.found(at: lexer.offset)), at: lexer.offset)
  }

  private func error(_ reason: FilterError.Reason, at offset: Int) -> FilterError {
    FilterError(reason: reason, column: lexer.column(ofByte: offset))
  }
}
