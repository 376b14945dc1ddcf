import Detect
import Ingest

extension ReportPage {
  private func more(_ count: Int, _ writer: inout HTMLWriter) {
    guard count > 0 else { return }
    writer.paragraph("\(Quantity.count(count)) more are in the tables of this package.")
  }

  private func events(
    _ caption: String, _ rows: LimitedRows<ReportFacts.Event>, _ writer: inout HTMLWriter
  ) {
    writer.table(
      caption, ["Time (UTC)", "Who", "What", "Why", "Entry"], numeric: [4],
      rows.kept.map {
        [
          ReportPage.time($0.at), $0.principal ?? "-", $0.what, $0.detail ?? "", "\($0.index)",
        ]
      })
    more(rows.omittedCount, &writer)
  }

  static func time(_ instant: Timestamp) -> String {
    String(instant.rfc3339.prefix(19)).replacing("T", with: " ")
  }

  func access(_ writer: inout HTMLWriter) {
    writer.section("access", "Access review") { writer in
      writer.paragraph(
        "Who triggered what in the period, and who was permitted to by a decision of the policy. A "
          + "permission that was never asked about leaves no trace in a log: a list of rights must be "
          + "compared with this table.")
      let pairs = facts.access.sorted { $0.key < $1.key }
      writer.table(
        "Principals and jobs",
        ["Principal", "Job", "Triggers", "Refused", "Runs", "Permitted", "Last (UTC)", "Entry"],
        numeric: [2, 3, 4, 7],
        pairs.prefix(LimitedRows<Int>.keptCountMax).map { pair, access in
          [
            pair.principal, pair.job, Quantity.count(access.triggerCount),
            Quantity.count(access.refusedCount), Quantity.count(access.runCount),
            access.isPermitted ? "yes" : "not decided",
            access.lastAt.map(ReportPage.time) ?? "never",
            access.lastAt == nil ? "" : "\(access.lastIndex)",
          ]
        })
      more(
        max(0, pairs.count - LimitedRows<Int>.keptCountMax) + facts.omittedPairCount, &writer)
    }
  }

  func refusals(_ writer: inout HTMLWriter) {
    writer.section("refusals", "Decisions and refusals") { writer in
      let counts = DecisionRecord.Effect.allCases.map {
        "\($0.rawValue) \(Quantity.count(facts.decisions[$0] ?? 0))"
      }
      writer.paragraph(
        "Decisions of the policy: \(counts.joined(separator: ", ")). Requests refused by status: "
          + "\(Quantity.count(facts.refusedRequests.count)).")
      events("Refused", facts.refusals, &writer)
    }
  }

  func approvals(_ writer: inout HTMLWriter) {
    writer.section("approvals", "Approvals") { writer in
      writer.table(
        "Approvals", ["Time (UTC)", "Approval", "Of", "Event", "By", "Asked by", "Delay", "Entry"],
        numeric: [6, 7],
        facts.approvals.kept.map {
          [
            ReportPage.time($0.at), $0.approvalID, $0.subject, $0.event.rawValue,
            $0.principal ?? "-", $0.requester ?? "-",
            $0.delaySeconds.map(Quantity.seconds) ?? "", "\($0.index)",
          ]
        })
      more(facts.approvals.omittedCount, &writer)
    }
  }

  func privileged(_ writer: inout HTMLWriter) {
    writer.section("privileged", "Privileged actions") { writer in
      events("Kills, approvals and changes, by person", facts.privileged, &writer)
    }
  }

  func findings(_ writer: inout HTMLWriter) {
    writer.section("findings", "Findings, and what came of them") { writer in
      guard manifest.query.judges else {
        writer.paragraph("Findings were not looked for in this export: their absence says nothing.")
        suppressions(&writer)
        return
      }
      let rules = facts.findingsByRule.sorted { $0.key < $1.key }
      writer.raw(BarChart.rows("Findings by rule", rules.map { (label: $0.key, value: $0.value) }))
      writer.table(
        "Findings",
        ["Time (UTC)", "Severity", "Rule", "Who", "Job", "What", "p", "Came of it", "Entries"],
        numeric: [6], wide: [5],
        facts.findings.kept.map { finding in
          [
            ReportPage.time(finding.timestamp), finding.severity.rawValue, finding.rule,
            finding.principal ?? "-", finding.job ?? "-", finding.explanation,
            FindingList.probability(finding.pValue), facts.fate(of: finding) ?? "nothing recorded",
            finding.evidence.prefix(8).map(String.init).joined(separator: " "),
          ]
        })
      more(facts.findings.omittedCount, &writer)
      suppressions(&writer)
    }
  }

