package import Ingest

/// The four verdicts of a verification, for a person.
package enum VerificationText {
  /// A line a verdict, the place of each first failure beneath it, and what was covered.
  package static func lines(_ result: JournalVerification, style: TextStyle) -> [String] {
    verdict(
      "integrity", result.integrity, style,
      "\(Quantity.count(result.entryCount)) entries, \(Quantity.bytes(result.byteCount)) in "
        + "\(result.segmentCount) \(plural(result.segmentCount, "segment")), root "
        + String(result.root.hex.prefix(16)))
      + verdict(
        "completeness", result.completeness, style,
        "\(Quantity.count(result.checkpointCount)) "
          + "\(plural(result.checkpointCount, "checkpoint")) continued"
          + notCovered(result))
      + verdict(
        "order and schema", result.order, style,
        "every entry is a record, received_at never runs back")
      + verdict("freshness", result.freshness, style, freshness(result))
  }

  private static func verdict(
    _ name: String, _ verdict: JournalVerification.Verdict, _ style: TextStyle,
    _ detail: String
  ) -> [String] {
    let padded = name + String(repeating: " ", count: max(0, 17 - name.count))
    switch verdict {
    case .passed: return ["\(padded) \(style("holds  ", .green)) \(detail)"]
    case .failed(let first, let count):
      let more = count > 1 ? " (and \(Quantity.count(count - 1)) more)" : ""
      return [
        "\(padded) \(style("DAMAGED", .boldRed)) \(first.kind.rawValue)\(more)",
        "    " + TerminalText.escaped(first.damage.description),
      ]
    }
  }

  private static func notCovered(_ result: JournalVerification) -> String {
    result.notYetCovered == 0
      ? "" : "; not yet covered: \(Quantity.count(result.notYetCovered)) entries"
  }

  private static func freshness(_ result: JournalVerification) -> String {
    guard let age = result.checkpointAgeSeconds else { return "no checkpoint yet" }
    return "newest checkpoint covers what was received up to \(Quantity.seconds(age)) ago"
  }

  private static func plural(_ count: Int, _ word: String) -> String {
    count == 1 ? word : word + "s"
  }
}
