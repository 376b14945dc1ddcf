import Correlate
import Detect
import Ingest
import TestSupport
import Testing

@Suite("Replay")
struct ReplayTests {
  @Test(
    "the state at 100 random entries is that of a straight run to there", arguments: [3] as [UInt64]
  )
  func equalsStraightRun(seed: UInt64) throws {
    let ordered = ReplayJournal(seed: seed).records.sorted {
      ($0.header.timestamp, $0.header.id) < ($1.header.timestamp, $1.header.id)
    }
    let disk = try SmallJournal.disk(ordered)
    let reader = try JournalReader(disk)
    var random = SeededRandom(seed: seed)
    let wanted = Set((0..<100).map { _ in Int.random(in: 0..<reader.entryCount, using: &random) })
    // One run through the entries as they came in, looked at on the way.
    var straight = ReplayJournal.replay()
    var states: [Int: ReplayState] = [:]
    for (index, record) in try reader.allRecords().enumerated() {
      straight.add(IndexedRecord(index: index, record: record))
      if wanted.contains(index) { states[index] = try straight.state() }
    }
    for index in wanted.sorted() {
      let state = try ReplayJournal.state(disk, at: index)
      #expect(state == states[index], "seed \(seed), entry \(index)")
    }
    let last = try #require(states[wanted.max() ?? 0])
    #expect(!last.tokens.isEmpty && !last.versions.isEmpty && !last.roles.isEmpty)
    #expect(!last.findings.isEmpty && last.learnt.contains { $0.count > 10 })
  }

