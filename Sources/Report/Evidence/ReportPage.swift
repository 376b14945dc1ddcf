import Correlate
import Detect
import Ingest

/// `report.html`: one page that needs nothing else; no script, no request over the network.
struct ReportPage {
  let facts: ReportFacts
  let manifest: Manifest
  let controls: [ControlRow]

  var html: String {
    var writer = HTMLWriter()
    writer.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
    writer.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
    // Nothing is loaded, whatever a name in the journal tries.
    writer.raw(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        + "'unsafe-inline'\">\n")
    writer.element("title", "", title)
    writer.raw("<style>\n\(ReportStyle.text)</style>\n</head>\n<body>\n")
    writer.raw("<a class=\"skip\" href=\"#main\">Skip to the report</a>\n")
    head(&writer)
    writer.raw("<main id=\"main\" tabindex=\"-1\">\n")
    for section in sections { section(&writer) }
    writer.raw("</main>\n</body>\n</html>\n")
    return writer.html
  }

  private var title: String {
    "Evidence of \(manifest.origin)" + (manifest.query.standard.map { " for \($0.title)" } ?? "")
  }

  private var sections: [(inout HTMLWriter) -> Void] {
    (manifest.query.standard == nil ? [] : [verdicts]) + [
      overview, access, refusals, approvals, privileged, findings, changes, gaps, log, provenance,
    ]
  }

  private func head(_ writer: inout HTMLWriter) {
    writer.raw("<header>\n")
    writer.element("h1", "", title)
    let since = manifest.query.since?.rfc3339 ?? "the journal's beginning"
    let until = manifest.query.until?.rfc3339 ?? "the checkpoint"
    writer.paragraph(
      "Period: \(since) to \(until), by event time; hours in \(manifest.query.zone). Made "
        + "\(ReportPage.time(manifest.madeAt)) UTC by \(manifest.madeBy) with \(manifest.tool).")
    if manifest.privacy.isActive { writer.element("p", "class=\"warn\"", privacyWords) }
    if let filter = manifest.query.filter {
      writer.element(
        "p", "class=\"warn\"",
        "Only a part of the period: rows of records that match \(filter), and of their runs and "
          + "requests. The entries of all are in the package.")
    }
    cards(&writer)
    completeness(&writer)
    writer.raw("<nav aria-label=\"Contents\"><ul>\n")
    for (id, name) in contents { writer.raw("<li><a href=\"#\(id)\">\(name)</a></li>\n") }
    writer.raw("</ul></nav>\n</header>\n")
  }

  /// What is asked first: how many verdicts of each kind, how many rows.
  private func cards(_ writer: inout HTMLWriter) {
    writer.raw("<dl class=\"cards\">\n")
    if manifest.query.standard != nil {
      for verdict in ReportPage.worstFirst {
        let count = controls.count { $0.verdict == verdict }
        card("controls: \(verdict.words)", count, verdict.rawValue, &writer)
      }
    }
    for table in manifest.tables where table.name != TableName.controls {
      card(table.name, table.rowCount, "table", &writer)
    }
    writer.raw("</dl>\n")
  }

  private func card(
    _ name: String, _ count: Int, _ style: String, _ writer: inout HTMLWriter
  ) {
    writer.raw("<div class=\"\(style)\">")
    writer.element("dt", "", name)
    writer.element("dd", "", Quantity.count(count))
    writer.raw("</div>\n")
  }

  private static let worstFirst: [ControlRow.Verdict] = [.notMet, .insufficientData, .met]

  private var contents: [(String, String)] {
    (manifest.query.standard == nil ? [] : [("controls", "Controls")]) + [
      ("overview", "Overview"), ("access", "Access review"), ("refusals", "Refusals"),
      ("approvals", "Approvals"), ("privileged", "Privileged actions"), ("findings", "Findings"),
      ("changes", "Changes"), ("gaps", "Gaps and clocks"), ("log", "The log itself"),
      ("provenance", "What this rests on"),
    ]
  }

