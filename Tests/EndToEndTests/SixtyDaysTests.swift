import Foundation
import Ingest
import SixtyDays
import Testing

@Suite("SixtyDayStream")
struct SixtyDayStreamTests {
  @Test("the committed files are the generator's output, byte for byte", arguments: Log.allCases)
  func committedFiles(log: Log) throws {
    let file = fixtures.appendingPathComponent(log.rawValue + ".gz")
    let committed = try decompressed(file)
    let fresh = Array(Survey.recording.text(of: log).utf8)
    // Compared outside the expectation: a failure would print megabytes.
    let isSame = committed == fresh
    #expect(isSame, "\(file.path): run fixtures/sixty-days/regenerate.sh and read the diff")
  }

  @Test("the committed truth is the generator's")
  func committedTruth() throws {
    let committed = try String(
      contentsOf: fixtures.appendingPathComponent("truth.json"), encoding: .utf8)
    #expect(committed == Survey.recording.truth.json)
    #expect(try Line(Survey.recording.truth.json.filter { $0 != "\n" }).keys.contains("incidents"))
  }

  @Test("the stream keeps to its size: sixty days in fewer than 40,000 lines")
  func size() {
    let counts = Log.allCases.map { Survey.recording.lines(of: $0).count }
    #expect(counts.reduce(0, +) < 40_000)
    #expect(counts.allSatisfy { $0 > 10_000 })
    #expect(Log.allCases.map { Survey.whole.facts($0).count } == counts, "a line is no JSON object")
  }

  @Test("another seed gives other lines and tells the same incidents")
  func seeds() {
    let other = Survey.otherRecording
    let isSame = other.text(of: .launcher) == Survey.recording.text(of: .launcher)
    #expect(!isSame)
    #expect(Set(other.truth.incidents.map(\.incident)) == Survey.otherStream.incidents)
    #expect(other.truth.seed == 3)
  }

  @Test("without an incident exactly its own lines are missing", arguments: Incident.allCases)
  func withoutIncident(incident: Incident) throws {
    let told = try #require(Survey.recording.truth.incidents.first { $0.incident == incident })
    let ids = told.requestIDs + told.runIDs
    let rest = SixtyDayStream(incidents: Set(Incident.allCases).subtracting([incident])).record()
    for log in Log.allCases {
      var left = rest.lines(of: log)[...]
      let missing = Survey.recording.lines(of: log).filter { line in
        guard left.first == line else { return true }
        left.removeFirst()
        return false
      }
      #expect(left.isEmpty, "\(log.rawValue): a line that the whole stream has not")
      #expect(missing.allSatisfy { line in ids.contains { line.contains($0) } })
      let text = Data(rest.text(of: log).utf8)
      #expect(ids.allSatisfy { text.range(of: Data($0.utf8)) == nil }, "\(log.rawValue)")
    }
    #expect(!rest.truth.incidents.contains { $0.incident == incident })
  }

  @Test("without a look-alike its subject is gone and everyone else's triggers are untouched")
  func withoutLookAlikes() {
    let rest = SixtyDayStream(lookAlikes: [.bimodalJob, .clockChange]).record()
    let expected = Survey.recording.lines(of: .launcher).filter {
      !$0.contains("\"nora\"") && !$0.contains("warehouse-compact")
        && !$0.contains("WarehouseCompact")
    }
    let spawned = expected.filter { !$0.contains("run.spawned") }
    let restSpawned = rest.lines(of: .launcher).filter { !$0.contains("run.spawned") }
    #expect(restSpawned == spawned)
    #expect(rest.lines(of: .launcher).count < expected.count)
  }

  @Test("times never go back within a file", arguments: Log.allCases)
  func monotone(log: Log) {
    let times = Survey.whole.facts(log).map(\.time)
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
    #expect((times.first ?? 0) > 0)
  }

  @Test("schedules keep their wall-clock time when the clocks are put back")
  func clockChange() throws {
    let changing = try firstMinutesOfDay(of: "nightly-report", in: Survey.recording)
    // 02:15 in Berlin is 00:15 UTC to the 25th of October (the first of its two 02:15), then 01:15.
    #expect(changing["2026-10-24"] == 15)
    #expect(changing["2026-10-25"] == 15)
    #expect(changing["2026-10-26"] == 75)
    let steady = try firstMinutesOfDay(of: "nightly-report", in: Survey.otherRecording)
    #expect(steady["2026-10-26"] == 15)
    // 06:00 in New York is 10:00 UTC to the 31st of October, 11:00 from the 1st of November.
    let invoices = try firstMinutesOfDay(of: "invoices", in: Survey.recording)
    #expect(invoices["2026-10-30"] == 600)
    #expect(invoices["2026-11-02"] == 660)
  }

  @Test("a job of the growing look-alike takes more than half as long again after sixty days")
  func growth() throws {
    let seconds = try Survey.recording.lines(of: .launcher).filter { $0.contains("run.exited") }
      .map { try Line($0) }
      .filter { $0.string("job") == "warehouse-compact" && $0.number("exit_code") == 0 }
      .compactMap { $0.number("seconds") }
    let early = seconds.prefix(20).reduce(0, +) / 20
    let late = seconds.suffix(20).reduce(0, +) / 20
    #expect(late / early > 1.5 && late / early < 2)
  }

