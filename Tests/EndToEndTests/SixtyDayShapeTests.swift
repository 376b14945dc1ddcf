import SixtyDays
import Testing

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
