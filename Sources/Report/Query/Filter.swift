package import Ingest

/// A question about fields, which every subject answers with yes or no.
///
/// Total: whatever the subject holds, there is an answer. Evaluation visits each comparison at most
/// once, in the order written.
package struct Filter<Subject: FilterSubject>: Sendable, Equatable {
  /// As it was written.
  package let text: String
  private let root: FilterNode<Subject.Field>

  /// Reads a filter.
  ///
  /// - Parameter now: what a duration is counted back from where an instant is wanted.
  package init(_ text: String, now: Timestamp) throws(FilterError) {
    guard text.utf8.count <= FilterLimit.byteCountMax else {
      throw FilterError(reason: .tooLong(byteCount: text.utf8.count), column: 1)
    }
    self.text = text
    var parser = FilterParser<Subject.Field>(text, now: now)
    root = try parser.parse()
  }

  /// Whether the subject is one that was asked for.
  package func matches(_ subject: Subject) -> Bool { Filter.holds(root, subject) }

  private static func holds(_ node: FilterNode<Subject.Field>, _ subject: Subject) -> Bool {
    switch node {
    case .test(let field, let test): test.holds(subject.value(of: field))
    case .all(let parts): parts.allSatisfy { holds($0, subject) }
    case .any(let parts): parts.contains { holds($0, subject) }
    case .not(let inner): !holds(inner, subject)
    }
  }

  /// Whether some subject may match of which only some fields are known.
  ///
  /// - Parameter known: the value of a known field; nil of an unknown one.
  package func mayMatch(knowing known: (Subject.Field) -> FilterValue?) -> Bool {
    Filter.verdict(root, known) ?? true
  }

  /// By Kleene's logic: nil for what depends on an unknown field.
  private static func verdict(
    _ node: FilterNode<Subject.Field>, _ known: (Subject.Field) -> FilterValue?
  ) -> Bool? {
    switch node {
    case .test(let field, let test): return known(field).map { test.holds($0) }
    case .not(let inner): return verdict(inner, known).map { !$0 }
    case .all(let parts):
      let verdicts = parts.map { verdict($0, known) }
      return verdicts.contains(false) ? false : verdicts.contains(nil) ? nil : true
    case .any(let parts):
      let verdicts = parts.map { verdict($0, known) }
      return verdicts.contains(true) ? true : verdicts.contains(nil) ? nil : false
    }
  }

  /// No subject outside these times can match: from the first on, and before the second.
  package var bounds: (since: Timestamp?, until: Timestamp?) {
    let span = Filter.span(root)
    return (
      span.lowest == .earliest ? nil : span.lowest, span.highest == .latest ? nil : span.highest
    )
  }

  private static func span(_ node: FilterNode<Subject.Field>) -> FilterSpan {
    switch node {
    case .test(let field, let test):
      guard field == Subject.Field.time, case .instant(let stated) = test.operand else {
        return FilterSpan()
      }
      return FilterSpan(test.operation, stated)
    case .not: return FilterSpan()
    case .all(let parts):
      return parts.reduce(FilterSpan()) { $0.intersection(span($1)) }
    case .any(let parts):
      let spans = parts.map { span($0) }
      return spans.dropFirst().reduce(spans.first ?? FilterSpan()) { $0.hull($1) }
    }
  }
}

/// Instants from the first on and before the second; `latest` bounds nothing.
private struct FilterSpan {
  var lowest = Timestamp.earliest
  var highest = Timestamp.latest

  init() {}

  init(_ operation: FilterOperator, _ stated: Timestamp) {
    let next = stated.advanced(bySeconds: 1e-6)
    switch operation {
    case .equal: (lowest, highest) = (stated, next)
    case .less: highest = stated
    case .lessOrEqual: highest = next
    case .greater, .greaterOrEqual: lowest = stated
    case .notEqual, .like, .notLike: break
    }
  }

  func intersection(_ other: FilterSpan) -> FilterSpan {
    var both = self
    both.lowest = max(lowest, other.lowest)
    both.highest = min(highest, other.highest)
    return both
  }

  func hull(_ other: FilterSpan) -> FilterSpan {
    var either = self
    either.lowest = min(lowest, other.lowest)
    either.highest = max(highest, other.highest)
    return either
  }
}
