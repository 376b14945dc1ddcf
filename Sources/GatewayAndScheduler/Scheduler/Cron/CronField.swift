/// One of the five fields of a cron expression, as a set of numbers.
struct CronField: Hashable, Sendable {
  /// The numbers it names, each as a bit.
  private(set) var bits: UInt64 = 0
  /// Whether it begins with `*`, and so leaves the choice to the other fields.
  let isWild: Bool

  /// What the five fields take: their ranges and names.
  enum Kind: String, CaseIterable {
    case minute, hour
    case dayOfMonth = "day of month"
    case month
    case dayOfWeek = "day of week"

    var range: ClosedRange<Int> {
      switch self {
      case .minute: 0...59
      case .hour: 0...23
      case .dayOfMonth: 1...31
      case .month: 1...12
      case .dayOfWeek: 0...7
      }
    }

    var names: [String] {
      switch self {
      case .minute, .hour, .dayOfMonth: []
      case .month:
        [
          "", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ]
      case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
      }
    }
  }

  /// Reads `*`, `5`, `1-5`, `*/15`, `10-50/20`, names of months and days, and lists of these.
  init(_ text: Substring, _ kind: Kind) throws(CronError) {
    isWild = text.hasPrefix("*")
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = pieces.first, let range = CronField.range(first, kind) else {
        throw CronError(field: kind.rawValue, found: String(part), expected: CronField.words(kind))
      }
      var step = 1
      if pieces.count == 2 {
        guard let stated = CronField.number(pieces[1], []), stated > 0, stated <= 60,
          first == "*" || range.count > 1
        else {
          throw CronError(
            field: kind.rawValue, found: String(part), expected: "a range, then / and a step")
        }
        step = stated
      }
      for number in stride(from: range.lowerBound, through: range.upperBound, by: step) {
        // Sunday is both 0 and 7.
        bits |= 1 << UInt64(kind == .dayOfWeek ? number % 7 : number)
      }
    }
  }

  func contains(_ number: Int) -> Bool { bits >> UInt64(number) & 1 == 1 }

  private static func range(_ text: Substring, _ kind: Kind) -> ClosedRange<Int>? {
    if text == "*" { return kind == .dayOfWeek ? 0...6 : kind.range }
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = ends.first.flatMap({ number($0, kind.names) }),
      let last = ends.last.flatMap({ number($0, kind.names) }), first <= last,
      kind.range.contains(first), kind.range.contains(last)
    else { return nil }
    return first...last
  }

  private static func number(_ text: Substring, _ names: [String]) -> Int? {
    if let index = names.firstIndex(of: text.lowercased()), !text.isEmpty { return index }
    guard !text.isEmpty, text.utf8.count <= 2,
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
  }

  private static func words(_ kind: Kind) -> String {
    "a number, range, step or list within \(kind.range.lowerBound) to \(kind.range.upperBound)"
  }
}

/// Why a text is no cron expression.
package struct CronError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Which of the five fields, or `expression`.
  package let field: String
  /// What stands there.
  package let found: String
  package let expected: String

  package var description: String {
    "cron \(field): found \(SchedulerWords.quoted(found)): expected \(expected)"
  }
}
