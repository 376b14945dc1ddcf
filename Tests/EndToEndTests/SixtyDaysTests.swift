import Foundation
import Ingest
import SixtyDays
import Testing

/// The whole stream as committed, played once for all tests.
private let whole = SixtyDayStream().record()

@Suite("SixtyDayStream")
struct SixtyDayStreamTests {
  @Test("the committed files are the generator's output, byte for byte", arguments: Log.allCases)
  func committedFiles(log: Log) throws {
    let file = fixtures.appendingPathComponent(log.rawValue + ".gz")
    let committed = try decompressed(file)
    let fresh = Array(whole.text(of: log).utf8)
    // Compared outside the expectation: a failure would print megabytes.
    let isSame = committed == fresh
    #expect(isSame, "\(file.path): run fixtures/sixty-days/regenerate.sh and read the diff")
  }

  @Test("the committed truth is the generator's")
  func committedTruth() throws {
    let committed = try String(
      contentsOf: fixtures.appendingPathComponent("truth.json"), encoding: .utf8)
    #expect(committed == whole.truth.json)
    #expect(try Line(whole.truth.json.filter { $0 != "\n" }).keys.contains("incidents"))
  }

  @Test("the stream keeps to its size: sixty days in fewer than 40,000 lines")
  func size() {
    let counts = Log.allCases.map { whole.lines(of: $0).count }
    #expect(counts.reduce(0, +) < 40_000)
    #expect(counts.allSatisfy { $0 > 10_000 })
    #expect(Log.allCases.map { Survey.whole.facts($0).count } == counts, "a line is no JSON object")
  }

  @Test("another seed gives other lines and tells the same incidents")
  func seeds() {
    let other = SixtyDayStream(seed: 1).record()
    #expect(other.text(of: .launcher) != whole.text(of: .launcher))
    #expect(other.truth.incidents.map(\.incident) == Incident.allCases)
  }

