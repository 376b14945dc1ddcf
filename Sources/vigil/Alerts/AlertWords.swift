import Detect
import Ingest
import Report

/// What people say about alerts, as records: acknowledged, resolved, suppressed, lifted.
struct AlertWords {
  /// Alerts of one command.
  static let countMax = 500
  /// The longest suppression: a year.
  private static let suppressionSecondsMax = 366 * 86_400.0

  private let arguments: ParsedArguments
  private let directory: String
  private let person: String
  private let reason: String?
  private let tool: Tool

  init(_ arguments: ParsedArguments, _ tool: Tool) throws {
    self.arguments = arguments
    self.tool = tool
    directory = try arguments.required("--journal")
    person = try Person.named(arguments)
    reason = try AlertWords.text(arguments.value("--reason"), "--reason", FieldLimit.text)
  }

  private static func text(
    _ text: String?, _ option: String, _ limit: FieldLimit
  ) throws(UsageError) -> String? {
    guard let text else { return nil }
    guard !text.isEmpty, text.utf8.count <= limit.byteCount else {
      throw UsageError(
        "\(option) of \(text.utf8.count) bytes: expected 1 to \(limit.byteCount)")
    }
    return text
  }

  func run(_ verb: String, _ ids: [String]) throws -> ExitStatus {
    switch verb {
    case "ack": try say(.acknowledged, ids)
    case "resolve": try say(.resolved, ids)
    case "suppress": try suppress(ids.first)
    default: try lift(ids[0])
    }
    return .done
  }

  private func say(_ event: AlertRecord.Event, _ ids: [String]) throws {
    let standing = try StandingAlerts(directory, tool)
    let entries = try chosen(standing, ids, event)
    let now = tool.now()
    try append(
      entries.map { entry in
        var alert = AlertRecord(event: event)
        alert.findingID = entry.finding.findingID
        return record(
          alert, "alert/\(entry.finding.findingID)/\(event.rawValue)/\(now.microseconds)", now)
      })
    tool.printError("\(Quantity.count(entries.count)) alerts are \(event.rawValue)")
  }

  private func chosen(
    _ standing: StandingAlerts, _ ids: [String], _ event: AlertRecord.Event
  ) throws -> [AlertEntry] {
    guard ids.isEmpty == arguments.has("--where") else {
      throw UsageError("\(ids.count) IDs: expected some, or --where FILTER")
    }
    guard ids.isEmpty else {
      let entries = try ids.map { try standing.entry($0) }
      for entry in entries where entry.state == .resolved {
        throw UsageError("alert \(entry.finding.findingID): found it resolved: expected it open")
      }
      return entries
    }
    let entries = try standing.entries(arguments, tool).filter {
      $0.state != .resolved && $0.state.rawValue != event.rawValue
    }
    guard (1...AlertWords.countMax).contains(entries.count) else {
      throw UsageError(
        "\(Quantity.count(entries.count)) open alerts match: expected 1 to \(AlertWords.countMax)")
    }
    return entries
  }

  private func suppress(_ id: String?) throws {
    guard reason != nil else { throw UsageError("--reason is missing: a suppression has one") }
    let now = tool.now()
    var alert = AlertRecord(event: .suppressed)
    alert.expiresAt = try end(now)
    alert.owner =
      try AlertWords.text(arguments.value("--owner"), "--owner", FieldLimit.identifier) ?? person
    let match = try self.match()
    guard (id != nil) == match.isEmpty else {
      throw UsageError("an ID or globs (--rule, --job, --principal, --job-owner): expected either")
    }
    if let id {
      let entry = try StandingAlerts(directory, tool).entry(id)
      guard entry.state != .resolved else {
        throw UsageError("alert \(entry.finding.findingID): found it resolved: expected it open")
      }
      alert.findingID = entry.finding.findingID
    } else {
      alert.match = match
    }
    let name = "\(directory)/\(person)/\(now.microseconds)/\(id ?? match.words)"
    let suppressionID = String(Identifier.hash(name).prefix(16))
    alert.suppressionID = suppressionID
    try append([record(alert, "suppression/\(suppressionID)", now)])
    tool.print(suppressionID)
    let subject = alert.findingID.map { "finding \($0)" } ?? match.words
    tool.printError(
      TerminalText.escaped(
        "suppressed until \(alert.expiresAt?.rfc3339 ?? "-"): \(subject); vigil alerts lift ends it early"
      ))
  }

  private func match() throws(UsageError) -> AlertRecord.Match {
    func glob(_ option: String) throws(UsageError) -> String? {
      try AlertWords.text(arguments.value(option), option, FieldLimit.identifier)
    }
    var match = AlertRecord.Match()
    match.rule = try glob("--rule")
    match.job = try glob("--job")
    match.principal = try glob("--principal")
    match.owner = try glob("--job-owner")
    return match
  }

  private func end(_ now: Timestamp) throws(UsageError) -> Timestamp {
    guard arguments.has("--for") != arguments.has("--until") else {
      throw UsageError("--for D or --until T: expected one of them")
    }
    let end: Timestamp
    if let text = arguments.value("--for") {
      end = now.advanced(bySeconds: try DurationOption.seconds(text, "--for"))
    } else {
      end = try Instant.parse(arguments, "--until") ?? now
    }
    let seconds = end.seconds(since: now)
    guard seconds > 0, seconds <= AlertWords.suppressionSecondsMax else {
      throw UsageError(
        "a suppression until \(end.rfc3339): expected an end within the next 366 days")
    }
    return end
  }

  private func lift(_ id: String) throws {
    let suppression = try StandingAlerts(directory, tool).suppression(id)
    let now = tool.now()
    guard suppression.isActive(at: now) else {
      throw UsageError("suppression \(suppression.id): found it ended: expected it in force")
    }
    var alert = AlertRecord(event: .lifted)
    alert.suppressionID = suppression.id
    try append([record(alert, "suppression/\(suppression.id)/lifted", now)])
    tool.printError("suppression \(TerminalText.escaped(suppression.id)) is lifted")
  }

  private func record(_ alert: AlertRecord, _ id: String, _ now: Timestamp) -> Record {
    var alert = alert
    (alert.principal, alert.reason) = (person, reason)
    return Record(
      header: RecordHeader(timestamp: now, source: AlertQueue.source, id: id), body: .alert(alert))
  }

  private func append(_ records: [Record]) throws {
    let hand = try JournalHand(directory: directory, now: tool.now)
    do { for record in records { _ = try hand.append(record) } } catch {
      // The first error is the one to tell.
      try? hand.close()
      throw error
    }
    try hand.close()
  }
}

/// A duration on the command line.
enum DurationOption {
  /// `90s`, `15m`, `2h`, `28d`, in seconds.
  static func seconds(_ text: String, _ option: String) throws(UsageError) -> Double {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[$0] }), (2...7).contains(text.utf8.count),
      text.dropLast().allSatisfy({ ("0"..."9").contains($0) }), let number = Double(text.dropLast())
    else {
      throw UsageError("\(option) \(Quotation.quoted(text)): expected a duration as 7d, 12h, 90s")
    }
    return number * unit
  }
}
