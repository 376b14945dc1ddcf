import Ingest
import Synchronization
import TestSupport
import Testing

/// Answers in the order in which they came.
private final class Answers: Sendable {
  private let all = Mutex<[(String, WriterAnswer)]>([])

  var list: [(String, WriterAnswer)] { all.withLock { $0 } }

  func waiting(_ name: String, _ request: WriterRequest) -> WriterQueue.Waiting {
    WriterQueue.Waiting(request) { answer in self.all.withLock { $0.append((name, answer)) } }
  }

  func append(_ id: String) -> WriterQueue.Waiting {
    waiting(id, .append(Build.request(id)))
  }
}

@Suite("WriterQueue") struct WriterQueueTests {
  private let answers = Answers()

  @Test("appends what has gathered, syncs once, and then answers")
  func batch() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    let queue = try WriterQueue()
    for id in ["a", "b", "a", "c"] { #expect(queue.submit(answers.append(id))) }
    let forged = WriterRequest.append(Build.request("b", path: "/other"))
    #expect(queue.submit(answers.waiting("forged", forged)))
    #expect(try queue.serve(journal, at: fixture.clock.now) == 5)
    #expect(journal.committedCount == 6, "opened, three, the forged one, its conflict")
    #expect(answers.list.map(\.0) == ["a", "b", "a", "c", "forged"])
    #expect(
      answers.list.map(\.1) == [
        .acknowledged(.appended(index: 1)), .acknowledged(.appended(index: 2)),
        .acknowledged(.duplicate), .acknowledged(.appended(index: 3)),
        .acknowledged(.conflict(index: 4)),
      ])
    #expect(try queue.serve(journal, at: fixture.clock.now) == 0)
  }

  @Test("answers nobody before the sync: of a batch whose sync fails, none is acknowledged")
  func failedSync() throws {
    for fault in [SimulatedStorage.Fault.failedAndNotDone, .failedButDone] {
      let fixture = JournalFixture()
      let journal = try fixture.open()
      let queue = try WriterQueue()
      let answers = Answers()
      for id in ["a", "b"] { #expect(queue.submit(answers.append(id))) }
      fixture.storage.fault = fault
      fixture.storage.faultIndex = fixture.storage.operationCount + 1
      let failure = #expect(throws: JournalError.self) {
        try queue.serve(journal, at: fixture.clock.now)
      }
      guard case .failed(firstIndexNotTaken: 0, let cause) = failure else {
        throw TestFailure.unexpected
      }
      #expect(cause.operation == .synchronize)
      #expect(queue.submit(answers.append("late")), "answered, though not taken")
      #expect(answers.list.map(\.0) == ["a", "b", "late"])
      for (_, answer) in answers.list {
        guard case .refused(let refusal) = answer else { throw TestFailure.unexpected }
        #expect(refusal.reason == .stopped && refusal.detail.contains("before entry 0"))
      }
    }
  }

  @Test("a checkpoint covers the appends of its batch and answers size and root")
  func checkpoint() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    let queue = try WriterQueue()
    #expect(queue.submit(answers.waiting("empty", .checkpoint)))
    try queue.serve(journal, at: fixture.clock.now)
    #expect(queue.submit(answers.waiting("full", .checkpoint)))
    #expect(queue.submit(answers.append("a")))
    try queue.serve(journal, at: fixture.clock.now)
    #expect(answers.list.map(\.0) == ["empty", "a", "full"])
    guard case .checkpoint(let empty) = answers.list[0].1,
      case .checkpoint(let full) = answers.list[2].1
    else { throw TestFailure.unexpected }
    #expect(empty.size == 0 && full.size == 2 && full == journal.newestCheckpoint)
    #expect(
      empty.root.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(try fixture.verify().hasPassed)
  }

  @Test("a record that fits no entry is refused alone")
  func unfit() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    let queue = try WriterQueue()
    var broken = Build.request("broken")
    broken.header.original = Array("{\n}".utf8)
    #expect(queue.submit(answers.append("a")))
    #expect(queue.submit(answers.waiting("broken", .append(broken))))
    #expect(queue.submit(answers.append("b")))
    try queue.serve(journal, at: fixture.clock.now)
    guard case .refused(let refusal) = answers.list[1].1 else { throw TestFailure.unexpected }
    #expect(refusal.reason == .unfitRecord)
    #expect(answers.list[2].1 == .acknowledged(.appended(index: 2)))
  }

  @Test("takes no more than its limit, and wakes whoever waits for room")
  func limit() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    let queue = try WriterQueue()
    let woken = Mutex(0)
    queue.whenRoom { woken.withLock { $0 += 1 } }
    #expect(woken.withLock { $0 } == 1, "there is room: at once")
    for number in 0..<WriterQueue.requestCountMax {
      #expect(queue.submit(answers.waiting("\(number)", .checkpoint)))
    }
    #expect(!queue.submit(answers.append("more")))
    queue.whenRoom { woken.withLock { $0 += 1 } }
    #expect(woken.withLock { $0 } == 1)
    #expect(try queue.serve(journal, at: fixture.clock.now) == WriterQueue.requestCountMax)
    #expect(woken.withLock { $0 } == 2)
    #expect(queue.submit(answers.append("more")))
  }

  @Test("takes no more bytes than its limit")
  func byteLimit() throws {
    let queue = try WriterQueue()
    let large = WriterRequest.append(Build.request("large", originalByteCount: 8 << 20))
    var count = 0
    while count < 10, queue.submit(answers.waiting("large", large)) { count += 1 }
    #expect(count == 4)
    queue.end(WriterRefusal(.closing, "over"))
  }

  @Test("after its end everything is refused, what waited included")
  func end() throws {
    let queue = try WriterQueue()
    #expect(queue.submit(answers.append("a")))
    queue.end(WriterRefusal(.closing, "over"))
    queue.end(WriterRefusal(.stopped, "again"))
    #expect(queue.submit(answers.append("b")))
    let refused = WriterAnswer.refused(WriterRefusal(.closing, "over"))
    #expect(answers.list.map(\.1) == [refused, refused])
    #expect(queue.hasEnded && queue.isEmpty)
  }
}