  @Test("without an incident exactly its own lines are missing", arguments: Incident.allCases)
  func withoutIncident(incident: Incident) throws {
    let told = try #require(whole.truth.incidents.first { $0.incident == incident })
    let ids = told.requestIDs + told.runIDs
    let rest = SixtyDayStream(incidents: Set(Incident.allCases).subtracting([incident])).record()
    for log in Log.allCases {
      var left = rest.lines(of: log)[...]
      let missing = whole.lines(of: log).filter { line in
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
    let expected = whole.lines(of: .launcher).filter {
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
    let changing = try firstSecondsOfDay(of: "nightly-report", in: whole)
    // 02:15 in Berlin is 00:15 UTC to the 25th of October (the first of its two 02:15), then 01:15.
    #expect(changing["2026-10-24"] == 15)
    #expect(changing["2026-10-25"] == 15)
    #expect(changing["2026-10-26"] == 75)
    let steady = SixtyDayStream(lookAlikes: Set(LookAlike.allCases).subtracting([.clockChange]))
    #expect(try firstSecondsOfDay(of: "nightly-report", in: steady.record())["2026-10-26"] == 15)
    // 06:00 in New York is 10:00 UTC to the 31st of October, 11:00 from the 1st of November.
    let invoices = try firstSecondsOfDay(of: "invoices", in: whole)
    #expect(invoices["2026-10-30"] == 600)
    #expect(invoices["2026-11-02"] == 660)
  }

  @Test("a job of the growing look-alike takes more than half as long again after sixty days")
  func growth() throws {
    let seconds = try whole.lines(of: .launcher).filter { $0.contains("run.exited") }
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
  private func firstSecondsOfDay(
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
    let asked = try #require(whole.lines(of: .launcher).first { $0.contains(runID) })
    let requestID = try #require(try Line(asked).string("request_id"))
    #expect(
      !whole.lines(of: .caddyAccess).contains { $0.contains(runID) || $0.contains(requestID) })
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
    let incidentRuns = Set(whole.truth.incidents.flatMap(\.runIDs))
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
    try #require(whole.truth.incidents.first { $0.incident == incident })
  }

  private func requests(_ told: Truth.Told) throws -> [Line] {
    try whole.lines(of: .caddyAccess)
      .filter { line in told.requestIDs.contains { line.contains($0) } }.map { try Line($0) }
  }

  private func events(_ log: Log, _ runID: String) -> [String] {
    whole.lines(of: log).filter { $0.contains(runID) }
      .compactMap { try? Line($0).string("event") }
  }
}

@Suite("SixtyDayStream shapes")
struct SixtyDayShapeTests {
  /// Lines of the real programs: Caddy 2.6.2 and the launcher and plugin of the recording.
  static let recorded: [(log: Log, line: String)] = [
    (
      .caddyAccess,
      #"{"level":"info","ts":1795477219.808389,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"192.0.2.10","remote_port":"58474","proto":"HTTP/2.0","method":"POST","host":"localhost:8443","uri":"/jobs/nightly-report/runs","headers":{"User-Agent":["curl/7.88.1"],"Accept":["*/*"],"Authorization":[],"Content-Type":["application/json"],"Content-Length":["27"]},"tls":{"resumed":false,"version":772,"cipher_suite":4865,"proto":"h2","server_name":"localhost"}},"user_id":"bob","duration":0.002233591,"size":105,"status":202,"resp_headers":{"Content-Type":["application/json"],"Location":["/runs/d7e57c18-30e3-4a2f-a98a-cbbc9c3c4d6c"],"Server":["Caddy","trigger/1 Python/3.11.2"],"X-Request-Id":["33519de2-2e46-4ce8-9eba-4779a16bdf65"],"Date":["Mon, 23 Nov 2026 23:40:19 GMT"],"X-Run-Id":["d7e57c18-30e3-4a2f-a98a-cbbc9c3c4d6c"],"Alt-Svc":["h3=\":8443\"; ma=2592000"],"X-Auth-Groups":["operators"],"Content-Length":["105"]}}"#
    ),
    (
      .caddyAccess,
      #"{"level":"error","ts":1795477219.8844779,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"127.0.0.4","remote_port":"50390","proto":"HTTP/2.0","method":"GET","host":"localhost:8443","uri":"/jobs","headers":{"User-Agent":["curl/7.88.1"],"Accept":["*/*"],"Authorization":[]},"tls":{"resumed":false,"version":771,"cipher_suite":49195,"proto":"h2","server_name":"localhost"}},"user_id":"","duration":0.000868968,"size":28,"status":401,"resp_headers":{"Www-Authenticate":["Bearer realm=\"pipelines\""],"Content-Type":["application/json"],"Content-Length":["28"],"Server":["Caddy","auth-stub/1 Python/3.11.2"],"Alt-Svc":["h3=\":8443\"; ma=2592000"],"X-Request-Id":["1c3d56fe-ff07-4e9b-86bf-51cc28bfe04b"],"Date":["Mon, 23 Nov 2026 23:40:19 GMT"]}}"#
    ),
    (
      .caddyAccess,
      #"{"level":"error","ts":1795477220.1463232,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"192.0.2.10","remote_port":"58498","proto":"HTTP/2.0","method":"POST","host":"pipelines.localhost:8443","uri":"/jobs/runaway/runs","headers":{"User-Agent":["curl/7.88.1"],"Accept":["*/*"],"Cookie":[],"Content-Length":["2"],"Content-Type":["application/x-www-form-urlencoded"]},"tls":{"resumed":false,"version":772,"cipher_suite":4865,"proto":"h2","server_name":"pipelines.localhost"}},"user_id":"carol","duration":0.000671976,"size":41,"status":403,"resp_headers":{"Alt-Svc":["h3=\":8443\"; ma=2592000"],"X-Request-Id":["42292b46-4e7e-41ad-b49b-5bf7946dea20"],"Content-Length":["41"],"Date":["Mon, 23 Nov 2026 23:40:20 GMT"],"Content-Type":["application/json"],"Remote-User":["carol"],"X-Auth-Decision":["deny; need=admins"],"Server":["Caddy","auth-stub/1 Python/3.11.2"]}}"#
    ),
    (
      .caddyAccess,
      #"{"level":"info","ts":1795477223.637784,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"198.51.100.7","remote_port":"47292","proto":"HTTP/2.0","method":"GET","host":"pipelines.localhost:8443","uri":"/slow?s=2","headers":{"Cookie":[],"User-Agent":["pipelinectl/1.4.2"],"Accept":["*/*"]},"tls":{"resumed":false,"version":772,"cipher_suite":4865,"proto":"h2","server_name":"pipelines.localhost"}},"user_id":"bob","duration":0.214674157,"size":0,"status":0,"resp_headers":{"X-Request-Id":["6aa8cac9-3fae-48a0-89f2-6d78417a914c"],"X-Auth-Groups":["operators"],"Server":["Caddy"],"Alt-Svc":["h3=\":8443\"; ma=2592000"]}}"#
    ),
    (
      .launcher,
      #"{"schema":"trigger-event/1","ts":1795477135.6631844,"event":"run.requested","run_id":"edfde37c-cad9-435d-bbe7-1af8f581ad15","job":"broken","params":{"tag":"d000"},"request_id":"63fbdf30-16d0-4fa4-ac12-36dd77694b7c","user":"alice","groups":"operators,data-eng","trigger":"http","traceparent":null}"#
    ),
    (
      .launcher,
      #"{"schema":"trigger-event/1","ts":1795477135.6657653,"event":"run.spawned","run_id":"edfde37c-cad9-435d-bbe7-1af8f581ad15","request_id":"63fbdf30-16d0-4fa4-ac12-36dd77694b7c","pid":32319,"argv":["--module","daily_etl","BrokenRequires","--tag","d000"]}"#
    ),
    (
      .launcher,
      #"{"schema":"trigger-event/1","ts":1795477136.0960064,"event":"run.exited","run_id":"edfde37c-cad9-435d-bbe7-1af8f581ad15","request_id":"63fbdf30-16d0-4fa4-ac12-36dd77694b7c","user":"alice","job":"broken","pid":32319,"exit_code":35,"seconds":0.43063879013061523}"#
    ),
    (
      .launcher,
      #"{"schema":"trigger-event/1","ts":1795477138.9817715,"event":"run.rejected","reason":"bad_body","job":"export-users","request_id":"c6402198-500e-4248-856d-e133ef31ad0a","user":"dave"}"#
    ),
    (
      .luigi,
      #"{"schema":"luigi-event/1","ts":1795477135.8695252,"event":"run.start","run_id":"edfde37c-cad9-435d-bbe7-1af8f581ad15","context":{"request_id":"63fbdf30-16d0-4fa4-ac12-36dd77694b7c","user":"alice","groups":"operators,data-eng","trigger":"http","job":"broken","traceparent":null},"host":"pipelines-1","pid":32319,"root_pid":32319,"argv":["--module","daily_etl","BrokenRequires","--tag","d000"],"cwd":"/srv/pipelines","python":"3.11.2","luigi":"3.8.1"}"#
    ),
    (
      .luigi,
      #"{"schema":"luigi-event/1","ts":1795477135.9594748,"event":"run.end","run_id":"edfde37c-cad9-435d-bbe7-1af8f581ad15","context":{"request_id":"63fbdf30-16d0-4fa4-ac12-36dd77694b7c","user":"alice","groups":"operators,data-eng","trigger":"http","job":"broken","traceparent":null},"host":"pipelines-1","pid":32319,"root_pid":32319,"seconds":0.08995652198791504}"#
    ),
    (
      .luigi,
      #"{"schema":"luigi-event/1","ts":1795477136.3365571,"event":"task.success","run_id":"c93eafa7-553a-4098-87dd-8504427afe44","context":{"request_id":"e2a09b60-7276-4ad2-9de5-53508644a1dd","user":"svc-scheduler","groups":"operators,service","trigger":"http","job":"export-users","traceparent":null},"host":"pipelines-1","pid":32330,"root_pid":32330,"task":{"id":"ExtractUsers_2026_11_23_d000_5ef4abb5f1","family":"ExtractUsers","module":"daily_etl","params":{"date":"2026-11-23","tag":"d000","flake":"0.35"},"params_significant":{"date":"2026-11-23","tag":"d000"},"owner_email":["data-platform@example.com"],"resources":{},"priority":0,"retry_count":4,"worker_timeout":null},"elapsed":0.013765811920166016}"#
    ),
  ]

  @Test("lines have the keys of the real programs' lines, in their order", arguments: recorded)
  func shape(log: Log, line: String) throws {
    let real = Survey.Fact(try Line(line))
    let alike = Survey.whole.facts(log).filter { $0.kind == real.kind }
    #expect(!alike.isEmpty)
    #expect(Set(alike.map(\.shape)) == [real.shape])
  }

  @Test("ids are version 4 UUIDs, and numbers are written without exponent")
  func identifiers() throws {
    for fact in Survey.whole.facts(.caddyAccess) {
      let id = try #require(fact.requestID)
      #expect(isVersion4(id), "\(id)")
      #expect(decimals(fact.rawTime, 1...7), "\(fact.rawTime)")
      #expect(decimals(fact.rawDuration ?? "", 1...9), "\(fact.rawDuration ?? "")")
    }
  }

  private func isVersion4(_ id: String) -> Bool {
    let parts = id.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.map(\.count) == [8, 4, 4, 4, 12] else { return false }
    let isHex = id.utf8.allSatisfy { (0x30...0x39) ~= $0 || (0x61...0x66) ~= $0 || $0 == 0x2D }
    let isVariant1 = parts[3].first.map { "89ab".utf8.contains($0) } ?? false
    return isHex && parts[2].first == UInt8(ascii: "4") && isVariant1
  }

  /// Digits, a point and so many digits: no exponent, no sign.
  private func decimals(_ number: String, _ count: ClosedRange<Int>) -> Bool {
    let parts = number.utf8.split(separator: UInt8(ascii: "."))
    return parts.count == 2 && count.contains(parts[1].count)
      && parts.allSatisfy { $0.allSatisfy { (0x30...0x39) ~= $0 } }
  }
}

/// What the tests ask of every line, read once: keeping 40,000 documents would cost too much.
private struct Survey {
  struct Fact {
    /// Event of a launcher's or Luigi's line; method, status and whether there is a user of Caddy's.
    let kind: String
    let shape: String
    let time: Double
    let rawTime: String
    let rawDuration: String?
    let requestID: String?
    let runID: String?
    let principal: String?
    let address: String?

    init(_ line: Line) {
      kind =
        line.string("event")
        ?? "\(line.string("request", "method") ?? "") \(line.number("status") ?? -1) "
        + "\(line.string("user_id")?.isEmpty ?? true)"
      shape = line.shape.joined(separator: " ")
      time = line.number("ts") ?? 0
      rawTime = line.raw("ts") ?? ""
      rawDuration = line.raw("duration")
      let context = line.string("context", "request_id")
      requestID =
        line.string("resp_headers", "X-Request-Id") ?? line.string("request_id") ?? context
      runID = line.string("run_id") ?? line.string("resp_headers", "X-Run-Id")
      principal = line.string("user_id")
      address = line.string("request", "remote_ip")
    }
  }

  static let whole = Survey()
  private var byLog: [Log: [Fact]] = [:]

  private init() {
    for log in Log.allCases {
      byLog[log] = EndToEndTests.whole.lines(of: log).compactMap { try? Line($0) }.map(Fact.init)
    }
  }

  func facts(_ log: Log) -> [Fact] { byLog[log] ?? [] }
}

/// One line as one JSON object, read by the package's own parser.
private struct Line {
  private var document = JSONDocument()

  init(_ text: String) throws {
    let bytes = Array(text.utf8)
    try document.parse(bytes.span)
    #expect(document.kind(document.root) == .object)
  }

  private func value(_ path: [String]) -> JSONDocument.Reference? {
    var current = document.root
    for name in path {
      var found: JSONDocument.Reference?
      document.forEachMember(current) { key, value in
        if document.string(key) == name { found = value }
      }
      guard let found else { return nil }
      current = found
    }
    return current
  }

  /// A string, or the first one of a list, under a path of keys.
  func string(_ path: String...) -> String? {
    value(path).flatMap { document.string(document.firstElement($0) ?? $0) }
  }

  func number(_ path: String...) -> Double? { value(path).flatMap(document.double) }

  func raw(_ key: String) -> String? {
    value([key]).map { String(decoding: document.bytes[document.range($0)], as: UTF8.self) }
  }

  var keys: [String] { keys(document.root) }

  private func keys(_ object: JSONDocument.Reference) -> [String] {
    var result: [String] = []
    document.forEachMember(object) { key, _ in result.append(document.string(key) ?? "") }
    return result
  }

  /// The keys in order, one level down as well; of the maps that Go prints in random order, sorted,
  /// and without the client's own fields and the parameters, which differ by right.
  var shape: [String] {
    var result: [String] = []
    document.forEachMember(document.root) { key, value in
      let name = document.string(key) ?? ""
      result.append(name)
      switch name {
      case "params": break
      case "resp_headers": result += keys(value).sorted()
      default:
        document.forEachMember(value) { key, inner in
          let innerName = document.string(key) ?? ""
          result.append("\(name).\(innerName)")
          if innerName == "tls" { result += keys(inner) }
        }
      }
    }
    return result
  }
}