  private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../fixtures/sixty-days").standardizedFileURL

  /// Through the system's gzip, as a person would look.
  private func decompressed(_ file: URL) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", file.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return bytes
  }

  /// Minute of the UTC day of the first service trigger of a job, by date.
  private func firstMinutesOfDay(
    of job: String, in recording: Recording
  ) throws -> [String: Int] {
    var result: [String: Int] = [:]
    for text in recording.lines(of: .launcher) where text.contains("\"user\":\"svc-") {
      let line = try Line(text)
      guard line.string("event") == "run.requested", line.string("job") == job,
        let ts = line.number("ts")
      else { continue }
      let instant = try #require(Timestamp(secondsSinceEpoch: ts))
      let date = String(instant.rfc3339.prefix(10))
      result[date] = result[date] ?? Int(ts) % 86_400 / 60
    }
    return result
  }
}

@Suite("SixtyDayStream incidents")
struct SixtyDayIncidentTests {
  @Test("the intruder uses an office worker's account at three in the morning, from elsewhere")
  func compromisedAccount() throws {
    let told = try told(.compromisedAccountAtNight)
    let posts = try requests(told).filter { $0.string("request", "method") == "POST" }
    #expect(posts.count == 5)
    let others = Survey.whole.facts(.caddyAccess).filter {
      $0.principal == told.principal && !told.requestIDs.contains($0.requestID ?? "")
    }
    #expect(others.count > 100)
    for post in posts {
      // 02:00 to 03:00 UTC: winter time in Berlin.
      #expect(Int(post.number("ts") ?? 0) % 86_400 / 3600 == 2)
      let address = post.string("request", "remote_ip")
      #expect(!others.contains { $0.address == address })
    }
  }

  @Test("the hung run is started and never ends")
  func hungJob() throws {
    let told = try told(.hungJob)
    let runID = try #require(told.runIDs.first)
    #expect(events(.launcher, runID) == ["run.requested", "run.spawned"])
    #expect(events(.luigi, runID) == ["run.start", "task.start"])
  }

  @Test("the run round the gateway is known to launcher and Luigi, its request to nobody")
  func roundTheGateway() throws {
    let told = try told(.runRoundTheGateway)
    let runID = try #require(told.runIDs.first)
    #expect(told.requestIDs.isEmpty)
    #expect(events(.launcher, runID) == ["run.requested", "run.spawned", "run.exited"])
    let asked = try #require(Survey.recording.lines(of: .launcher).first { $0.contains(runID) })
    let requestID = try #require(try Line(asked).string("request_id"))
    #expect(
      !Survey.recording.lines(of: .caddyAccess).contains {
        $0.contains(runID) || $0.contains(requestID)
      })
  }

  @Test("the lost trigger was accepted, and no run was heard of")
  func lostTrigger() throws {
    let told = try told(.lostTrigger)
    let runID = try #require(told.runIDs.first)
    let answer = try #require(try requests(told).first)
    #expect(answer.number("status") == 202)
    #expect(answer.string("resp_headers", "X-Run-Id") == runID)
    #expect(events(.launcher, runID).isEmpty)
    #expect(events(.luigi, runID).isEmpty)
  }

  @Test("apart from the incidents every accepted trigger has a run, and every run an end")
  func healthyRest() {
    let incidentRuns = Set(Survey.recording.truth.incidents.flatMap(\.runIDs))
    func runs(_ log: Log, _ kind: String? = nil) -> Set<String> {
      let facts = Survey.whole.facts(log).filter { kind == nil || $0.kind == kind }
      return Set(facts.compactMap(\.runID)).subtracting(incidentRuns)
    }
    let asked = runs(.launcher, "run.requested")
    #expect(runs(.caddyAccess).isSubset(of: asked))
    #expect(runs(.luigi, "run.start").isSubset(of: asked))
    // A run that the end of the stream cuts is still open; there are few.
    #expect(asked.count - runs(.launcher, "run.exited").count < 5)
  }

  @Test("request ids are unique, and but for the run round the gateway no other is told of")
  func requestIDs() throws {
    let incidentRuns = Set(try told(.runRoundTheGateway).runIDs)
    let ids = Survey.whole.facts(.caddyAccess).compactMap(\.requestID)
    let known = Set(ids)
    #expect(known.count == ids.count)
    for log in [Log.launcher, .luigi] {
      let elsewhere = Survey.whole.facts(log).filter {
        !incidentRuns.contains($0.runID ?? "") && !known.contains($0.requestID ?? "")
      }
      #expect(elsewhere.isEmpty)
    }
  }

  private func told(_ incident: Incident) throws -> Truth.Told {
    try #require(Survey.recording.truth.incidents.first { $0.incident == incident })
  }

  private func requests(_ told: Truth.Told) throws -> [Line] {
    try Survey.recording.lines(of: .caddyAccess)
      .filter { line in told.requestIDs.contains { line.contains($0) } }.map { try Line($0) }
  }

  private func events(_ log: Log, _ runID: String) -> [String] {
    Survey.recording.lines(of: log).filter { $0.contains(runID) }
      .compactMap { try? Line($0).string("event") }
  }
}
