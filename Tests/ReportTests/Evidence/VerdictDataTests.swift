import Detect
import Ingest
import Report
import TestSupport
import Testing

/// What verdicts are drawn from: every finding, what people did, and what an export leaves out.
@Suite struct VerdictDataTests {
  struct Verdict {
    let word: String
    let reason: String
    let evidence: [Int]
  }

  private func verdicts(
    _ records: [Record], _ standard: ComplianceStandard = .nist80053,
    _ ask: (inout ExportQuery) -> Void = { _ in },
    editing edit: (inout ExportRun.Settings) -> Void = { _ in }
  ) throws -> [String: Verdict] {
    try verdicts(of: try PackageFixture(records), standard, ask, editing: edit)
  }

  private func verdicts(
    of fixture: PackageFixture, _ standard: ComplianceStandard = .nist80053,
    _ ask: (inout ExportQuery) -> Void = { _ in },
    editing edit: (inout ExportRun.Settings) -> Void = { _ in }
  ) throws -> [String: Verdict] {
    let package = try fixture.export(
      PackageFixture.query {
        $0.standard = standard
        $0.formats = [.jsonl]
        // Without the journal's own records, whose time is the clock's.
        $0.until = Build.time(100_000)
        ask(&$0)
      }, edit)
    var result: [String: Verdict] = [:]
    for document in try PackageFixture.objects("tables/controls.jsonl", package) {
      func text(_ key: StaticString) -> String {
        document.member(document.root, key).flatMap { document.string($0) } ?? ""
      }
      var indexes: [Int] = []
      if let list = document.member(document.root, "evidence") {
        document.forEachElement(list) { element in
          indexes += document.integer(element).map { [Int($0)] } ?? []
        }
      }
      result[text("clause")] = Verdict(
        word: text("verdict"), reason: text("reason"), evidence: indexes)
    }
    return result
  }

  /// Runs that no request stands behind: each is a finding of high severity or above.
  private func loneRuns(_ count: Int) -> [Record] {
    // Behind them time goes on: only then is a request missed.
    (0..<count).map {
      PackageFixture.run(
        "lone\($0)", "nobody\($0)", .started, Build.time(20_000 + Double($0) * 10))
    } + [
      PackageFixture.request("later", Build.time(80_000), principal: "alice"),
      Build.control("latest", .heartbeat, at: Build.time(95_000)),
    ]
  }

  @Test("findings beyond those that a report lists count in the verdicts all the same")
  func everyFinding() throws {
    let rows = try verdicts(PackageFixture.records + loneRuns(600))
    let access = try #require(rows["AC-3"])
    #expect(access.word == "not_met")
    #expect(access.reason.contains("600 runs round the gateway"), "\(access.reason)")
    let handled = try #require(rows["AU-6(1)"])
    #expect(handled.word == "not_met" && handled.evidence.count == 20)
    #expect(handled.evidence == handled.evidence.sorted())
  }

  @Test(
    "a finding that was only suppressed is open; one that was acknowledged before is handled",
    arguments: [
      (["acknowledged"], "met"), (["suppressed"], "not_met"),
      (["acknowledged", "suppressed"], "met"), (["suppressed", "resolved"], "met"), ([], "not_met"),
    ])
  func suppression(_ events: [String], _ expected: String) throws {
    let records = PackageFixture.records + loneRuns(2)
    let told = try PackageFixture(records).export(
      PackageFixture.query {
        $0.until = Build.time(100_000)
        $0.formats = [.jsonl]
      })
    var alerts: [Record] = []
    for document in try PackageFixture.objects("tables/findings.jsonl", told) {
      for event in events {
        var alert = AlertRecord(event: try #require(AlertRecord.Event(rawValue: event)))
        alert.findingID = document.member(document.root, "finding_id").flatMap {
          document.string($0)
        }
        let serial = Double(alerts.count)
        let header = RecordHeader(
          timestamp: Build.time(90_000 + serial), source: "vigil/alerts", id: "alert\(serial)")
        alerts.append(Record(header: header, body: .alert(alert)))
      }
    }
    let row = try #require(try verdicts(records + alerts)["AU-6(1)"])
    #expect(row.word == expected, "\(row.reason)")
    #expect(
      row.reason.contains("\(alerts.count) of them suppressed") == (events == ["suppressed"]),
      "\(row.reason)")
    #expect(row.reason.contains("suppressed") == (events == ["suppressed"]))
  }

