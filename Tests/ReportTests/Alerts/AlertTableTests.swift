import Detect
import Ingest
import Report
import TestSupport
import Testing

@Suite struct AlertTableTests {
  /// Two findings: one delivered and acknowledged, one raised about a hostile name.
  private func book() -> AlertBook {
    var book = AlertBook(limits: .none)
    func take(_ at: Double, _ alert: AlertRecord) {
      let header = RecordHeader(timestamp: Build.time(at), source: "vigil/alerts", id: "\(at)")
      book.take(Record(header: header, body: .alert(alert)), index: Int(at))
    }
    for (place, principal) in ["alice", "eve\u{1B}[2J"].enumerated() {
      var alert = AlertRecord(event: .raised)
      let finding = Finding(
        findingID: "f\(place)-\(String(repeating: "0", count: 20))", rule: "off_hours",
        timestamp: Build.time(0), severity: place == 0 ? .critical : .low, pValue: 0.01,
        principal: principal, job: "etl", observed: [], expected: [],
        history: .init(events: 1, days: 1), explanation: "strange", evidence: [], score: 20)
      (alert.findingID, alert.finding) = (finding.findingID, finding.encoded())
      alert.owner = place == 0 ? "data-team" : nil
      take(Double(place), alert)
    }
    var queued = AlertRecord(event: .queued)
    (queued.sink, queued.notification, queued.notificationEvent) = ("ops", "k", .raised)
    queued.findings = book.inOrder.prefix(1).map(\.finding.findingID)
    take(5, queued)
    var delivered = AlertRecord(event: .delivered)
    (delivered.sink, delivered.notification, delivered.attempt) = ("ops", "k", 1)
    take(6, delivered)
    var acknowledged = AlertRecord(event: .acknowledged)
    acknowledged.findingID = queued.findings.first
    (acknowledged.principal, acknowledged.reason) = ("kim", "looking")
    take(60, acknowledged)
    return book
  }

  @Test(
    "a filter asks for what became of an alert and for what its finding says",
    arguments: [
      ("state=acknowledged", [0]), ("state!=acknowledged", [1]), ("by=kim and reason~look*", [0]),
      ("sinks=ops", [0]), ("sinks!=ops", [1]), ("owner~data-*", [0]), ("severity=critical", [0]),
      ("job=etl and p_value<0.05", [0, 1]), ("since=2026-11-24T05:00:01Z", [1]),
      ("changed_at>=2026-11-24T05:01:00Z", [0]), ("rule=off_hours and not by=kim", [1]),
    ])
  func filters(_ text: String, _ expected: [Int]) throws {
    let filter = try Filter<AlertEntry>(text, now: Build.time(100))
    let all = book().inOrder
    #expect(all.indices.filter { filter.matches(all[$0]) } == expected)
  }

  @Test("a misspelt state or field is told, not false for all")
  func misspelt() {
    for text in ["state=acknowleged", "sate=raised", "severity=huge"] {
      #expect(throws: FilterError.self) { try Filter<AlertEntry>(text, now: Build.time(0)) }
    }
  }

  @Test("one line each, escaped, with the beginning of the id; the whole as JSON")
  func output() throws {
    let entries = book().inOrder
    let lines = AlertTable(width: nil, style: TextStyle(usesColor: false)).lines(entries)
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("f0-000000000  2026-11-24 05:00:00  acknowledged  critical"))
    #expect(lines[1].contains("data-team") && !lines[2].contains("\u{1B}"))
    var writer = JSONWriter()
    entries[0].encode(to: &writer)
    let text = String(decoding: writer.bytes, as: UTF8.self)
    let head =
      #"{"finding_id":"f0-00000000000000000000","state":"acknowledged","owner":"data-team","#
    #expect(text.hasPrefix(head), "\(text)")
    #expect(text.contains(#""by":"kim","reason":"looking","sinks":["ops"],"index":0,"finding":{"#))
  }
}
