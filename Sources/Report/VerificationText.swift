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
          + "\(plural(result.checkpointCount, "checkpoint")) continued, "
          + signatures(result) + notCovered(result))
      + witnesses(result)
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

  private static func signatures(_ result: JournalVerification) -> String {
    guard let key = result.vkey else {
      return result.unsignedCheckpointCount < result.checkpointCount
        ? "signed by a key that the journal does not name"
        : "unsigned: the journal has no key (vigil init --adopt)"
    }
    let signer = "signed by \(TerminalText.escaped(key.name)) key \(key.keyIDHex)"
    guard result.unsignedCheckpointCount > 0 else { return signer }
    return "\(signer), but for the first \(Quantity.count(result.unsignedCheckpointCount)), "
      + "which are unsigned"
  }

  /// Beneath completeness, when witnesses were asked for and found.
  private static func witnesses(_ result: JournalVerification) -> [String] {
    guard let witnessed = result.witnessed, let after = result.notWitnessed else { return [] }
    let names = witnessed.witnesses.map(TerminalText.escaped).joined(separator: ", ")
    return [
      "    \(Quantity.count(witnessed.checkpoint.size)) entries witnessed by \(names) (quorum "
        + "\(result.quorum)); \(Quantity.count(after)) since then"
    ]
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
