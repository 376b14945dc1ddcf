import GatewayAndScheduler
import Ingest
import Synchronization
import Testing

@Suite("A shim and the server's socket", .serialized)
struct ShimSocketTests {
  /// What came in on the socket.
  private final class Post: Sendable {
    let requests = Mutex<[HTTPRequest]>([])
  }

  @Test("the shim tells start and end with the run's token, and the server looks at once")
  func told() async throws {
    let bench = try SchedulerBench(
      #"{ jobs: { a: { command: ["/bin/sleep", "0.2"] } } }"#,
      supervise: {
        // Nothing but the socket tells of a start.
        $0.scanMilliseconds = 60_000
        $0.socket = $0.state + ".sock"
        $0.token = { "token-of-\($0)" }
      })
    let post = Post()
    let scheduler = bench.scheduler
    let server = try HTTPServer(
      at: .unixSocket(path: bench.state + ".sock"), clock: ContinuousClock()
    ) { request in
      post.requests.withLock { $0.append(request) }
      let lines = request.body.split(separator: 0x0A).map { Array($0) }
      let runID = request.target.segments.dropFirst().first ?? ""
      _ = await scheduler.heard(runID: runID, lines: lines)
      return HTTPResponse(.noContent)
    }
    try await bench.scheduler.start()
    guard case .accepted(let view) = await bench.scheduler.trigger(.by("alice", "a")) else {
      throw BenchError(what: "not accepted")
    }
    _ = try await bench.waits("start") {
      await bench.scheduler.run(view.runID)?.state == .started ? true : nil
    }
    #expect(try await bench.ended(view.runID).state == .succeeded)
    _ = try await bench.waits("both notices") {
      post.requests.withLock { $0.count == 2 } ? true : nil
    }
    for request in post.requests.withLock({ $0 }) {
      #expect(request.method == .post)
      #expect(request.target.segments == ["runs", view.runID, "events"])
      #expect(request.headers["authorization"] == "Bearer token-of-\(view.runID)")
      #expect(request.body.last == 0x0A)
    }
    await server.stop(draining: .seconds(1))
    try await bench.end()
  }

  @Test("a server that takes the connection and never answers keeps nobody waiting")
  func silent() async throws {
    let bench = try SchedulerBench(
      #"{ jobs: { a: { command: ["/bin/true"] } } }"#,
      supervise: { $0.socket = $0.state + ".sock" })
    let path = bench.directory.path
    let socket = try LocalSocket.listen(directory: path, name: "state.sock")
    try await bench.scheduler.start()
    let run = try await bench.runToEnd("a")
    #expect(run.state == .succeeded)
    #expect(socket.number >= 0)
    try await bench.end()
  }

  @Test("lines of others are left to others, and lines about strange runs change nothing")
  func foreign() async throws {
    let bench = try SchedulerBench(#"{ jobs: { a: { command: ["/bin/true"] } } }"#)
    try await bench.scheduler.start()
    let lines = [
      #"{"shim":1,"event":"exited","run_id":"x","cause":"exit","exit_code":0}"#,
      #"{"event":"run.start"}"#, "", "noise",
    ].map { Array($0.utf8) }
    #expect(await bench.scheduler.heard(runID: "../../etc", lines: lines) == 1)
    #expect(await bench.scheduler.runs(RunFilter()).isEmpty)
    try await bench.end()
  }
}