  var privacyWords: String {
    var words: [String] = []
    if manifest.privacy.isPseudonymised {
      words.append("People and addresses appear under pseudonyms, the same throughout this export.")
    }
    if !manifest.privacy.redactedFields.isEmpty {
      words.append("Left out: \(manifest.privacy.redactedFields.joined(separator: ", ")).")
    }
    return words.joined(separator: " ")
      + " \(Quantity.count(manifest.withheldCount)) entries that hold what is withheld are not in this "
      + "package; only their leaf hashes are. That the rows made of them are right, and that none is "
      + "missing, is attested by the signature only: it cannot be derived from the package."
  }

  private func verdicts(_ writer: inout HTMLWriter) {
    writer.section("controls", "Controls of \(manifest.query.standard?.title ?? "")") { writer in
      writer.paragraph(
        "Each verdict is about what the journal shows for the period, and nothing beyond: a control "
          + "that is met here may still fail elsewhere. Without data no control is met.")
      glance(&writer)
      for (position, row) in controls.enumerated() { verdict(row, position, &writer) }
    }
  }

  /// Every verdict in a line, those that want work first.
  private func glance(_ writer: inout HTMLWriter) {
    writer.raw("<ul class=\"glance\">\n")
    for verdict in ReportPage.worstFirst {
      for (position, row) in controls.enumerated() where row.verdict == verdict {
        writer.raw("<li class=\"\(verdict.rawValue)\">")
        writer.element("strong", "class=\"verdict\"", verdict.words)
        writer.element("a", "href=\"#control-\(position + 1)\"", "\(row.clause) \(row.title)")
        writer.raw("</li>\n")
      }
    }
    writer.raw("</ul>\n")
  }

  private func verdict(_ row: ControlRow, _ position: Int, _ writer: inout HTMLWriter) {
    writer.raw(
      "<article class=\"control \(row.verdict.rawValue)\" id=\"control-\(position + 1)\">\n")
    writer.element("h3", "", "\(row.clause) \(row.title)")
    writer.raw("<p><strong class=\"verdict\">")
    writer.text(row.verdict.words)
    writer.raw("</strong> ")
    writer.text(row.reason + ".")
    writer.raw("</p>\n")
    writer.element("p", "class=\"query\"", "Asked: \(row.query).")
    writer.element("p", "class=\"query\"", "Evidence: \(ReportPage.words(row)).")
    writer.raw("</article>\n")
  }

  private static func words(_ row: ControlRow) -> String {
    guard !row.evidence.isEmpty else { return "no single entries; the counts above" }
    return "journal entries " + row.evidence.map(String.init).joined(separator: ", ")
      + (row.omittedCount > 0 ? " and \(Quantity.count(row.omittedCount)) more" : "")
  }

  private func overview(_ writer: inout HTMLWriter) {
    writer.section("overview", "Overview") { writer in
      writer.raw(BarChart.columns("Triggers by day (UTC)", days))
      writer.raw(
        BarChart.week(
          "Triggers by hour of the week (\(manifest.query.zone))", facts.triggersByHour,
          days: LocalHour.namesOfDays))
      let states = Activity.State.allCases.compactMap { state in
        facts.states[state].map { (label: state.rawValue, value: $0) }
      }
      writer.raw(BarChart.rows("Activities by outcome", states))
    }
  }

  /// Every day from the first with a trigger to the last.
  private var days: [(label: String, value: Int)] {
    guard let first = facts.triggersByDay.keys.min(), let last = facts.triggersByDay.keys.max(),
      last - first < ReportFacts.dayCountMax
    else {
      return facts.triggersByDay.sorted { $0.key < $1.key }.map { ("day \($0.key)", $0.value) }
    }
    return (first...last).map { day in
      let instant = Timestamp(microseconds: Int64(day) * 86_400_000_000)
      return (
        label: String(instant?.rfc3339.prefix(10) ?? ""), value: facts.triggersByDay[day] ?? 0
      )
    }
  }
}

extension LocalHour {
  /// Monday first.
  static let namesOfDays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]
}
