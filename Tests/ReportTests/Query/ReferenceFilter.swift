import Foundation
import Ingest
import TestSupport

/// A filter as a tree of its own, which prints itself and is evaluated over the entry's JSON: written
/// without a line of the code that it is held against.
indirect enum ReferenceFilter {
  case comparison(String, String, Operand)
  case and([ReferenceFilter])
  case or([ReferenceFilter])
  case not(ReferenceFilter)

  enum Operand {
    case text(String)
    case glob(String)
    case number(Double, written: String)
    case instant(String, at: Date)
    case flag(Bool)
    case member(String)
  }

  static let textFields = ["job", "principal", "path", "reason", "id", "source", "error.message"]
  static let numberFields = ["status", "attempt", "exit_code", "oversize_bytes", "duration_s"]
  static let listFields = ["groups", "query_keys", "depends_on"]
  static let memberFields = ["params.day", "params.name", "counts.lines", "finding.rule"]

  static func random(_ random: inout SeededRandom, depth: Int = 0) -> ReferenceFilter {
    let parts = Int.random(in: 2...3, using: &random)
    switch Int.random(in: 0..<(depth > 3 ? 1 : 5), using: &random) {
    case 1: return .and((0..<parts).map { _ in self.random(&random, depth: depth + 1) })
    case 2: return .or((0..<parts).map { _ in self.random(&random, depth: depth + 1) })
    case 3: return .not(self.random(&random, depth: depth + 1))
    default: return comparison(&random)
    }
  }

  private static func comparison(_ random: inout SeededRandom) -> ReferenceFilter {
    func pick(_ values: [String]) -> String { values.randomElement(using: &random) ?? "=" }
    let orders = ["=", "!=", "<", "<=", ">", ">="]
    switch Int.random(in: 0..<7, using: &random) {
    case 0: return .comparison(pick(textFields), pick(orders), .text(pick(RecordSamples.names)))
    case 1:
      let glob = pick(["*", "e*", "*tl", "e*l*t*", "**", "*é*", "etl", "a*b"])
      return .comparison(pick(textFields + listFields), pick(["~", "!~"]), .glob(glob))
    case 2:
      let written = pick(["0", "1", "200", "500", "0.25", "-9", "90.5"])
      return .comparison(
        pick(numberFields), pick(orders), .number(Double(written) ?? 0, written: written))
    case 3:
      return .comparison(
        pick(listFields), pick(["=", "!="]), .text(pick(["ops", "data", "métier"])))
    case 4:
      let hour = Int.random(in: 0..<24, using: &random)
      let text = "2026-11-24T\(hour < 10 ? "0" : "")\(hour):00:00Z"
      let date = ISO8601DateFormatter().date(from: text) ?? .distantPast
      return .comparison(
        pick(["ts", "received_at", "expires_at"]), pick(orders), .instant(text, at: date))
    case 5: return .comparison("imported", pick(["=", "!="]), .flag(Bool.random(using: &random)))
    default:
      return .comparison(
        pick(memberFields), pick(["=", "!="]), .member(pick(["3", "etl", "off_hours"])))
    }
  }

  var text: String {
    switch self {
    case .comparison(let field, let operation, let operand): field + operation + operand.text
    case .and(let parts): "(" + parts.map(\.text).joined(separator: " and ") + ")"
    case .or(let parts): "(" + parts.map(\.text).joined(separator: " or ") + ")"
    case .not(let inner): "not " + inner.text
    }
  }

  func holds(_ entry: [String: Any]) -> Bool {
    switch self {
    case .and(let parts): parts.allSatisfy { $0.holds(entry) }
    case .or(let parts): parts.contains { $0.holds(entry) }
    case .not(let inner): !inner.holds(entry)
    case .comparison(let field, let operation, let operand):
      operand.holds(ReferenceFilter.member(entry, field), operation)
    }
  }

  private static func member(_ entry: [String: Any], _ name: String) -> Any? {
    name.split(separator: ".").reduce(entry as Any?) { found, part in
      (found as? [String: Any])?[String(part)]
    }
  }
}

extension ReferenceFilter.Operand {
  fileprivate var text: String {
    switch self {
    case .text(let text):
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    case .glob(let glob): glob
    case .number(_, let written): written
    case .instant(let text, _): text
    case .flag(let flag): "\(flag)"
    case .member(let text): text
    }
  }

  fileprivate func holds(_ value: Any?, _ operation: String) -> Bool {
    switch self {
    case .text(let stated):
      if let list = value as? [String] {
        return list.contains { Array($0.utf8) == Array(stated.utf8) } == (operation == "=")
      }
      return Self.compare((value as? String).map { Array($0.utf8) }, Array(stated.utf8), operation)
      {
        $0.lexicographicallyPrecedes($1)
      }
    case .glob(let glob):
      let texts = value as? [String] ?? (value as? String).map { [$0] } ?? []
      let isLike = texts.contains { Self.isLike(Array(glob.utf8)[...], Array($0.utf8)[...]) }
      return isLike == (operation == "~")
    case .number(let stated, _): return Self.compare(value as? Double, stated, operation, <)
    case .instant(_, let stated):
      let formatter = ISO8601DateFormatter()
      let date = (value as? String).flatMap { formatter.date(from: String($0.prefix(19)) + "Z") }
      return Self.compare(date, stated, operation, <)
    case .flag(let stated): return ((value as? Bool ?? false) == stated) == (operation == "=")
    case .member(let stated):
      let found = value as? String ?? (value as? NSNumber).map { "\($0)" }
      return Self.compare(found, stated, operation, <)
    }
  }

  private static func compare<Value: Equatable>(
    _ value: Value?, _ stated: Value, _ operation: String, _ precedes: (Value, Value) -> Bool
  ) -> Bool {
    guard let value else { return operation == "!=" }
    switch operation {
    case "=": return value == stated
    case "!=": return value != stated
    case "<": return precedes(value, stated)
    case "<=": return !precedes(stated, value)
    case ">": return precedes(stated, value)
    default: return !precedes(value, stated)
    }
  }

  /// The definition of a glob, exponential and plain.
  static func isLike(_ glob: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = glob.first else { return text.isEmpty }
    if first == UInt8(ascii: "*") {
      return isLike(glob.dropFirst(), text) || (!text.isEmpty && isLike(glob, text.dropFirst()))
    }
    return text.first == first && isLike(glob.dropFirst(), text.dropFirst())
  }
}
