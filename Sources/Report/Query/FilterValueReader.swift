import Ingest

/// Reads a value as the type of its field wants it.
struct FilterValueReader {
  let name: String
  let operation: FilterOperator
  let literal: FilterLexer.Literal
  /// Of a member of an object field.
  let path: [String]
  /// What durations are counted back from where an instant is wanted.
  let now: Timestamp

  func test(of type: FilterType) throws(FilterError.Reason) -> FilterTest {
    if operation == .like || operation == .notLike { return try glob(of: type) }
    switch type {
    case .text: return test(.text(literal.bytes))
    case .object: return test(.member(path, literal.bytes, decimal?.value))
    case .texts:
      try admit([.equal, .notEqual])
      return test(.text(literal.bytes))
    case .word(let words):
      try admit([.equal, .notEqual])
      guard words.contains(where: { $0.utf8.elementsEqual(literal.bytes) }) else {
        throw .unknownWord(
          literal.text, field: name, nearest: NearestName.of(literal.text, among: words),
          words: words)
      }
      return test(.text(literal.bytes))
    case .flag:
      try admit([.equal, .notEqual])
      guard let flag = ["true": true, "false": false][literal.text] else {
        throw unexpected("true or false")
      }
      return test(.flag(flag))
    case .number:
      guard let number = decimal else { throw unexpected("a number") }
      return test(number)
    case .seconds:
      guard let number = decimal ?? amount(FilterUnit.times) else {
        throw unexpected("seconds, or a duration as 90s, 5m, 1h30m, 2d")
      }
      return test(number)
    case .bytes:
      guard let number = decimal ?? amount(FilterUnit.sizes) else {
        throw unexpected("bytes, or a size as 2MB or 64KiB")
      }
      return test(number)
    case .instant:
      guard let instant else {
        throw unexpected(
          "RFC 3339 (2026-11-24T05:00:00Z), a date (2026-11-24) or a duration ago (2d)")
      }
      return test(.instant(instant))
    }
  }

  private func glob(of type: FilterType) throws(FilterError.Reason) -> FilterTest {
    let glob = Glob(literal.bytes, literalStars: literal.literalStars)
    switch type {
    case .text, .texts, .word: return test(.glob(glob))
    case .object: return test(.memberGlob(path, glob))
    case .number, .seconds, .bytes, .instant:
      throw .operatorUnfit(operation.rawValue, field: name, expected: "=, !=, <, <=, > or >=")
    case .flag: throw .operatorUnfit(operation.rawValue, field: name, expected: "= or !=")
    }
  }

  private func admit(_ operations: [FilterOperator]) throws(FilterError.Reason) {
    guard !operations.contains(operation) else { return }
    throw .operatorUnfit(operation.rawValue, field: name, expected: "=, !=, ~ or !~")
  }

  private func test(_ operand: FilterTest.Operand) -> FilterTest {
    FilterTest(operation: operation, operand: operand)
  }

  private func test(_ number: FilterNumber) -> FilterTest {
    switch number {
    case .integer(let value): test(FilterTest.Operand.integer(value))
    case .number(let value): test(FilterTest.Operand.number(value))
    }
  }

  private func unexpected(_ expected: String) -> FilterError.Reason {
    .expected(expected, found: String(literal.text.unicodeScalars.prefix(60)))
  }

  /// The whole value as a decimal number.
  private var decimal: FilterNumber? {
    var scan = FilterNumberScan(literal.bytes)
    guard let number = scan.decimal(), scan.isAtEnd else { return nil }
    return number
  }

  /// One or more numbers, each with its unit, added up: `1h30m`.
  private func amount(_ units: [FilterUnit]) -> FilterNumber? {
    var scan = FilterNumberScan(literal.bytes)
    var sum = 0.0
    repeat {
      guard let number = scan.decimal(), number.value >= 0,
        let unit = units.first(where: { scan.skip($0.name) })
      else { return nil }
      sum += number.value * unit.factor
    } while !scan.isAtEnd
    guard sum.isFinite else { return nil }
    return Int(exactly: sum).map { .integer($0) } ?? .number(sum)
  }

  private var instant: Timestamp? {
    if let instant = Timestamp(rfc3339: literal.text) { return instant }
    if literal.bytes.count == 10, let midnight = Timestamp(rfc3339: literal.text + "T00:00:00Z") {
      return midnight
    }
    return amount(FilterUnit.times).map { now.advanced(bySeconds: -$0.value) }
  }
}

/// A number of a filter; whole ones are compared exactly.
enum FilterNumber: Hashable {
  case integer(Int)
  case number(Double)

  var value: Double {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    }
  }
}

/// A unit behind a number. Longer names come before those that they begin with.
struct FilterUnit {
  let name: String
  let factor: Double

  static let times: [FilterUnit] = [
    .init("us", 1e-6), .init("ms", 1e-3), .init("min", 60), .init("s", 1), .init("m", 60),
    .init("h", 3600), .init("d", 86_400), .init("w", 604_800),
  ]

  static let sizes: [FilterUnit] = [
    .init("B", 1), .init("kB", 1e3), .init("MB", 1e6), .init("GB", 1e9), .init("TB", 1e12),
    .init("KiB", 1024), .init("MiB", 1_048_576), .init("GiB", 1_073_741_824),
    .init("TiB", 1_099_511_627_776),
  ]

  private init(_ name: String, _ factor: Double) {
    self.name = name
    self.factor = factor
  }
}

/// Reads decimal numbers without exponent from bytes.
private struct FilterNumberScan {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }

  mutating func skip(_ word: String) -> Bool {
    guard bytes[offset...].starts(with: word.utf8) else { return false }
    offset += word.utf8.count
    return true
  }

  mutating func decimal() -> FilterNumber? {
    let start = offset
    _ = skip("-")
    let wholeCount = digits()
    guard wholeCount > 0 else { return nil }
    if skip("."), digits() == 0 { return nil }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if let whole = Int(text) { return .integer(whole) }
    return Double(text).flatMap { $0.isFinite ? .number($0) : nil }
  }

  private mutating func digits() -> Int {
    let start = offset
    while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
    return offset - start
  }
}