  private func suppressions(_ writer: inout HTMLWriter) {
    writer.table(
      "Suppressions",
      ["Time (UTC)", "Of", "Owner", "Made by", "Reason", "Until (UTC)", "Entry"], numeric: [6],
      facts.suppressions.kept.map {
        [
          ReportPage.time($0.at), $0.subject, $0.owner ?? "-", $0.principal ?? "-",
          $0.reason ?? "-",
          $0.isLifted ? "lifted" : $0.expiresAt.map(ReportPage.time) ?? "no end", "\($0.index)",
        ]
      })
    more(facts.suppressions.omittedCount, &writer)
    guard !manifest.suppressionsBefore.isEmpty else { return }
    writer.table(
      "Suppressions in force when the period began (the manifest's signature stands for them)",
      ["Made (UTC)", "Of", "Owner", "Made by", "Reason", "Until (UTC)", "Entry"], numeric: [6],
      manifest.suppressionsBefore.map {
        [
          ReportPage.time($0.since), $0.subject, $0.owner ?? "-", $0.principal ?? "-",
          $0.reason ?? "-", $0.expiresAt.map(ReportPage.time) ?? "no end", "\($0.index)",
        ]
      })
  }

  func changes(_ writer: inout HTMLWriter) {
    writer.section("changes", "Changes of policy, tokens, keys and configuration") { writer in
      events("Changes", facts.changes, &writer)
    }
  }

  func gaps(_ writer: inout HTMLWriter) {
    writer.section("gaps", "Gaps and clocks") { writer in
      writer.paragraph(
        "Sources heard: \(facts.sources.sorted().prefix(50).joined(separator: ", ")).")
      events("Gaps, rejected lines, recoveries, clocks", facts.gaps, &writer)
    }
  }

  func log(_ writer: inout HTMLWriter) {
    writer.section("log", "The log itself") { writer in
      events("Who exported or read it", facts.logAccess, &writer)
      events("Starts, stops, sealing, pruning", facts.logLife, &writer)
    }
  }

  /// What an auditor asks first of evidence that the audited party made: is it all there?
  func completeness(_ writer: inout HTMLWriter) {
    let isWhole = manifest.range.lowerBound == 0
    writer.raw("<section class=\"complete\" aria-labelledby=\"complete-h\">\n")
    writer.element("h2", "id=\"complete-h\"", "Is anything missing?")
    writer.paragraph(
      "This package carries every entry of the journal from \(manifest.range.lowerBound) to "
        + "\(manifest.range.upperBound - 1), the last one under its signed checkpoint"
        + (absentWords.isEmpty ? "" : ", but for \(absentWords)")
        + ". One entry left out, added or changed would give another root, and vigil check-export "
        + "would refuse the package.")
    if !isWhole {
      writer.paragraph(
        "That no entry before \(manifest.range.lowerBound) belongs to the period, and the findings, "
          + "rest on the signature only.")
    }
    writer.raw("<p><a href=\"#provenance\">What this rests on, and what it does not show</a></p>\n")
    writer.raw("</section>\n")
  }

  private var absentWords: String {
    [(manifest.prunedCount, "pruned before"), (manifest.withheldCount, "withheld")]
      .filter { $0.0 > 0 }
      .map { "\(Quantity.count($0.0)) \($0.1)" }
      .joined(separator: " and ")
  }

  /// What is proven, and what is not.
  func provenance(_ writer: inout HTMLWriter) {
    writer.section("provenance", "What this rests on, and what it does not show") { writer in
      writer.paragraph(
        "The package holds the entries \(manifest.range.lowerBound) to "
          + "\(manifest.range.upperBound - 1) of the journal \(manifest.origin). Their bytes lead to "
          + "the root \(manifest.checkpoint.root.hex) of the checkpoint of "
          + "\(Quantity.count(manifest.checkpoint.size)) entries, which the journal's key signed "
          + "(\(manifest.vkey)). vigil check-export makes every row from them again.")
      for sentence in limits { writer.paragraph(sentence) }
      writer.table(
        "Tables", ["Table", "Rows", "Checked by"], numeric: [1],
        manifest.tables.map { table in
          [
            table.name, Quantity.count(table.rowCount),
            table.check == .derived ? "making it again from the entries" : "the signature only",
          ]
        })
    }
  }

  private var limits: [String] {
    var words: [String] = []
    if manifest.range.lowerBound > 0 {
      words.append(
        "Entries before \(manifest.range.lowerBound) are not in the package. That none of them has an "
          + "event time in the period is attested by the signature only; an export with --from-start "
          + "shows it. Findings rest on that past too, and so are attested by the signature only.")
    }
    if manifest.prunedCount > 0 {
      words.append(
        "\(Quantity.count(manifest.prunedCount)) entries of the range had been pruned from the journal: "
          + "their leaf hashes are here, their bytes are not, and what they said is not in any table."
      )
    }
    words.append(
      "A journal shows what its sources sent. What a source never logged, or logged wrongly, no proof "
        + "brings back; and whoever holds the journal's key could have signed another history, unless a "
        + "witness or a checkpoint kept elsewhere says otherwise.")
    return words
  }
}