  private func change(
    _ id: String, _ event: ControlRecord.Event, from source: String = "vigil/gateway",
    by principal: String? = nil, hash: String? = nil
  ) -> Record {
    var control = ControlRecord(event: event)
    control.principal = principal
    control.sha256 = hash
    return Record(
      header: RecordHeader(timestamp: Build.time(50), source: source, id: id),
      body: .control(control))
  }

  @Test("a privileged action needs a person; a program that loads a file is none")
  func persons() throws {
    let hash = String(repeating: "ab", count: 32)
    let loads = [change("p", .policyLoaded, hash: hash), change("c", .configLoaded, hash: hash)]
    let alone = try verdicts(loads)
    #expect(alone["AC-6(9)"]?.word == "insufficient_data")
    #expect(alone["AC-6(9)"]?.reason.contains("2 loads") == true)
    #expect(alone["CM-5(1)"]?.word == "met")
    let token = try verdicts(loads + [change("t", .tokenCreated, by: "alice")])
    #expect(token["AC-6(9)"]?.word == "met")
    #expect(token["AC-6(9)"]?.evidence == [3])
    let nameless = try verdicts(loads + [change("t", .tokenCreated, hash: hash)])
    #expect(nameless["AC-6(9)"]?.word == "not_met")
    #expect(nameless["CM-5(1)"]?.word == "met")
  }

  @Test("a watched program's load without a person and a hash does not make changes not met")
  func watchedLoads() throws {
    let load = change("c", .configLoaded, from: "caddy/edge-1")
    let row = try #require(try verdicts([load])["CM-5(1)"])
    #expect(row.word == "insufficient_data" && row.evidence == [1], "\(row.reason)")
    let token = change("t", .tokenCreated)
    #expect(try verdicts([load, token])["CM-5(1)"]?.word == "not_met")
  }

  @Test(
    "a verdict that rests on a field left out is that the data do not suffice",
    arguments: [
      ("principal", ["AU-3", "AC-2", "AC-5", "AC-6(9)", "AC-7", "CM-5(1)", "AC-2(12)"]),
      ("remote_ip", ["AU-3", "AC-7", "AU-6(1)"]), ("path", ["AU-3"]),
      ("action", ["AC-3", "AC-5"]), ("trace_id", ["AC-3", "AU-8", "AU-12(1)"]),
      ("zone", ["AC-2(12)", "AU-6(1)"]), ("user_agent", []),
    ])
  func leftOut(_ field: String, _ clauses: [String]) throws {
    let rows = try verdicts(
      PackageFixture.records, .nist80053,
      editing: {
        $0.privacy.redactedFields = [field]
        $0.withhold(RecordTransform(pseudonyms: nil, redacting: [field]))
      })
    for clause in clauses {
      let row = try #require(rows[clause])
      #expect(row.word == "insufficient_data", "\(clause): \(row.reason)")
      #expect(row.reason.contains("left out: \(field)"), "\(clause): \(row.reason)")
    }
    #expect(rows["AU-9(3)"]?.word == "met")
    let count = rows.values.count { $0.reason.contains("left out") }
    #expect((count == 0) == clauses.isEmpty)
  }

