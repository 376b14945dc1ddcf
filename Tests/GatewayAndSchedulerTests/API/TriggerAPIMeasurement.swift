import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport
import Testing

/// How many triggers a second the API takes over the real server, from clients that keep their
/// connections, with a scheduler and a sink that cost nothing.
///
///     VIGIL_MEASURE=1 swift test -c release --filter TriggerAPIMeasurement
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["VIGIL_MEASURE"] != nil
      && FileManager.default.isExecutableFile(atPath: "/usr/bin/wrk"),
    "set VIGIL_MEASURE, with wrk at /usr/bin/wrk"))
struct TriggerAPIMeasurement {
  private struct InstantScheduler: RunScheduling {
    func trigger(_ request: RunRequest) async -> TriggerOutcome {
      var view = RunView(
        runID: request.requestID ?? "", job: request.job, state: .queued, trigger: .request,
        queuedAt: Build.time(0))
      view.parameters = request.parameters
      return .accepted(view)
    }
    func run(_ runID: String) async -> RunView? { nil }
    func runs(_ filter: RunFilter) async -> [RunView] { [] }
    func kill(_ runID: String, by identity: Identity, reason: String?) async -> RunOrderOutcome {
      .unknown
    }
    func settle(
      approval approvalID: String, by identity: Identity, gives: Bool, reason: String?
    ) async -> RunOrderOutcome { .unknown }
    func approvals() async -> [PendingApproval] { [] }
    func jobs() async -> [JobView] { [] }
    func job(_ name: String) async -> JobView? { nil }
  }

  @Test func `triggers a second`() async throws {
    let sink = CountingSink()
    let surroundings = Surroundings(
      now: { Build.time(0) }, randomBytes: SecureRandom.bytes(count:))
    let api = TriggerAPI(
      scheduler: InstantScheduler(), checkers: [FakeChecker()], policy: FakePolicy(),
      facts: FakeFacts(), sink: sink, surroundings: surroundings)
    var router = Router()
    router.addTriggerAPI(api)
    let directory = try TemporaryDirectory()
    let script = directory.path + "/post.lua"
    let lua = """
      wrk.method = "POST"
      wrk.body = '{"params":{"day":"2026-11-24"}}'
      wrk.headers["Content-Type"] = "application/json"
      wrk.headers["Authorization"] = "Bearer alice"
      """
    try Data(lua.utf8).write(to: URL(fileURLWithPath: script))
    let handler = APIFront.handler(router, surroundings: surroundings)
    try await TestServer(handler: handler).use { server in
      guard case .loopback(let port) = server.endpoint else { return }
      let result = try await PythonPackage.run(
        "/usr/bin/wrk",
        [
          "-t1", "-c32", "-d5s", "--latency", "-s", script,
          "http://127.0.0.1:\(port)/jobs/etl/runs",
        ])
      print(result.text)
      #expect(result.status == 0 && result.text.contains("Requests/sec"))
      #expect(!result.text.contains("Non-2xx"))
      #expect(sink.count.load(ordering: .relaxed) > 1000)
    }
  }
}
