import Correlate
import Detect
import Foundation
import Ingest
import Report
import TestSupport
import Testing

@Suite("Timeline")
struct TimelineTests {
  static func finding(
    _ id: String, principal: String? = nil, run: String? = nil, evidence: [Int] = []
  ) -> Finding {
    Finding(
      findingID: id, rule: "off_hours", timestamp: Build.time(50), severity: .high, pValue: 0.001,
      principal: principal, runID: run, observed: [], expected: [],
      history: .init(events: 1, days: 1), explanation: "at night", evidence: evidence, score: 30)
  }

  static func activity(
    _ id: String, principal: String?, run: String?, request: String?,
    _ state: Activity.State = .succeeded
  ) -> CorrelatedEvent {
    var activity = Activity(activityID: id, state: state)
    (activity.principal, activity.runID, activity.requestID) = (principal, run, request)
    (activity.job, activity.evidence) = ("etl", [7])
    (activity.startedAt, activity.endedAt) = (Build.time(2), Build.time(9))
    return .activity(ActivityUpdate(at: Build.time(9), change: .settled, activity: activity))
  }

  static func record(_ index: Int, _ record: Record) -> IndexedRecord {
    IndexedRecord(index: index, record: record)
  }

  private static func task(_ run: String) -> Record {
    var body = TaskRecord(event: .started)
    (body.runID, body.taskID) = (run, "t")
    return Record(
      header: RecordHeader(timestamp: Build.time(3), source: "luigi/a", id: "t"), body: .task(body))
  }

  private static func alert(_ finding: String) -> Record {
    var body = AlertRecord(event: .acknowledged)
    body.findingID = finding
    return Record(
      header: RecordHeader(timestamp: Build.time(4), source: "vigil/alerts", id: "a"),
      body: .alert(body))
  }

  private func timeline(
    _ subject: TimelineSubject, _ limits: TimelineBuilder.Limits = .init(), since: Double? = nil
  ) -> Timeline {
    var builder = TimelineBuilder(subject, since: since.map { Build.time($0) }, limits)
    builder.see(Self.activity("a1", principal: "alice", run: "run-1", request: "q1"))
    builder.see(Self.activity("a2", principal: "bob", run: "run-2", request: "q2"))
    builder.take(Self.finding("f1", principal: nil, run: "run-1", evidence: [1, 3]))
    builder.take(Self.finding("f2", principal: "bob"))
    let records = [
      Build.request("q1", at: Build.time(1)), Build.run("1", .started, at: Build.time(2)),
      Self.task("run-1"), Self.task("run-2"), Self.alert("f1"), Self.alert("f2"),
      Build.control("c", .heartbeat), Build.control("d", .notice, at: Build.time(6)),
    ]
    for (index, record) in records.enumerated() { builder.take(Self.record(index, record)) }
    return builder.finish(clocks: [])
  }

  @Test("a person's records, those of their runs, and findings behind the last of their evidence")
  func principal() {
    let found = timeline(.principal("alice"))
    // q1 names alice; the run and the task are of her run; the alert of its finding; 7 is evidence.
    #expect(found.rows.map(\.index) == [0, 1, 2, 3, 4, 7])
    guard case .finding(let finding) = found.rows[3] else {
      Issue.record("no finding: \(found.rows)")
      return
    }
    #expect(finding.findingID == "f1" && found.runs.map(\.runID) == ["run-1"])
    #expect(
      found.sources == [
        "caddy/edge-1", "launcher/pipelines-1", "luigi/a", "vigil/alerts", "vigil/gateway",
      ])
    #expect(found.cut.isWhole)
  }

  @Test(
    "a run, a request and a job find the same activity",
    arguments: [
      TimelineSubject.run("run-1"), .request("q1"), .job("etl"),
    ])
  func otherSubjects(subject: TimelineSubject) {
    let found = timeline(subject)
    #expect(found.rows.map(\.index).contains(2) && found.rows.map(\.index).contains(4))
    #expect(found.runs.contains { $0.runID == "run-1" })
  }

  @Test("a subject is told apart by its bytes, and one that is not there has an empty timeline")
  func strangers() {
    #expect(timeline(.principal("Alice")).rows.isEmpty)
    #expect(timeline(.address("10.0.0.9")).rows.isEmpty)
  }

  @Test("what is beyond the limits is counted and said")
  func cut() {
    var limits = TimelineBuilder.Limits()
    limits.recordCountMax = 2
    let found = timeline(.principal("alice"), limits)
    #expect(found.cut.records == 3 && found.cut.from == Build.time(3))
    #expect(TimelineText.notes(found)[0].hasPrefix("cut: 3 more records"))
    limits.linkCountMax = 0
    #expect(timeline(.principal("alice"), limits).cut.links == 1)
  }

  @Test("a run that was opened again is there once, as it was told last")
  func toldAgain() {
    var builder = TimelineBuilder(.principal("alice"))
    builder.see(Self.activity("a1", principal: "alice", run: "run-1", request: "q1"))
    builder.see(Self.activity("a2", principal: "alice", run: "run-2", request: "q2"))
    builder.see(Self.activity("a1", principal: "alice", run: "run-1", request: "q1", .failed))
    let runs = builder.finish(clocks: []).runs
    #expect(runs.map(\.runID).sorted { ($0 ?? "") < ($1 ?? "") } == ["run-1", "run-2"])
    #expect(runs.first { $0.runID == "run-1" }?.state == .failed)
  }

  @Test("since leaves earlier records out and links stay")
  func period() {
    let found = timeline(.principal("alice"), since: 3)
    #expect(found.rows.map(\.index) == [2, 3, 4, 7])
  }

  @Test("names from outside are harmless in the table and whole in JSON Lines")
  func hostile() throws {
    let name = "eve\u{1B}[2J\u{202E}<script>"
    var builder = TimelineBuilder(.principal(name))
    var record = Build.request("q", path: "/a\u{1B}]0;x\u{07}")
    if case .request(var body) = record.body {
      body.principal = name
      record.body = .request(body)
    }
    builder.take(Self.record(0, record))
    let found = builder.finish(clocks: [])
    let lines = TimelineText.lines(found, width: 120, style: TextStyle(usesColor: false)).joined()
    #expect(!lines.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\u{07}" })
    var objects: [[String: Any]] = []
    TimelineText.forEachObject(found) { bytes in
      if let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] {
        objects.append(object)
      }
    }
    #expect(objects.map { $0["principal"] as? String } == [name])
  }
}