  @Test("under pseudonyms what rests on free text is not known; what rests on persons is")
  func pseudonyms() throws {
    let key = Pseudonyms(key: [UInt8](repeating: 3, count: Pseudonyms.keyByteCount))
    let rows = try verdicts(
      PackageFixture.records, .nist80053,
      editing: {
        $0.privacy.isPseudonymised = true
        $0.withhold(RecordTransform(pseudonyms: key, redacting: []))
      })
    #expect(rows["AC-2(12)"]?.reason.contains("left out: zone") == true)
    #expect(
      rows["AU-6(1)"]?.reason.contains("left out: credential_id, subject, zone") == true)
    #expect(rows["AU-3"]?.word == "met")
    #expect(rows["AC-5"]?.word == "met")
  }

  @Test(
    "a past is one that was heard, wherever the range begins",
    arguments: [(0.0, false), (-13.0, false), (-15.0, true)], [false, true])
  func past(_ start: (days: Double, isEnough: Bool), _ fromStart: Bool) throws {
    let first = Build.control("first", .sourceStarted, at: Build.time(start.days * 86_400))
    let row = try #require(
      try verdicts(
        [first] + PackageFixture.records, .nist80053,
        {
          $0.since = Build.time(3600)
          $0.contextSeconds = 100
          $0.fromStart = fromStart
        })["AU-5"])
    #expect((row.word != "insufficient_data") == start.isEnough, "\(row.reason)")
  }

  /// The verdict on retention in an export that was made so many days after the first record.
  private func retention(_ fixture: PackageFixture, days: Double) throws -> Verdict? {
    try verdicts(
      of: fixture, .pciDSS, { $0.until = nil },
      editing: { $0.madeAt = Build.time(days * 86_400) })["10.5.1"]
  }

  @Test(
    "retention is counted from when the journal got its oldest entry, not from what a source says")
  func retention() throws {
    let old = PackageFixture.request("old", Build.time(-400 * 86_400), principal: "alice")
    let fixture = try PackageFixture(PackageFixture.records + [old])
    let young = try #require(try retention(fixture, days: 10))
    #expect(young.word == "insufficient_data" && young.reason.contains(" 10 days"), "\(young)")
    #expect(try retention(fixture, days: 366)?.word == "met")
  }

  @Test("an old entry that outlived newer ones does not make retention met")
  func pruned() throws {
    let fixture = try PackageFixture(
      (0..<60).map {
        PackageFixture.request("p\($0)", Build.time(Double($0)), principal: "alice")
      })
    let journal = try fixture.journal.open()
    let gone = try journal.prune(
      before: Build.time(30_000), policy: "a test", at: Build.time(86_400))
    try journal.close(at: Build.time(86_400))
    try #require(gone.reduce(0) { $0 + $1.entryCount } > 0)
    let young = try #require(try retention(fixture, days: 100))
    #expect(young.word == "not_met" && young.reason.contains("pruned"), "\(young)")
    #expect(try retention(fixture, days: 366)?.word == "met")
  }

  @Test("failed logins alone do not show that people are authenticated")
  func logins() throws {
    let failed = try verdicts([change("f", .loginFailed)], .hipaa)
    #expect(failed["164.308(a)(5)(ii)(C)"]?.word == "insufficient_data")
    let both = try verdicts([change("f", .loginFailed), change("l", .login)], .hipaa)
    #expect(both["164.308(a)(5)(ii)(C)"]?.word == "met")
  }
}

@Suite struct PeriodFindingsTests {
  private func finding(_ serial: Int) -> Finding {
    Finding(
      findingID: "f\(serial)", rule: "off_hours", timestamp: Build.time(Double(serial)),
      severity: .low, pValue: 0.01, observed: [], expected: [],
      history: .init(events: 1, days: 1), explanation: "x", evidence: [serial], score: 1)
  }

  @Test("findings of the period are kept in their order, and the first too much ends it")
  func limit() throws {
    let query = PackageFixture.query { $0.since = Build.time(5) }
    var findings = PeriodFindings(query, countMax: 3)
    try findings.add((0..<8).map(finding))
    #expect(findings.kept.map(\.findingID) == ["f5", "f6", "f7"])
    try findings.add((0..<5).map(finding))
    #expect(throws: ExportError.tooMany(what: "findings", countMax: 3)) {
      try findings.add([finding(9)])
    }
  }
}