  @Test(
    "entries that came late count from when they came, as in the journal that ended there",
    arguments: [7, 8] as [UInt64])
  func equalsShorterJournal(seed: UInt64) throws {
    let records = ReplayJournal(seed: seed, triggerCount: 30).records
    let whole = try SmallJournal.disk(records)
    let identifiers = try JournalReader(whole).allRecords().map(\.header.id)
    var random = SeededRandom(seed: seed)
    for _ in 0..<12 {
      let count = Int.random(in: 1...records.count, using: &random)
      let short = try SmallJournal.disk(records.prefix(count))
      let index = try #require(identifiers.firstIndex(of: records[count - 1].header.id))
      #expect(
        try ReplayJournal.state(whole, at: index, columns: .whole)
          == ReplayJournal.state(short, at: index, columns: .unused), "seed \(seed), entry \(index)"
      )
    }
  }

  private func control(
    _ event: ControlRecord.Event, _ subject: String, _ at: Double, overlap: Int = 0
  ) -> Record {
    var record = Build.control("\(event.rawValue)-\(at)", event, at: Build.time(at))
    guard case .control(var body) = record.body else { return record }
    body.subject = subject
    body.counts = [.init("overlap_s", overlap)]
    body.sha256 = "\(at)"
    record.body = .control(body)
    return record
  }

  private func approval(_ event: ApprovalRecord.Event, _ at: Double, expires: Double? = nil)
    -> Record
  {
    var body = ApprovalRecord(subject: .run, event: event)
    (body.approvalID, body.subjectID) = ("a1", "run-1")
    body.expiresAt = expires.map { Build.time($0) }
    let header = RecordHeader(timestamp: Build.time(at), source: "vigil/gateway", id: "\(at)")
    return Record(header: header, body: .approval(body))
  }

  private func alert(_ event: AlertRecord.Event, _ at: Double) -> Record {
    var body = AlertRecord(event: event)
    (body.findingID, body.principal, body.reason) = ("f1", "kim", "known")
    let header = RecordHeader(timestamp: Build.time(at), source: "vigil/alerts", id: "\(at)")
    return Record(header: header, body: .alert(body))
  }

  private func state(_ records: [Record], at clock: Double? = nil) throws -> ReplayState {
    var replay = ReplayJournal.replay()
    for (index, record) in records.enumerated() {
      replay.add(IndexedRecord(index: index, record: record))
    }
    return try replay.state(at: clock.map { Build.time($0) })
  }

  @Test("tokens, versions, approvals and alerts stand as their last records say")
  func ledger() throws {
    let tokens = try state([
      control(.tokenCreated, "t1", 0), control(.tokenRotated, "t1", 5, overlap: 60),
      control(.tokenCreated, "t2", 5), control(.tokenRevoked, "t3", 6),
    ]).tokens
    #expect(tokens.map(\.standing) == [.rotated, .good, .revoked])
    #expect(tokens[0].goodUntil == Build.time(65) && tokens[0].createdAt == Build.time(0))
    let version = try #require(
      try state([control(.policyLoaded, "p", 0), control(.policyLoaded, "p", 9)]).versions.first)
    #expect(version.count == 2 && version.sha256 == "9.0" && version.since == Build.time(9))
    let asked = approval(.requested, 0, expires: 100)
    #expect(try state([asked]).approvals.map(\.id) == ["a1"])
    #expect(try state([asked], at: 100).approvals.isEmpty)
    #expect(try state([asked, approval(.given, 5)]).approvals.isEmpty)
    #expect(try state([alert(.raised, 0), alert(.delivered, 1)]).alerts.map(\.event) == [.raised])
    let acknowledged = try state([alert(.raised, 0), alert(.acknowledged, 1), alert(.raised, 2)])
    #expect(acknowledged.alerts.map(\.event) == [.acknowledged])
    #expect(try state([alert(.suppressed, 0), alert(.resolved, 1)]).alerts.isEmpty)
  }

  @Test("a suppression is in force from its record to its end, or until it is lifted")
  func suppressions() throws {
    var body = AlertRecord(event: .suppressed)
    (body.suppressionID, body.owner, body.reason) = ("s1", "team", "known")
    var match = AlertRecord.Match()
    match.rule = "off_*"
    (body.match, body.expiresAt) = (match, Build.time(100))
    let header = RecordHeader(timestamp: Build.time(0), source: "vigil/alerts", id: "s1")
    let made = Record(header: header, body: .alert(body))
    let kept = try #require(try state([made], at: 99).suppressions.first)
    #expect(kept.suppression.subject == "rule off_*" && kept.suppression.owner == "team")
    #expect(kept.index == 0)
    #expect(try state([made], at: 100).suppressions.isEmpty)
    var end = AlertRecord(event: .lifted)
    end.suppressionID = "s1"
    let lifted = Record(
      header: RecordHeader(timestamp: Build.time(5), source: "vigil/alerts", id: "l"),
      body: .alert(end))
    #expect(try state([made, lifted], at: 50).suppressions.isEmpty)
    #expect(try state([made], at: 50).alerts.isEmpty)
  }

  @Test("runs are in the queue, held, under way or over, and a trigger waits for its run")
  func runs() throws {
    var trigger = Build.request("q9", at: Build.time(0))
    if case .request(var body) = trigger.body {
      body.job = "etl"
      trigger.body = .request(body)
    }
    let records = [
      trigger, Build.run("1", .queued, at: Build.time(1)), Build.run("2", .held, at: Build.time(2)),
      Build.run("3", .started, at: Build.time(3)), Build.run("4", .started, at: Build.time(4)),
    ]
    let ended = Build.run("4", .succeeded, at: Build.time(9))
    var over = ended
    over.header.id = "4-end"
    let state = try state(records + [over])
    #expect(state.activities([.requested]).map(\.requestID) == ["q9"])
    #expect(state.activities([.queued]).map(\.runID) == ["run-1"])
    #expect(state.activities([.held]).map(\.runID) == ["run-2"])
    #expect(state.activities([.open]).map(\.runID) == ["run-3"])
    #expect(state.recordCount == 6 && state.newest == Build.time(9))
  }

  @Test("names beyond the limit are counted, and those that are there stay")
  func bounded() throws {
    var replay = ReplayJournal.replay()
    for serial in 0..<100_003 {
      replay.add(
        IndexedRecord(index: serial, record: control(.tokenCreated, "t\(serial)", Double(serial))))
    }
    let state = try replay.state()
    #expect(state.tokens.count == 100_000 && state.notKept == 3)
  }
}

@Suite("Replay pacer")
struct ReplayPacerTests {
  @Test(
    "a record is due after its distance to the first, divided by the speed; delays do not add up")
  func due() {
    var pacer = ReplayPacer(speed: 60)
    #expect(pacer.wait(for: Build.time(0), clock: Build.time(1000)) == 0)
    #expect(pacer.wait(for: Build.time(600), clock: Build.time(1000)) == 10)
    #expect(pacer.wait(for: Build.time(600), clock: Build.time(1004)) == 6)
    #expect(pacer.wait(for: Build.time(660), clock: Build.time(1020)) == 0)
    #expect(pacer.wait(for: Build.time(1800), clock: Build.time(1020)) == 10)
    #expect(pacer.wait(for: Build.time(5), clock: Build.time(1020)) == 0)
    var fast = ReplayPacer(speed: nil)
    #expect(fast.wait(for: Build.time(1e9), clock: Build.time(0)) == 0)
  }

  @Test(
    "speeds are read, and what is none is refused",
    arguments: [
      ("1x", 1.0), ("60x", 60), ("0.5x", 0.5), ("max", nil as Double?),
    ])
  func speeds(text: String, speed: Double?) throws {
    #expect(try #require(ReplayPacer(text)).speed == speed)
    for text in ["", "x", "60", "-1x", "0x", "1e3x", "infx", "2000000x"] {
      #expect(ReplayPacer(text) == nil)
    }
  }
}
