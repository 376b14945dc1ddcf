/// Why a text is no filter, and where.
package struct FilterError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: Error, Hashable, Sendable {
    case unknownField(String, nearest: String?)
    case unknownWord(String, field: String, nearest: String?, words: [String])
    case expected(String, found: String)
    /// An operator that values of this field do not have.
    case operatorUnfit(String, field: String, expected: String)
    case tooLong(byteCount: Int)
    case tooManyComparisons
    case tooDeep
  }

  package let reason: Reason
  /// From 1, in Unicode scalars of the filter.
  package let column: Int

  /// One line without control characters; what was written is escaped and cut.
  package var description: String { "filter: column \(column): " + explanation }

  private var explanation: String {
    switch reason {
    case .unknownField(let name, let nearest):
      "unknown field \(FilterError.quoted(name))"
        + (nearest.map { ": did you mean \($0)?" } ?? ": expected a field of Documentation/Query.md")
    case .unknownWord(let word, let field, let nearest, let words):
      "\(field) is never \(FilterError.quoted(word))"
        + (nearest.map { ": did you mean \($0)?" }
          ?? ": expected one of \(words.prefix(24).joined(separator: ", "))")
    case .expected(let expected, let found):
      "found \(found.isEmpty ? "the end" : FilterError.quoted(found)): expected \(expected)"
    case .operatorUnfit(let found, let field, let expected):
      "\(field) with \(found): expected \(expected)"
    case .tooLong(let count):
      "\(count) bytes: expected \(FilterLimit.byteCountMax) or fewer"
    case .tooManyComparisons:
      "more than \(FilterLimit.comparisonCountMax) comparisons"
    case .tooDeep:
      "more than \(FilterLimit.depthMax) parentheses and nots inside one another"
    }
  }

  private static func quoted(_ text: String) -> String {
    "\"" + TerminalText.fitted(TerminalText.escaped(text), width: 60) + "\""
  }
}

/// How large a filter may be.
package enum FilterLimit {
  package static let byteCountMax = 4096
  package static let comparisonCountMax = 128
  package static let depthMax = 32
}
