import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport
import Testing

/// Hears shims' lines, or does not.
final class FakeShimEvents: ShimEventHandling {
  private let state = Mutex<(calls: [String], isDeaf: Bool)>(([], false))

  /// `run: line|line`, a call each.
  var calls: [String] { state.withLock { $0.calls } }

  func goDeaf() { state.withLock { $0.isDeaf = true } }

  func heard(runID: String, lines: [[UInt8]]) async -> Bool {
    state.withLock { state in
      guard !state.isDeaf else { return false }
      let texts = lines.map { String(decoding: $0, as: UTF8.self) }
      state.calls.append("\(runID): \(texts.joined(separator: "|"))")
      return true
    }
  }
}

/// The run socket's service over fakes.
struct RunSocketBench {
  static let secret = [UInt8](repeating: 5, count: 32)

  let sink = MemorySink()
  let shims = FakeShimEvents()
  let tokens: RunTokens
  let service: RunSocketService

  /// - Parameter run: what the scheduler knows of `run-1`: dave's, at work.
  init(surroundings: Surroundings = .fake(), run: RunView? = RunSocketBench.run()) throws {
    tokens = try #require(RunTokens(key: [UInt8](repeating: 3, count: 32)))
    service = RunSocketService(
      tokens: tokens, shims: shims, run: { _ in run }, sink: sink,
      journalSecret: RunSocketBench.secret, surroundings: surroundings)
  }

  static func run(_ runID: String = "run-1", endedAt: Timestamp? = nil) -> RunView {
    var run = RunView(
      runID: runID, job: "etl", state: endedAt == nil ? .started : .succeeded, trigger: .request,
      queuedAt: Build.time(-60))
    run.principal = "dave"
    run.endedAt = endedAt
    return run
  }

  func post(
    _ body: [UInt8], to runID: String = "run-1", token: String? = nil,
    peer: HTTPPeer = .process(id: 4242, user: 1000, group: 1000)
  ) async throws -> HTTPResponse {
    let request = HTTPRequest(
      method: .post, target: try HTTPTarget(Array("/runs/\(runID)/events".utf8)),
      headers: ["Authorization": "Bearer \(token ?? tokens.token(for: "run-1"))"], body: body,
      peer: peer)
    return await service.handler(request)
  }

  func post(_ lines: String..., to runID: String = "run-1") async throws -> HTTPResponse {
    try await post(Array(lines.joined(separator: "\n").utf8), to: runID)
  }

  static func shim(_ event: String, run: String = "run-1") -> String {
    #"{"shim":1,"event":"\#(event)","run_id":"\#(run)","attempt":1}"#
  }

  static func luigi(
    _ event: String, run: String = "run-1", _ rest: String = "",
    context: String = #""user":"dave""#,
    at time: Double = 1_795_477_139.3293717
  ) -> String {
    #"{"schema":"luigi-event/1","ts":\#(time),"event":"\#(event)","run_id":"\#(run)","#
      + #""context":{\#(context)},"host":"pipelines-1","pid":9,"root_pid":9,"#
      + #""task":{"id":"T_1","family":"T","params":{"password":"hunter2"}}\#(rest)}"#
  }
}
