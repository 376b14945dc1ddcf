import Detect
import Ingest
import Report

/// What `vigil alerts` prints of a journal: alerts, one of them, suppressions.
struct AlertListing {
  private static let tableCountMax = 1000

  private let arguments: ParsedArguments
  private let directory: String
  private let tool: Tool

  init(_ arguments: ParsedArguments, _ tool: Tool) throws {
    self.arguments = arguments
    directory = try arguments.required("--journal")
    self.tool = tool
  }

  private var isLines: Bool { arguments.value("--format") == "jsonl" }
  private var table: AlertTable { AlertTable(width: tool.outputWidth, style: tool.style) }

  func list() throws -> ExitStatus {
    let limit =
      try CountOption.parse(arguments, "--limit", in: 0...Int.max)
      ?? (isLines ? Int.max : AlertListing.tableCountMax)
    var entries = try StandingAlerts(directory, tool).entries(arguments, tool)
    if !arguments.has("--all"), !arguments.has("--where") {
      entries.removeAll { $0.state == .resolved || $0.state == .suppressed }
    }
    let shown = Array(entries.suffix(limit))
    if isLines {
      printLines(shown) { $0.encode(to: &$1) }
    } else if !shown.isEmpty {
      for line in table.lines(shown) { tool.print(line) }
    }
    if entries.isEmpty { tool.printError("no alerts") }
    if shown.count < entries.count {
      tool.printError(
        "\(Quantity.count(entries.count - shown.count)) older ones: --limit printed the newest "
          + Quantity.count(shown.count))
    }
    return .done
  }

  func suppressions() throws -> ExitStatus {
    let now = tool.now()
    var found = try StandingAlerts(directory, tool).book.suppressions
    if !arguments.has("--all") { found.removeAll { !$0.isActive(at: now) } }
    if isLines {
      printLines(found) { $0.encode(to: &$1) }
    } else if !found.isEmpty {
      for line in table.lines(found, at: now) { tool.print(line) }
    }
    if found.isEmpty { tool.printError("no suppressions") }
    return .done
  }

  private func printLines<Element>(
    _ elements: [Element], _ encode: (Element, inout JSONWriter) -> Void
  ) {
    var writer = JSONWriter()
    for element in elements {
      writer.removeAll()
      encode(element, &writer)
      tool.print(bytes: writer.bytes)
    }
  }

  /// The alert, the finding in full, and every record about it.
  func show(_ text: String) throws -> ExitStatus {
    let entry = try StandingAlerts(directory, tool).entry(text)
    let about = try about(entry.finding.findingID)
    if isLines {
      printLines([entry]) { $0.encode(to: &$1) }
      printLines(about) { record, writer in record.record.encode(to: &writer) }
      return .done
    }
    for line in FindingList(width: tool.outputWidth, style: tool.style).lines([entry.finding]) {
      tool.print(line)
    }
    tool.print("")
    let words = [
      entry.finding.findingID, entry.state.rawValue, entry.owner.map { "owner \($0)" },
      entry.deliveredSinks.isEmpty
        ? nil : "delivered to \(entry.deliveredSinks.sorted().joined(separator: ", "))",
      entry.suppressionID.map { "suppression \($0)" },
    ]
    tool.print(TerminalText.escaped(words.compactMap { $0 }.joined(separator: ", ")))
    tool.print("")
    var table = RecordTable()
    for record in about { table.append(record) }
    for line in table.lines(width: tool.outputWidth, style: tool.style) { tool.print(line) }
    return .done
  }

  /// Records that name the finding, and those about messages that do.
  private func about(_ id: String) throws -> [IndexedRecord] {
    var keys: Set<String> = []
    var records: [IndexedRecord] = []
    _ = try StandingAlerts(directory, tool) { indexed in
      guard case .alert(let alert) = indexed.record.body else { return }
      if alert.findings.contains(id), let key = alert.notification { keys.insert(key) }
      if alert.findingID == id || alert.notification.map({ keys.contains($0) }) ?? false {
        records.append(indexed)
      }
    }
    return records
  }
}