@Suite("JournalCommitQueue") struct JournalCommitQueueTests {
  private func make(_ directory: TemporaryDirectory) throws -> JournalCommitQueue {
    let now = Build.time(0)
    let storage = try PosixStorage(directory: directory.path + "/j", creating: true)
    let journal = try Journal.open(storage, JournalSettings(origin: "vigil/queue"), at: now) {
      SecureRandom.bytes(count: $0)
    }
    return try JournalCommitQueue(journal) { now }
  }

  @Test("every producer gets the index of its own record", arguments: [1, 7, 300])
  func producers(_ count: Int) async throws {
    let directory = try TemporaryDirectory()
    let queue = try make(directory)
    let perProducer = 600 / count
    let acknowledged = try await withThrowingTaskGroup(of: [(String, Int)].self) { group in
      for producer in 0..<count {
        group.addTask {
          var mine: [(String, Int)] = []
          for number in 0..<perProducer {
            let id = "p\(producer)n\(number)"
            guard case .appended(let index) = try await queue.append(Build.request(id)) else {
              throw TestFailure.unexpected
            }
            mine.append((id, index))
          }
          return mine
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    let checkpoint = try await queue.checkpoint()
    #expect(checkpoint.size == count * perProducer + 1)
    try queue.close()
    let storage = try PosixStorage(directory: directory.path + "/j", creating: false)
    let records = try JournalReader(storage).allRecords()
    #expect(acknowledged.count == count * perProducer)
    #expect(acknowledged.allSatisfy { records[$0.1].header.id == $0.0 })
    #expect(try JournalVerifier(storage).verify().hasPassed)
  }

  @Test("after close an append is refused as closing")
  func closed() async throws {
    let directory = try TemporaryDirectory()
    let queue = try make(directory)
    try queue.close()
    let refusal = await #expect(throws: WriterRefusal.self) {
      try await queue.append(Build.request("late"))
    }
    #expect(refusal?.reason == .closing)
  }
}
