import Foundation
import GatewayAndScheduler
import Glibc
import Ingest
import Synchronization
import TestSupport
import Testing

/// The Luigi plugin in real Luigi, talking to the real run socket.
@Suite(
  "Luigi plugin", .serialized,
  .enabled(if: PythonPackage.luigi.isWanted, "\(PythonPackage.luigi.absence)"))
struct LuigiPluginTests {
  @Test("a pipeline of six tasks with a retry arrives as records", arguments: [1, 3])
  func pipeline(workerCount: Int) async throws {
    let run = try await LuigiRun()
    let result = try await run.serving {
      try await run.execute("Publish", workerCount: workerCount)
    }
    #expect(result.status == 0, "\(result.text)")
    let tasks = run.tasks
    let names = ["Aggregate", "ExtractCustomers", "ExtractOrders", "Join", "Publish", "Render"]
    #expect(tasks.filter { $0.event == .succeeded }.compactMap(\.task).sorted() == names)
    #expect(tasks.filter { $0.event == .started }.count == 7)
    let failed = try #require(tasks.first { $0.event == .failed })
    #expect(failed.task == "Join" && failed.error?.type == "builtins.ConnectionError")
    #expect(tasks.allSatisfy { $0.runID == run.runID })
    #expect(Set(tasks.flatMap(\.dependsOn)).count == 5)
    #expect(run.runs.map(\.event) == [.started, .ended])
    #expect(run.runs.allSatisfy { $0.vantage == .inside && $0.principal == "dave" })
    #expect(run.fallback.isEmpty && !result.text.contains("vigil_luigi_events"), "\(result.text)")
    let texts = run.sink.records.map { String(decoding: $0.encoded(), as: UTF8.self) }.joined()
    #expect(!texts.contains("hunter2"))
  }

  @Test func `a task that raises is a failure with its type, and the run ends`() async throws {
    let run = try await LuigiRun()
    let result = try await run.serving { try await run.execute("Failing") }
    #expect(result.status == 30, "\(result.text)")
    let failed = try #require(run.tasks.first { $0.event == .failed })
    #expect(failed.task == "Failing" && failed.error?.type == "builtins.ValueError")
    #expect(failed.error?.message == "no such column: amount")
    #expect(run.runs.map(\.event) == [.started, .ended])
  }

  @Test func `a task whose process is killed is a failure that its parent tells`() async throws {
    let run = try await LuigiRun()
    let result = try await run.serving { try await run.execute("Killed", workerCount: 2) }
    #expect(result.status == 30, "\(result.text)")
    let failed = try #require(run.tasks.first { $0.event == .failed })
    #expect(failed.task == "Killed" && failed.error?.type == "process_failure")
  }

  @Test func `a run that is killed has told what it did until then, and no end`() async throws {
    let run = try await LuigiRun()
    try await run.serving {
      let process = try run.start("Stuck")
      let isStuck = await run.sink.waits { record in
        guard case .task(let task) = record.body else { return false }
        return task.task == "Stuck" && task.event == .started
      }
      #expect(isStuck)
      kill(process.processIdentifier, SIGKILL)
      try await offPool { process.waitUntilExit() }
    }
    #expect(run.tasks.contains { $0.task == "ExtractOrders" && $0.event == .succeeded })
    #expect(run.runs.map(\.event) == [.started])
  }

  @Test("where the socket does not take events the file does, and standard error says so once")
  func fallback() async throws {
    for (name, run) in [
      ("absent", try await LuigiRun()), ("refuses", try await LuigiRun(token: "nonsense")),
    ] {
      let execute = { try await run.execute("Publish", workerCount: 1) }
      let result = name == "absent" ? try await execute() : try await run.serving(execute)
      #expect(result.status == 0, "\(name): \(result.text)")
      #expect(run.tasks.isEmpty)
      let lines = run.fallback
      #expect(lines.count { $0.contains("\"task.success\"") } == 6, "\(name)")
      let complaints = result.text.matches(of: /vigil_luigi_events: .* not taken by the run socket/)
      #expect(complaints.count == 1, "\(name): \(result.text)")
      #expect(!result.text.contains(run.token))
    }
  }

