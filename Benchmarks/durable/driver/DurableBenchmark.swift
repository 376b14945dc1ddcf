import Ingest
import Synchronization

/// Durable appends a second through `JournalCommitQueue`, for several numbers of producers.
///
///     durable-benchmark DIRECTORY SECONDS RECORD-BYTES PRODUCERS…
///
/// Prints a line for each number of producers: system, producers, acknowledgements a second, median
/// and 99th percentile of a producer's wait in microseconds; tab-separated.
@main
enum DurableBenchmark {
  static func main() async throws {
    let words = CommandLine.arguments.dropFirst()
    guard words.count >= 4, let directory = words.first,
      let seconds = Double(words[words.startIndex + 1]), seconds > 0,
      let byteCount = Int(words[words.startIndex + 2]), (200...60_000).contains(byteCount)
    else {
      print("usage: durable-benchmark DIRECTORY SECONDS RECORD-BYTES PRODUCERS…")
      return
    }
    for word in words.dropFirst(3) {
      guard let count = Int(word), (1...100_000).contains(count) else { continue }
      let storage = try PosixStorage(directory: "\(directory)/vigil-\(count)", creating: true)
      let run = BenchmarkRun(producerCount: count, byteCount: byteCount, seconds: seconds)
      let waits = try await run.measure(storage)
      print("vigil\t\(count)\t\(run.line(waits))")
    }
  }
}

/// One number of producers on a fresh journal.
struct BenchmarkRun {
  let producerCount: Int
  let byteCount: Int
  let seconds: Double
  private let clock = ContinuousClock()

  init(producerCount: Int, byteCount: Int, seconds: Double) {
    self.producerCount = producerCount
    self.byteCount = byteCount
    self.seconds = seconds
  }

  /// Every wait from asking to the acknowledgement, in microseconds, sorted.
  func measure(_ storage: PosixStorage) async throws -> [Double] {
    let origin = ContinuousClock.now
    let start = Timestamp(rfc3339: "2026-11-24T05:00:00Z") ?? .earliest
    let now: @Sendable () -> Timestamp = {
      start.advanced(bySeconds: (ContinuousClock.now - origin) / .seconds(1))
    }
    let journal = try Journal.open(storage, JournalSettings(origin: "benchmark"), at: start) {
      SecureRandom.bytes(count: $0)
    }
    let queue = try JournalCommitQueue(journal, now: now)
    let deadline = clock.now + .seconds(seconds)
    let waits = try await withThrowingTaskGroup(of: [Double].self) { group in
      for number in 0..<producerCount {
        group.addTask { try await self.produce(number, queue, until: deadline, at: start) }
      }
      var all: [Double] = []
      for try await some in group { all += some }
      return all
    }
    try queue.close()
    return waits.sorted()
  }

  private func produce(
    _ number: Int, _ queue: JournalCommitQueue, until deadline: ContinuousClock.Instant,
    at start: Timestamp
  ) async throws -> [Double] {
    var waits: [Double] = []
    var record = template(at: start)
    while clock.now < deadline {
      record.header.id = "\(number)/\(waits.count)"
      let asked = clock.now
      guard case .appended = try await queue.append(record) else { continue }
      waits.append((clock.now - asked) / .microseconds(1))
    }
    return waits
  }

  /// A request whose entry takes about `byteCount` bytes.
  private func template(at start: Timestamp) -> Record {
    var request = RequestRecord()
    request.principal = "alice"
    request.method = "POST"
    request.status = 202
    request.path = "/jobs/" + String(repeating: "x", count: byteCount - 190)
    let header = RecordHeader(timestamp: start, source: "caddy/edge-1", id: "0/0")
    return Record(header: header, body: .request(request))
  }

  /// Acknowledgements a second, and two percentiles of the waits.
  func line(_ waits: [Double]) -> String {
    guard !waits.isEmpty else { return "0\t0\t0" }
    let rate = Double(waits.count) / seconds
    let tail = waits[min(waits.count - 1, waits.count * 99 / 100)]
    return "\(Int(rate))\t\(Int(waits[waits.count / 2]))\t\(Int(tail))"
  }
}
