import Foundation
import GatewayAndScheduler
import Ingest

/// What a trigger costs, without the gateway and its HTTP.
///
///     scheduler-benchmark DIRECTORY SHIM
///
/// Prints this disk's sync time, the wait for an answer, the time to the job's first instruction
/// (`date` writes the clock, so its own start counts), and triggers a second for several numbers of
/// producers.
@main
enum SchedulerBenchmark {
  static func main() async throws {
    let words = CommandLine.arguments
    guard words.count == 3 else {
      print("usage: scheduler-benchmark DIRECTORY SHIM")
      return
    }
    let place = BenchmarkPlace(directory: words[1], shim: words[2])
    print("sync of this disk: \(try place.syncTimes()) ms")
    try await place.latency()
    for producerCount in [1, 32, 256] { try await place.throughput(producerCount) }
  }
}

/// Everybody may everything.
struct OpenPolicy: AccessJudging {
  func decide(_ question: AccessQuestion) -> AccessDecision {
    AccessDecision(.permit, rule: "all", reason: "a benchmark", policySHA256: "")
  }
}

struct BenchmarkPlace: Sendable {
  let directory: String
  let shim: String

  private static let now: @Sendable () -> Timestamp = {
    Timestamp(secondsSinceEpoch: Date().timeIntervalSince1970) ?? .earliest
  }

  private struct Bench {
    let queue: JournalCommitQueue
    let scheduler: RunScheduler
    let state: String
  }

  private func bench(_ name: String, runningMax: Int) throws -> Bench {
    let root = "\(directory)/\(name)"
    _ = try PosixStorage(directory: root, creating: true)
    let storage = try PosixStorage(directory: root + "/journal", creating: true)
    let journal = try Journal.open(
      storage, JournalSettings(origin: "benchmark"), at: BenchmarkPlace.now(),
      randomBytes: SecureRandom.bytes)
    let queue = try JournalCommitQueue(journal, now: BenchmarkPlace.now)
    let jobs = Array(
      #"{ jobs: { clock: { command: ["/bin/date", "+%s.%N"] }, wait: { command: ["/bin/true"] } } }"#
        .utf8)
    let catalogue = try JobCatalogue.read(
      jobs.span, file: "jobs", zones: ZoneCatalogue(directory: "/usr/share/zoneinfo"))
    var settings = SchedulerSettings()
    settings.runningMax = runningMax
    let state = root + "/state"
    let scheduler = try RunScheduler(
      catalogue, settings: settings, state: state, sink: queue, policy: OpenPolicy(),
      books: JournalBooks(journal: root + "/journal"),
      supervisor: try ShimSupervisor(SupervisionSettings(state: state, shim: shim)),
      surroundings: Surroundings(now: BenchmarkPlace.now, randomBytes: SecureRandom.bytes))
    return Bench(queue: queue, scheduler: scheduler, state: state)
  }

  private func request(_ job: String, _ number: Int) -> RunRequest {
    var request = RunRequest(job: job, parameters: [], trigger: .request)
    request.identity = Identity(
      principal: "user\(number % 50)", principalType: .human, credential: .session)
    return request
  }

  func syncTimes() throws -> BenchmarkFigures {
    let storage = try PosixStorage(directory: directory, creating: true)
    let file = try storage.open("sync", .writing(.owner))
    let line = [UInt8](repeating: 0x61, count: 500)
    var times: [Double] = []
    for number in 0..<200 {
      let start = ContinuousClock.now
      try file.write(line.span, at: number * line.count)
      try file.synchronize()
      times.append((ContinuousClock.now - start) / .milliseconds(1))
    }
    return BenchmarkFigures(times)
  }

  func latency() async throws {
    let bench = try bench("latency", runningMax: 64)
    try await bench.scheduler.start()
    var answers: [Double] = []
    var starts: [Double] = []
    for number in 0..<500 {
      let asked = Date().timeIntervalSince1970
      guard case .accepted(let view) = await bench.scheduler.trigger(request("clock", number))
      else { continue }
      answers.append((Date().timeIntervalSince1970 - asked) * 1000)
      while await bench.scheduler.run(view.runID)?.state.isTerminal == false {
        try await Task.sleep(for: .milliseconds(1))
      }
      let text = try String(
        contentsOfFile: "\(bench.state)/runs/\(view.runID)/1/stdout", encoding: .utf8)
      if let started = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) {
        starts.append((started - asked) * 1000)
      }
    }
    await bench.scheduler.stop()
    try bench.queue.close()
    print("trigger to answer: \(BenchmarkFigures(answers)) ms, \(answers.count) runs")
    print("trigger to first instruction: \(BenchmarkFigures(starts)) ms, \(starts.count) runs")
  }

  func throughput(_ producerCount: Int) async throws {
    let bench = try bench("throughput-\(producerCount)", runningMax: 1)
    try await bench.scheduler.start()
    let each = 10_000 / producerCount
    let start = ContinuousClock.now
    let acceptedCount = await withTaskGroup(of: Int.self) { group in
      for producer in 0..<producerCount {
        group.addTask {
          var count = 0
          for _ in 0..<each {
            let outcome = await bench.scheduler.trigger(self.request("wait", producer))
            if case .accepted = outcome { count += 1 }
          }
          return count
        }
      }
      return await group.reduce(0, +)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    await bench.scheduler.stop()
    try bench.queue.close()
    let rate = Int(Double(acceptedCount) / seconds)
    print("\(producerCount) producers: \(rate) triggers accepted a second, \(acceptedCount) in all")
  }
}

/// Median and tail.
struct BenchmarkFigures: CustomStringConvertible {
  private let sorted: [Double]

  init(_ values: [Double]) { sorted = values.sorted() }

  var description: String {
    func at(_ share: Double) -> String {
      guard !sorted.isEmpty else { return "-" }
      return String(
        format: "%.2f", sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
    }
    return "p50 \(at(0.5)), p99 \(at(0.99)), max \(at(1))"
  }
}