@Suite("Timeline page")
struct TimelinePageTests {
  private static func page(_ name: String) -> String {
    var builder = TimelineBuilder(.principal(name))
    builder.see(TimelineTests.activity("a", principal: name, run: "r</script>", request: "q"))
    builder.take(TimelineTests.finding("f", principal: name))
    var record = Build.request("q", path: "/</script><img src=x onerror=alert(1)>")
    if case .request(var body) = record.body {
      body.principal = name
      record.body = .request(body)
    }
    builder.take(IndexedRecord(index: 0, record: record))
    let origin = TimelinePage.Origin(
      journal: "vigil/<b>test", entryCount: 1, madeAt: Build.time(0), program: "vigil test")
    return TimelinePage(builder.finish(clocks: []), origin).html
  }

  @Test("markup in names stays text: no element, no attribute, no early end of the data")
  func hostile() {
    let page = Self.page("\"><script>alert(1)</script>\u{202E}\u{2028}&amp;")
    #expect(page.components(separatedBy: "<script").count == 3)
    #expect(page.components(separatedBy: "</script>").count == 3)
    #expect(!page.contains("<img") && !page.contains("<b>test") && !page.contains("\u{202E}"))
    #expect(
      page.contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}\\u{2028}&amp;amp;"))
  }

  @Test("the page asks for nothing, and its policy admits its own script and style alone")
  func policy() throws {
    let page = Self.page("alice")
    let data = try #require(page.range(of: "id=\"data\">"))
    let end = try #require(page.range(of: "</script>", range: data.upperBound..<page.endIndex))
    let frame = page[..<data.upperBound] + page[end.lowerBound...]
    for word in [
      "http://", "https://", "src=", "href=", "url(", "@import", "fetch(", "XMLHttp", "eval(",
      " style=", "onclick",
    ] {
      let isThere = frame.replacing("http://www.w3.org/2000/svg", with: "").contains(word)
      #expect(!isThere, "\(word)")
    }
    func inside(_ first: String, _ last: String) throws -> String {
      let start = try #require(page.range(of: first, options: .backwards)).upperBound
      return String(
        page[start..<(try #require(page.range(of: last, range: start..<page.endIndex))).lowerBound])
    }
    let script = Array(try inside("<script>", "</script>").utf8)
    let style = Array(try inside("<style>", "</style>").utf8)
    for text in [script, style] {
      #expect(page.contains("'sha256-\(Base64.text(SHA256.digest(text.span).bytes))'"))
    }
    #expect(page.contains("default-src 'none'"))
  }

  private static func luminance(_ hex: String) -> Double {
    let value = Int(hex.dropFirst(), radix: 16) ?? 0
    let parts = [value >> 16, value >> 8 & 255, value & 255].map { part -> Double in
      let share = Double(part) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }

  private static func contrast(_ left: String, _ right: String) -> Double {
    let (a, b) = (luminance(left), luminance(right))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  @Test("text has a contrast of 4.5:1 and marks 3:1 on both grounds (WCAG 2.2, AA)")
  func contrast() {
    typealias Palette = TimelinePage.Palette
    for ground in [Palette.ground, Palette.band, Palette.findingGround] {
      for text in [Palette.text, Palette.quiet, Palette.finding] {
        #expect(Self.contrast(text, ground) >= 4.5, "\(text) on \(ground)")
      }
      for mark in [
        Palette.record, Palette.run, Palette.bad, Palette.finding, Palette.line, Palette.focus,
      ] {
        #expect(Self.contrast(mark, ground) >= 3, "\(mark) on \(ground)")
      }
    }
  }
}
