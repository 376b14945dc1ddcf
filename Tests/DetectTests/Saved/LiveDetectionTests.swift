import Correlate
import Detect
import Ingest
import TestSupport
import Testing

/// Detection beside a writer, turn by turn.
@Suite struct LiveDetectionTests {
  private func live(_ storage: SimulatedStorage, pMax: Double = 1) -> LiveDetection {
    var configuration = DetectionConfiguration()
    configuration.pMax = pMax
    var settings = JournalDetection.Settings(
      window: .standard, configuration: configuration, program: "test",
      identify: History.identify)
    settings.marginSeconds = 7200
    return LiveDetection(storage, settings, RecordedZones(FixedZones()) { "data of \($0)" })
  }

  @Test(
    "an entry a turn: everything a run from the start says was said once, and the state is its state",
    arguments: [5, 6] as [UInt64])
  func turns(seed: UInt64) throws {
    let records = SmallJournal(seed: seed, triggerCount: 16).records
    let disk = try SmallJournal.disk([])
    let live = live(disk)
    var said: [String] = []
    for record in records {
      try SmallJournal.append([record], to: disk)
      said += try live.turn(at: .earliest).findings.map(\.findingID)
    }
    #expect(try live.save() == nil)
    let isSame = SmallJournal.file(disk) == (try SmallJournal.straight(disk).file)
    #expect(isSame, "seed \(seed): another state")
    let straight = try SmallJournal.straight(disk).findings.map(\.findingID)
    #expect(!straight.isEmpty)
    #expect(Set(straight).isSubset(of: said), "seed \(seed): not said live")
    let again = try live.turn(at: .earliest)
    #expect(again.findings.isEmpty && again.rebuilt == nil)
  }

  @Test("a run that goes on is told by the clock, before any record comes; a replay says the same")
  func clock() throws {
    var records = (0..<60).flatMap { run($0, seconds: 100 + Double($0 % 7), ends: true) }
    records += run(60, seconds: 0, ends: false)
    let disk = try SmallJournal.disk(records)
    let live = live(disk, pMax: 0.01)
    let started = History.at(day: 60, hour: 10)
    let before = try live.turn(at: started.advanced(bySeconds: 60)).findings
    #expect(!before.contains { $0.rule == "runaway" && $0.runID == "r60" })
    let told = try live.turn(at: started.advanced(bySeconds: 7200)).findings
      .filter { $0.rule == "runaway" && $0.runID == "r60" }
    let first = try #require(told.first)
    #expect(first.timestamp < started.advanced(bySeconds: 7200))
    // A word of somebody else's, hours later, lets a replay say it with the same bytes.
    try SmallJournal.append(run(61, seconds: 90, ends: true), to: disk)
    let straight = try SmallJournal.detection(disk) { $0.pMax = 0.01 }.whole().findings
    let replayed = try #require(straight.first { $0.findingID == first.findingID })
    #expect(replayed.encoded() == first.encoded())
  }

  @Test("the question about an hour is answered with the p that the trigger is then judged by")
  func question() throws {
    var records: [Record] = []
    for day in 0..<40 {
      records += trigger("a\(day)", "ada", History.at(day: day, hour: 9.5))
      records += trigger("b\(day)", "bob", History.at(day: day, hour: 14.2))
    }
    let disk = try SmallJournal.disk(records)
    let live = live(disk)
    for (serial, hour) in [3.3, 9.4, 12.5, 18.5, 23.9].enumerated() {
      let at = History.at(day: 41, hour: hour)
      let standing = try #require(try live.turn(at: at).standing)
      let asked = try #require(
        standing.offHoursP(of: "ada", at: at, zone: nil, isService: false))
      var whole = records
      whole += trigger("c\(serial)", "ada", at)
      let judged = try SmallJournal.detection(try SmallJournal.disk(whole)).whole().findings
      let finding = judged.last { $0.rule == "off_hours" && $0.requestID == "c\(serial)" }
      let said = try #require(finding, "hour \(hour)")
      #expect(said.pValue == asked, "hour \(hour)")
    }
  }

  private func trigger(_ id: String, _ principal: String, _ at: Timestamp) -> [Record] {
    var request = RequestRecord()
    request.requestID = id
    request.principal = principal
    request.status = 202
    request.job = "etl"
    request.durationSeconds = 0.01
    return [
      Record(
        header: RecordHeader(timestamp: at, source: "caddy/edge", id: id), body: .request(request))
    ]
  }

  /// A run of one job, at ten o'clock of its day.
  private func run(_ serial: Int, seconds: Double, ends: Bool) -> [Record] {
    let at = History.at(day: serial, hour: 10)
    return [(0.0, RunRecord.Event.started), (seconds, .succeeded)].prefix(ends ? 2 : 1).map {
      var run = RunRecord(event: $0.1)
      run.runID = "r\(serial)"
      run.job = "etl"
      run.principal = "ada"
      if $0.1 == .succeeded { run.durationSeconds = seconds }
      let header = RecordHeader(
        timestamp: at.advanced(bySeconds: $0.0), source: "launcher/host",
        id: "r\(serial)-\($0.1.rawValue)")
      return Record(header: header, body: .run(run))
    }
  }
}
