import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport

/// A scheduler over a journal and a state of its own, with shims of this machine.
final class SchedulerBench: Sendable {
  let directory: TemporaryDirectory
  let queue: JournalCommitQueue
  let scheduler: RunScheduler
  let policy: StubPolicy

  var state: String { directory.path + "/state" }
  var journal: String { directory.path + "/journal" }

  /// Over a directory that an earlier bench may have left.
  init(
    _ jobs: String, in directory: TemporaryDirectory? = nil, policy: StubPolicy = StubPolicy(),
    _ change: (inout SchedulerSettings) -> Void = { _ in },
    supervise: (inout SupervisionSettings) -> Void = { _ in }
  ) throws {
    let directory = try directory ?? TemporaryDirectory()
    self.directory = directory
    self.policy = policy
    let storage = try PosixStorage(directory: directory.path + "/journal", creating: true)
    let opened = try Journal.open(
      storage, JournalSettings(origin: "test"), at: SchedulerBench.now(),
      randomBytes: SecureRandom.bytes)
    queue = try JournalCommitQueue(opened, now: SchedulerBench.now)
    var supervision = SupervisionSettings(
      state: directory.path + "/state", shim: try SchedulerBench.shim())
    supervision.scanMilliseconds = 100
    supervise(&supervision)
    var settings = SchedulerSettings()
    change(&settings)
    scheduler = try RunScheduler(
      try SchedulerBench.catalogue(jobs), settings: settings, state: directory.path + "/state",
      sink: queue, policy: policy, books: JournalBooks(journal: directory.path + "/journal"),
      supervisor: try ShimSupervisor(supervision),
      surroundings: Surroundings(now: SchedulerBench.now, randomBytes: SecureRandom.bytes))
  }

  /// Ends scheduler and journal; shims go on.
  func end() async throws {
    await scheduler.stop()
    try queue.close()
  }

  static let now: @Sendable () -> Timestamp = {
    Timestamp(secondsSinceEpoch: Date().timeIntervalSince1970) ?? .earliest
  }

  static func catalogue(_ jobs: String) throws -> JobCatalogue {
    let text = Array(jobs.utf8)
    return try JobCatalogue.read(
      text.span, file: "jobs.json5", zones: ZoneCatalogue(directory: "/usr/share/zoneinfo"))
  }

  private static func shim() throws -> String {
    let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    let candidates = [tests.deletingLastPathComponent(), Bundle.main.bundleURL, tests]
    let paths = candidates.flatMap { place in
      [
        place.appendingPathComponent("vigil-shim").path,
        place.deletingLastPathComponent().appendingPathComponent("vigil-shim").path,
      ]
    }
    guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { throw BenchError(what: "no vigil-shim in \(paths)") }
    return path
  }

  /// Runs a job to its end, at most 20 s.
  func runToEnd(_ job: String, _ parameters: String = "{}") async throws -> RunView {
    let outcome = await scheduler.trigger(.by("alice", job, parameters))
    guard case .accepted(let view) = outcome else { throw BenchError(what: "\(outcome)") }
    return try await ended(view.runID)
  }

  /// Waits until a run has ended, at most 20 s.
  func ended(_ runID: String) async throws -> RunView {
    try await waits("end of \(runID)") {
      guard let view = await self.scheduler.run(runID), view.endedAt != nil,
        view.state.isTerminal
      else { return nil }
      return view
    }
  }

  /// Asks again and again until there is an answer, at most 20 s: what is waited for is another process.
  func waits<Value: Sendable>(
    _ what: String, _ answer: @Sendable () async throws -> Value?
  ) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(20)
    while clock.now < deadline {
      if let value = try await answer() { return value }
      try await Task.sleep(for: .milliseconds(2), clock: clock)
    }
    throw BenchError(what: "waited in vain for \(what)")
  }

  /// A file of an attempt.
  func file(_ name: String, _ runID: String, attempt: Int = 1) throws -> String {
    try String(contentsOfFile: "\(state)/runs/\(runID)/\(attempt)/\(name)", encoding: .utf8)
  }

  func records() throws -> [Record] {
    try JournalReader(try PosixStorage(directory: journal, creating: false)).allRecords()
  }

  func runRecords(_ runID: String) throws -> [RunRecord] {
    try records().compactMap { record in
      if case .run(let body) = record.body, body.runID == runID { body } else { nil }
    }
  }
}

struct BenchError: Error, CustomStringConvertible {
  let what: String
  var description: String { what }
}

/// A policy that says what it is told to; permits all at first.
final class StubPolicy: AccessJudging {
  private let answer: Mutex<DecisionRecord.Effect>
  private let asked = Mutex<[AccessQuestion]>([])

  init(_ effect: DecisionRecord.Effect = .permit) { answer = Mutex(effect) }

  func decide(_ question: AccessQuestion) -> AccessDecision {
    asked.withLock { $0.append(question) }
    let effect = answer.withLock { $0 }
    return AccessDecision(effect, rule: "stub", reason: "told so", policySHA256: "00")
  }

  func set(_ effect: DecisionRecord.Effect) { answer.withLock { $0 = effect } }

  var questions: [AccessQuestion] { asked.withLock { $0 } }
}

extension RunRequest {
  /// A wish of a person.
  static func by(
    _ principal: String, _ job: String, _ parameters: String = "{}", key: String? = nil
  ) -> RunRequest {
    var request = RunRequest(job: job, parameters: Array(parameters.utf8), trigger: .request)
    request.identity = Identity.person(principal)
    request.idempotencyKey = key
    return request
  }
}

extension Identity {
  static func person(_ principal: String) -> Identity {
    var identity = Identity(principal: principal, principalType: .human, credential: .session)
    identity.groups = ["data", "ops"]
    return identity
  }
}
