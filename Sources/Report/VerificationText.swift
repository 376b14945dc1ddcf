package import Ingest

/// The four verdicts of a verification, for a person.
package enum VerificationText {
  /// A line a verdict; beneath a failed one the place of its first failure and the times that it
  /// puts in doubt; then what was pruned.
  package static func lines(_ result: JournalVerification, style: TextStyle) -> [String] {
    func verdict(
      _ name: String, _ verdict: JournalVerification.Verdict, _ style: TextStyle, _ detail: String
    ) -> [String] {
      self.verdict(name, verdict, style, detail, areTimesKnown: result.isRead)
    }
    return verdict(
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
      + pruned(result)
  }

  private static func verdict(
    _ name: String, _ verdict: JournalVerification.Verdict, _ style: TextStyle,
    _ detail: String, areTimesKnown: Bool
  ) -> [String] {
    let padded = name + String(repeating: " ", count: max(0, 17 - name.count))
    switch verdict {
    case .passed: return ["\(padded) \(style("holds  ", .green)) \(detail)"]
    case .notChecked: return ["\(padded) not checked"]
    case .failed(let first, let count):
      let more = count > 1 ? " (and \(Quantity.count(count - 1)) more)" : ""
      return [
        "\(padded) \(style(isFreshness(first) ? "STALE  " : "DAMAGED", .boldRed)) "
          + "\(first.kind.rawValue)\(more)",
        "    " + TerminalText.escaped(first.damage.description),
      ] + (first.doubt.map { doubt($0, areTimesKnown) } ?? [])
    }
  }

  private static func isFreshness(_ failure: VerificationFailure) -> Bool {
    failure.kind == .stale
  }

  /// Which entries, and between which good ones they stand.
  private static func doubt(_ doubt: DoubtfulEntries, _ areTimesKnown: Bool) -> [String] {
    let last = doubt.range.upperBound - 1
    let entries =
      doubt.range.count == 1
      ? "entry \(last)" : "entries \(doubt.range.lowerBound) to \(last)"
    guard areTimesKnown else {
      return ["    in doubt: \(entries); verify without --integrity says between which times"]
    }
    return [
      "    in doubt: \(entries)",
      "      after  " + neighbour(doubt.before, "the journal's beginning"),
      "      before " + neighbour(doubt.after, "its end"),
    ]
  }

  private static func neighbour(_ entry: GoodEntry?, _ edge: String) -> String {
    guard let entry else { return edge }
    let received = entry.receivedAt.map { ", received_at \($0.rfc3339)" } ?? ""
    return "entry \(entry.index): ts \(entry.timestamp.rfc3339)\(received)"
  }

  private static func pruned(_ result: JournalVerification) -> [String] {
    guard result.prunedSegmentCount > 0 else { return [] }
    return [
      "pruned: \(Quantity.count(result.prunedEntryCount)) entries in "
        + "\(Quantity.count(result.prunedSegmentCount)) "
        + "\(plural(result.prunedSegmentCount, "segment")): bytes not checkable, "
        + (result.integrity.hasPassed ? "root holds" : "see integrity")
    ]
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
    guard let age = result.checkpointAgeSeconds else {
      return result.checkpointCount == 0 ? "no checkpoint yet" : "age not known"
    }
    return "newest checkpoint covers what was received up to \(Quantity.seconds(age)) ago"
  }

  private static func plural(_ count: Int, _ word: String) -> String {
    count == 1 ? word : word + "s"
  }
}
