import Foundation
import Ingest
import TestSupport

/// `campaign load --journal DIR --seed N --producers N`: appends until it is killed.
///
/// Producers share a `JournalCommitQueue`, and `writer.sock` is open for hands. Each
/// acknowledgement is printed, `index id`, before its producer goes on; each checkpoint too,
/// `checkpoint origin size root`. `ready` says that the journal is open.
struct LoadGenerator: Sendable {
  private let queue: JournalCommitQueue
  private let seed: UInt64
  private let start: Timestamp

  /// Small segments and index runs, so that a short life crosses many of their ends.
  static var settings: JournalSettings {
    var settings = JournalSettings(origin: "vigil/campaign")
    settings.segmentByteCount = 48 << 10
    settings.keyTableCountMax = 100
    settings.pendingByteCountMax = 16 << 10
    return settings
  }

  static func main(_ words: [String]) async throws {
    guard words.count == 6, words[0] == "--journal", words[2] == "--seed",
      let seed = UInt64(words[3]), words[4] == "--producers", let count = Int(words[5])
    else { throw CampaignError("load: expected --journal DIR --seed N --producers N") }
    do {
      try await run(words[1], seed, count)
    } catch {
      FileHandle.standardError.write(Data("load: \(error)\n".utf8))
      exit(4)
    }
  }

  private static func run(_ path: String, _ seed: UInt64, _ count: Int) async throws {
    let start = Build.time(0)
    let origin = ContinuousClock.now
    let now: @Sendable () -> Timestamp = {
      start.advanced(bySeconds: (ContinuousClock.now - origin) / .seconds(1))
    }
    let storage = try PosixStorage(directory: path, creating: true)
    let journal = try Journal.open(storage, settings, at: now()) { SecureRandom.bytes(count: $0) }
    let queue = try JournalCommitQueue(journal, checkpointSeconds: 0.05, now: now)
    let socket = try WriterSocket(directory: path, queue: queue.queue)
    Acknowledgements.write("ready\n")
    let load = LoadGenerator(queue: queue, seed: seed, start: start)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for producer in 0..<count { group.addTask { try await load.produce(producer) } }
      group.addTask { try await load.seal() }
      do { try await group.waitForAll() } catch {
        socket.close(removesFile: false)
        throw error
      }
    }
  }

  private func produce(_ producer: Int) async throws {
    var random = SeededRandom(seed: seed &* 1000 &+ UInt64(producer))
    for number in 0..<Int.max {
      let id = "s\(seed)p\(producer)n\(number)"
      // One in fifty is too long for an entry and goes to oversize/ in part.
      let isLong = Int.random(in: 0..<50, using: &random) == 0
      let byteCount = isLong ? 70_000 : Int.random(in: 0...1500, using: &random)
      let record = Build.request(id, at: start, originalByteCount: byteCount)
      if case .appended(let index) = try await queue.append(record) {
        Acknowledgements.tell(index, id)
      }
    }
  }

  private func seal() async throws {
    while true {
      if let checkpoint = try await queue.checkpoint()?.checkpoint {
        Acknowledgements.write(
          "checkpoint \(checkpoint.origin) \(checkpoint.size) \(checkpoint.root.hex)\n")
      }
      try await Task.sleep(for: .milliseconds(7))
    }
  }
}
