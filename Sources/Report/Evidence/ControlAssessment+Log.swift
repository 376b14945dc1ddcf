import Detect
import Ingest

/// What is said about monitoring, and about the log itself.
extension ControlAssessment {
  /// All findings of some kinds, taken together.
  func findings(where admits: (FindingKind) -> Bool) -> FindingTally {
    var sum = FindingTally()
    for (kind, tally) in facts.tallies where admits(kind) { sum.add(tally) }
    return sum
  }

  /// Not met, where records or findings of a rule show it; else nil.
  func refuted(
    by records: EvidenceList, _ recordWords: String, and rule: String, _ findingWords: String
  ) -> Answer? {
    let found = findings { $0.rule == rule }
    guard !records.isEmpty || found.count > 0 else { return nil }
    return Answer(
      .notMet, "\(records.count) \(recordWords), \(found.count) \(findingWords)",
      records + found.evidence)
  }

  /// Whether somebody said something about each finding of a kind.
  func handled(_ what: String, _ admits: (FindingKind) -> Bool) -> Answer {
    guard facts.earliest != nil else {
      return Answer(.insufficientData, "nothing was heard from the watched systems in the period")
    }
    let all = findings(where: admits)
    if all.openCount > 0 {
      return Answer(
        .notMet,
        "\(all.openCount) of \(all.count) \(what) have no acknowledgement, approval or resolution"
          + (all.suppressedCount > 0 ? ", \(all.suppressedCount) of them suppressed" : ""),
        all.openEvidence)
    }
    if all.count == 0, !hasPast {
      return Answer(
        .insufficientData,
        "no \(what), but less than two weeks of past to compare with: none could be said")
    }
    return all.count == 0
      ? Answer(.met, "the period was judged by every rule: no \(what)")
      : Answer(.met, "\(all.count) \(what), each acknowledged, approved or resolved", all.evidence)
  }

  var changes: Answer {
    guard !facts.changeEvidence.isEmpty else {
      return Answer(
        .insufficientData, "no change of configuration, policy, token or key was recorded")
    }
    guard facts.unhashedChanges.isEmpty else {
      return Answer(
        .notMet, "\(facts.unhashedChanges.count) changes name neither a person nor a hash",
        facts.unhashedChanges)
    }
    guard facts.unattributedLoads.isEmpty else {
      return Answer(
        .insufficientData,
        "\(facts.unattributedLoads.count) of \(Quantity.count(facts.changeEvidence.count)) changes are "
          + "loads of a watched program, whose log names neither a person nor a hash",
        facts.unattributedLoads)
    }
    return Answer(
      .met, "\(Quantity.count(facts.changeEvidence.count)) changes, each with a person or a hash",
      facts.changeEvidence)
  }

  var gaps: Answer {
    guard facts.earliest != nil else {
      return Answer(.insufficientData, "nothing was heard from the watched systems in the period")
    }
    if let refuted = refuted(
      by: facts.gapEvidence, "records of gaps, rejected lines or recoveries", and: "coverage_gap",
      "findings of silent sources")
    {
      return refuted
    }
    guard hasPast else {
      return Answer(
        .insufficientData, "less than two weeks of data: what a silence would be is not known")
    }
    return Answer(.met, "no gap among \(facts.sources.count) sources that were heard")
  }

  var clocks: Answer {
    guard facts.sources.count > 1 else {
      return Answer(
        .insufficientData, "\(facts.sources.count) sources were heard: expected two to compare")
    }
    if let refuted = refuted(
      by: facts.clockEvidence, "records of clocks that stepped or disagreed", and: "clock_skew",
      "findings")
    {
      return refuted
    }
    guard facts.joinedRunCount > 0 else {
      return Answer(
        .insufficientData, "no run was joined to its request: nothing to compare times by")
    }
    return Answer(
      .met, "\(Quantity.count(facts.joinedRunCount)) joined runs, no clock that disagreed")
  }

  var integrity: Answer {
    let words =
      "\(Quantity.count(manifest.range.count)) entries lead to root "
      + "\(manifest.checkpoint.root.hex.prefix(16))… of the signed checkpoint of "
      + "\(Quantity.count(manifest.checkpoint.size))"
    return Answer(.met, words + " (derived again by whoever checks this package)")
  }

