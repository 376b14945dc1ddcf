import Foundation
import GatewayAndScheduler
import Ingest
import Testing

@Suite struct PolicyFileTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(_ effect: String, _ name: String = "policy.json5") throws -> String {
    let path = directory.path + "/" + name
    let text = "{rules: [{name: 'a', effect: '\(effect)', principals: ['*'], actions: ['*']}]}"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private let question = PolicyBuild.trigger(by: PolicyBuild.identity("ada"))

  @Test("a changed file answers after it was read again, and the record names its digest")
  func reload() throws {
    let path = try write("permit")
    let file = try PolicyFile(path: path, zones: PolicyBuild.zones)
    #expect(try file.candidate() == nil)
    _ = try write("deny")
    let policy = try #require(try file.candidate())
    // Read, and not in force: its record comes first.
    #expect(file.decide(question).effect == .permit && file.policy.sha256 != policy.sha256)
    file.adopt(policy)
    #expect(file.decide(question).effect == .deny && file.policy.sha256 == policy.sha256)
    let record = PolicyFile.loadedRecord(policy, path: path, at: PolicyBuild.tuesday)
    guard case .control(let control) = record.body else {
      Issue.record("no control record")
      return
    }
    #expect(
      control.event == .policyLoaded && control.sha256 == policy.sha256 && control.subject == path)
  }

  @Test("a file that is none any more leaves the policy that was there")
  func broken() throws {
    let path = try write("permit")
    let file = try PolicyFile(path: path, zones: PolicyBuild.zones)
    try "{rules: [}".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: ConfigurationError.self) { try file.candidate() }
    try FileManager.default.removeItem(atPath: path)
    #expect(throws: InputError.self) { try file.candidate() }
    #expect(file.decide(question).effect == .permit)
  }

  @Test("calendars are looked for beside the policy")
  func calendars() throws {
    let calendar =
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261124\nEND:VEVENT\nEND:VCALENDAR\n"
    try calendar.write(toFile: directory.path + "/days.ics", atomically: true, encoding: .utf8)
    let path = directory.path + "/policy.json5"
    let text =
      "{holidays: ['days.ics'], rules: [{name: 'a', effect: 'permit', principals: ['*'], "
      + "actions: ['*'], when: {holidays: true}}]}"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let policy = try PolicyFile.read(path, PolicyBuild.zones)
    #expect(policy.decide(question).effect == .permit)
    // Another calendar is another policy, though the text is the same.
    try calendar.replacing("20261124", with: "20261125").write(
      toFile: directory.path + "/days.ics", atomically: true, encoding: .utf8)
    let other = try PolicyFile.read(path, PolicyBuild.zones)
    #expect(other.decide(question).effect == .deny && other.sha256 != policy.sha256)
  }
}

@Suite struct RecordedFactsTests {
  private func run(
    _ id: String, _ event: RunRecord.Event, _ seconds: Double, job: String = "etl",
    trigger: RunRecord.Trigger = .request
  ) -> Record {
    var record = RecordedPast.run(
      id, nil, event, job, "ada", PolicyBuild.tuesday.advanced(bySeconds: seconds))
    guard case .run(var run) = record.body else { return record }
    run.trigger = trigger
    record.body = .run(run)
    return record
  }

  private func facts(_ records: [Record], at seconds: Double, job: String = "etl") -> AccessFacts {
    var facts = RecordedFacts()
    for record in records { facts.observe(record) }
    return facts.facts(
      principal: "ada", job: job, at: PolicyBuild.tuesday.advanced(bySeconds: seconds))
  }

  @Test(
    "a run is open from its first event to its terminal one, and what happens at the instant is not yet"
  )
  func open() {
    let life = [run("a", .queued, 0), run("a", .started, 1), run("a", .succeeded, 10)]
    for (seconds, count) in [(0.0, 0), (0.5, 1), (1.5, 1), (10, 1), (10.000_001, 0)] {
      #expect(facts(life, at: seconds).openRunsOfJob == count, "at \(seconds)")
    }
  }

  @Test("a retry is open again, and a start that nothing came before opens too")
  func retry() {
    let life = [run("a", .started, 0), run("a", .failed, 1), run("a", .started, 5)]
    #expect(facts(life, at: 0.5).openRunsOfPrincipal == 1)
    #expect(facts(life, at: 2).openRunsOfPrincipal == 0)
    #expect(facts(life, at: 6).openRunsOfPrincipal == 1)
    #expect(facts(life, at: 6, job: "other").openRunsOfJob == 0)
  }

  @Test("what the schedule and retries start is nobody's trigger")
  func triggers() {
    let all = [
      run("a", .queued, 0), run("b", .queued, 1, trigger: .schedule),
      run("c", .queued, 2, trigger: .retry),
      run("d", .held, 3, trigger: .manual),
    ]
    #expect(facts(all, at: 5).triggerAges == [2, 5])
    #expect(facts(all, at: 3600).triggerAges == [3597])
    #expect(facts(all, at: 3600).openRunsOfJob == 4)
  }

  @Test("ages are at most a thousand, newest first")
  func many() {
    let all = (0..<1500).map { run("r\($0)", .queued, Double($0)) }
    let ages = facts(all, at: 1500).triggerAges
    #expect(ages.count == 1000 && ages.first == 1 && ages.last == 1000)
  }
}
