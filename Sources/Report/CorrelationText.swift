package import Correlate
import Ingest

/// What correlation made of a journal, in sums that add up.
package enum CorrelationText {
  /// Requests by outcome, activities by state, joins, and how the clocks stand to each other.
  package static func lines(_ summary: CorrelationSummary, style: TextStyle) -> [String] {
    requests(summary) + activities(summary, style) + evidence(summary) + clocks(summary)
  }

  private static func requests(_ summary: CorrelationSummary) -> [String] {
    let total = summary.requests.values.reduce(0, +)
    guard total > 0 else { return [] }
    let parts = RequestOutcome.allCases.compactMap { outcome -> String? in
      guard let count = summary.requests[outcome], count > 0 else { return nil }
      return "\(Quantity.count(count)) \(words(outcome.rawValue))"
    }
    var lines = ["requests    \(Quantity.count(total)): \(parts.joined(separator: ", "))"]
    if summary.failedRequests > 0 {
      lines.append(
        "            \(Quantity.count(summary.failedRequestsExplained)) of the "
          + "\(Quantity.count(summary.failedRequests)) answered with 5xx have the gateway's own "
          + "reason joined to them")
    }
    return lines
  }

  private static func activities(_ summary: CorrelationSummary, _ style: TextStyle) -> [String] {
    guard summary.settled > 0 else { return [] }
    let parts = Activity.State.allCases.compactMap { state -> String? in
      guard let count = summary.settledStates[state], count > 0 else { return nil }
      return "\(Quantity.count(count)) \(words(state.rawValue))"
    }
    return ["activities  \(Quantity.count(summary.settled)): \(parts.joined(separator: ", "))"]
  }

  private static func evidence(_ summary: CorrelationSummary) -> [String] {
    var parts = Activity.Link.allCases.compactMap { link -> String? in
      guard link != .none, let count = summary.settledLinks[link], count > 0 else { return nil }
      return "\(Quantity.count(count)) joined by \(words(link.rawValue))"
    }
    if summary.requestsMissing > 0 {
      parts.append(
        counted(summary.requestsMissing, "run without a request", "runs without a request"))
    }
    if summary.runsMissing > 0 {
      parts.append(
        counted(
          summary.runsMissing, "accepted trigger without a run", "accepted triggers without a run"))
    }
    for (state, count) in summary.dangling.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      parts.append("\(Quantity.count(count)) with \(words(state.rawValue))")
    }
    if summary.lateRecords > 0 {
      parts.append("\(Quantity.count(summary.lateRecords)) late records")
    }
    return parts.isEmpty ? [] : ["evidence    " + parts.joined(separator: ", ")]
  }

  private static func clocks(_ summary: CorrelationSummary) -> [String] {
    summary.clockOffsets.filter { $0.count > 0 }.map { offset in
      "clocks      \(TerminalText.escaped(offset.runSource)) begins a run "
        + "\(Quantity.seconds(offset.medianSeconds)) after its request at "
        + "\(TerminalText.escaped(offset.requestSource)) (median of the newest; least "
        + "\(Quantity.seconds(offset.minSeconds)); \(Quantity.count(offset.count)) pairs, "
        + "\(Quantity.count(offset.impossibleCount)) impossible)"
    }
  }

  private static func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(Quantity.count(count)) \(count == 1 ? one : many)"
  }

  private static func words(_ rawValue: String) -> String { rawValue.replacing("_", with: " ") }
}