  var logAccess: Answer {
    let seen = facts.logAccessEvidence
    guard manifest.isRecorded else {
      return Answer(.notMet, "this export itself left no record in the journal", seen)
    }
    guard !seen.isEmpty else {
      return Answer(
        .insufficientData,
        "no export or reading was recorded in the period; this one is recorded at its end; who reads "
          + "the journal's files with other tools is not seen by it")
    }
    return Answer(
      .met,
      "\(Quantity.count(seen.count)) exports and readings through Vigil recorded; files read with "
        + "other tools are not seen by it", seen)
  }

  var logLife: Answer {
    guard !facts.logLifeEvidence.isEmpty else {
      return Answer(.insufficientData, "no start, stop or sealing of the log lies in the period")
    }
    return Answer(
      .met, "\(Quantity.count(facts.logLifeEvidence.count)) records of starts, stops and sealing",
      facts.logLifeEvidence)
  }

  var authentication: Answer {
    guard facts.anonymousTriggers.isEmpty else {
      return Answer(
        .notMet,
        "\(facts.anonymousTriggers.count) of \(Quantity.count(facts.triggers.count)) triggers had no "
          + "identity", facts.anonymousTriggers)
    }
    guard !facts.logins.isEmpty else {
      return Answer(
        .insufficientData,
        "no login was recorded, \(facts.failedLogins.count) failed ones: identities come with the "
          + "requests", facts.triggers + facts.failedLogins)
    }
    let seen = facts.logins + facts.failedLogins
    return Answer(
      .met, "\(facts.logins.count) logins and logouts, \(facts.failedLogins.count) failed", seen)
  }

  var trail: Answer {
    guard facts.runCount > 0 else {
      return Answer(.insufficientData, "no run lies in the period")
    }
    let share = "\(Quantity.count(facts.joinedRunCount)) of \(Quantity.count(facts.runCount)) runs"
    guard facts.unjoinedRuns.isEmpty else {
      return Answer(
        .notMet, "\(share) were joined to a request by an exact key", facts.unjoinedRuns)
    }
    return Answer(.met, "\(share) were joined to a request by an exact key")
  }

  func retention(_ days: Int?) -> Answer {
    guard manifest.range.lowerBound == 0, manifest.query.since == nil, facts.earliest != nil,
      let oldest = facts.receivedFrom
    else {
      return Answer(
        .insufficientData, "the period does not show the oldest entry: export without --since")
    }
    let age = self.age(of: oldest)
    let words =
      "the oldest entry was received on \(oldest.rfc3339.prefix(10)), \(Quantity.count(age)) days "
      + "before this export"
    guard let days else {
      return Answer(.insufficientData, words + "; how long it must be kept is for the organisation")
    }
    if let answer = pruned(days) { return answer }
    if age >= days { return Answer(.met, words + ": \(days) days were asked for") }
    return Answer(
      .insufficientData,
      words + ": the journal has not been kept for the \(days) days asked for yet")
  }

  /// What pruning says about a time that entries must be kept for; nil when it took only older ones.
  ///
  /// Segments are pruned by the times in them: one entry of an old time may outlive newer ones, so the
  /// oldest that is there says nothing about those.
  private func pruned(_ days: Int) -> Answer? {
    guard manifest.prunedCount > 0 else { return nil }
    let words = "\(Quantity.count(manifest.prunedCount)) entries were pruned"
    guard let last = facts.prunedUntil else {
      return Answer(
        .insufficientData,
        words + ", and no record in the period says of what time: export without "
          + "--until", facts.pruneEvidence)
    }
    let lastAge = age(of: last)
    guard lastAge < days else { return nil }
    return Answer(
      .notMet,
      words
        + ", the newest received on \(last.rfc3339.prefix(10)), \(Quantity.count(lastAge)) days before "
        + "this export: \(days) days were asked for", facts.pruneEvidence)
  }

  private func age(of instant: Timestamp) -> Int {
    Int(manifest.madeAt.seconds(since: instant) / 86_400)
  }
}