  @Test func `a socket that never answers costs its time-out once, and no task`() async throws {
    let run = try await LuigiRun()
    var limits = RunSocketService.limits
    limits.handlingMax = .seconds(3)
    let server = TestServer(
      endpoint: .unixSocket(path: run.socket), limits: limits,
      handler: { _ in
        try? await ContinuousClock().sleep(for: .seconds(600))
        return .text(.ok, "late")
      })
    let start = ContinuousClock.now
    let result = try await server.use { _ in try await run.execute("Publish") }
    #expect(result.status == 0, "\(result.text)")
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(run.fallback.count { $0.contains("\"task.success\"") } == 6)
  }

  @Test func `events fail no task where neither socket nor file can be had`() async throws {
    let run = try await LuigiRun(log: "/proc/none/events.jsonl")
    let result = try await run.execute("Publish")
    #expect(result.status == 0, "\(result.text)")
    #expect(result.text.matches(of: /vigil_luigi_events: .* not written/).count == 1)
  }
}

/// One run of the sample pipeline, and the socket that it reports to.
private final class LuigiRun: Sendable {
  let runID = "0123456789abcdef0123456789abcdef"
  let sink = WatchedSink()
  let token: String
  var socket: String { directory.path + "/run.sock" }

  private let python: String
  private let directory: TemporaryDirectory
  private let log: String
  private let service: RunSocketService

  init(token: String? = nil, log: String? = nil) async throws {
    python = try await PythonPackage.luigi.interpreter()
    directory = try TemporaryDirectory()
    let tokens = try #require(RunTokens(key: [UInt8](repeating: 3, count: 32)))
    self.token = token ?? tokens.token(for: runID)
    self.log = log ?? directory.path + "/events.jsonl"
    service = RunSocketService(
      tokens: tokens, shims: FakeShimEvents(), run: { RunSocketBench.run($0) }, sink: sink,
      journalSecret: RunSocketBench.secret,
      surroundings: Surroundings(
        now: { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) ?? .latest },
        randomBytes: { SecureRandom.bytes(count: $0) }))
  }

  /// Runs `body` while the socket is served.
  @discardableResult
  func serving<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    let server = TestServer(
      endpoint: .unixSocket(path: socket), limits: RunSocketService.limits,
      handler: service.handler)
    return try await server.use { _ in try await body() }
  }

  private func words(_ task: String, _ workerCount: Int) -> [String] {
    [
      "-m", "luigi", "--module", "live_pipeline", task, "--folder", directory.path,
      "--local-scheduler", "--workers", "\(workerCount)",
    ]
  }

  private var environment: [String: String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    return [
      "VIGIL_RUN_SOCKET": socket, "VIGIL_RUN_TOKEN": token, "AUDIT_RUN_ID": runID,
      "AUDIT_USER": "dave", "AUDIT_LUIGI_LOG": log, "PYTHONDONTWRITEBYTECODE": "1",
      "PYTHONPATH": "\(root)/Integrations/luigi:\(root)/Tests/Live/pipelines",
      "LUIGI_CONFIG_PATH": "\(root)/Tests/Live/pipelines/live_pipeline.cfg",
    ]
  }

  func execute(
    _ task: String, workerCount: Int = 1
  ) async throws -> (status: Int32, text: String) {
    try await PythonPackage.run(python, words(task, workerCount), environment: environment)
  }

  func start(_ task: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = words(task, 1)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  var tasks: [TaskRecord] {
    sink.records.compactMap { if case .task(let task) = $0.body { task } else { nil } }
  }

  var runs: [RunRecord] {
    sink.records.compactMap { if case .run(let run) = $0.body { run } else { nil } }
  }

  /// The lines of the file.
  var fallback: [String] {
    let data = FileManager.default.contents(atPath: log) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

/// Keeps what is appended, and can be waited for.
private final class WatchedSink: RecordSink {
  private let kept = Mutex<[Record]>([])
  private let stream: AsyncStream<Record>
  private let feed: AsyncStream<Record>.Continuation

  init() { (stream, feed) = AsyncStream<Record>.makeStream() }

  var records: [Record] { kept.withLock { $0 } }

  func append(_ record: Record) async throws(WriterRefusal) -> Acknowledgement {
    let index = kept.withLock { records in
      records.append(record)
      return records.count - 1
    }
    feed.yield(record)
    return .appended(index: index)
  }

  /// Waits for the first record that fits; for one waiter.
  func waits(for condition: (Record) -> Bool) async -> Bool {
    for await record in stream where condition(record) { return true }
    return false
  }
}
