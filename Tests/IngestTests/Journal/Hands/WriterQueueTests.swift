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

  @Test("a checkpoint covers the appends of its batch and its own record, and answers the note")
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
    #expect(answers.list[0].1 == .checkpoint(nil))
    guard case .checkpoint(let full?) = answers.list[2].1 else { throw TestFailure.unexpected }
    #expect(full.checkpoint.size == 3 && full == journal.newestSignedCheckpoint)
    #expect(queue.submit(answers.waiting("again", .checkpoint)))
    #expect(queue.submit(answers.waiting("and again", .checkpoint)))
    try queue.serve(journal, at: fixture.clock.now)
    #expect(answers.list.suffix(2).allSatisfy { $0.1 == .checkpoint(full) }, "no news, no record")
    #expect(try fixture.verify().hasPassed)
  }

  @Test("cosignatures are kept; a note of another log, key, size or root is refused alone")
  func keep() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    let queue = try WriterQueue()
    _ = try journal.append(Build.request("r"), at: fixture.clock.now)
    let note = try #require(try journal.signCheckpoint(at: fixture.clock.now))
    let before = fixture.storage.bytes("checkpoints") ?? []
    let foreign = try fixture.foreignNotes(beside: note.checkpoint)
    for (number, note) in foreign.enumerated() {
      #expect(queue.submit(answers.waiting("\(number)", .keep(note))))
    }
    #expect(queue.submit(answers.append("a")))
    try queue.serve(journal, at: fixture.clock.now)
    #expect(answers.list.count == foreign.count + 1)
    for (name, answer) in answers.list where name != "a" {
      guard case .refused(let refusal) = answer else { throw TestFailure.unexpected }
      #expect(
        refusal.reason == .foreignNote && refusal.detail.contains("has not signed"), "\(name)")
    }
    #expect(fixture.storage.bytes("checkpoints") == before)
    var cosigned = note
    _ = cosigned.merge([NoteSignature(name: "w", keyID: 3, blob: [1])])
    #expect(queue.submit(answers.waiting("mine", .keep(cosigned))))
    #expect(queue.submit(answers.waiting("asked", .checkpoint)))
    try queue.serve(journal, at: fixture.clock.now)
    #expect(answers.list.suffix(2).first?.1 == .kept)
    #expect(
      fixture.storage.bytes("checkpoints")?.starts(with: before + cosigned.note.bytes) == true)
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

extension JournalFixture {
  /// Notes that a hand must not get into the journal: of another key, origin, root and size.
  fileprivate func foreignNotes(beside own: Checkpoint) throws -> [SignedCheckpoint] {
    let seed = [UInt8](repeating: 8, count: 32)
    let stranger = NoteSigner(name: own.origin, try #require(Ed25519SigningKey(seed: seed)))
    let other = NoteSigner(name: "vigil/other", try SigningKeyFile(storage).read())
    let signer = try signer()
    func body(_ size: Int, _ root: Digest, _ origin: String? = nil) -> Checkpoint {
      Checkpoint(origin: origin ?? own.origin, size: size, root: root)
    }
    var broken = SignedCheckpoint(own, by: stranger)
    let blob = [UInt8](repeating: 5, count: 64)
    _ = broken.merge([NoteSignature(name: own.origin, keyID: signer.key.keyID, blob: blob)])
    return [
      SignedCheckpoint(own, by: stranger), broken,
      SignedCheckpoint(body(own.size, own.root, "vigil/other"), by: other),
      SignedCheckpoint(body(own.size, .zero), by: signer),
      SignedCheckpoint(body(own.size - 1, own.root), by: signer),
      SignedCheckpoint(body(own.size + 1, own.root), by: signer),
      SignedCheckpoint(body(0, own.root), by: signer),
    ]
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

  @Test("records handed over together stand behind one another, whoever else comes")
  func together() async throws {
    let directory = try TemporaryDirectory()
    let queue = try make(directory)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for producer in 0..<50 {
        group.addTask {
          let records = (0..<3).map { Build.request("p\(producer)n\($0)") }
          let indexes = try await queue.append(contentsOf: records).map { acknowledgement in
            if case .appended(let index) = acknowledgement { index } else { -1 }
          }
          let first = try #require(indexes.first)
          #expect(indexes == [first, first + 1, first + 2])
        }
      }
      try await group.waitForAll()
    }
    #expect(try await queue.append(contentsOf: []).isEmpty)
    #expect(try await queue.append(contentsOf: [Build.request("p0n0")]) == [.duplicate])
    try queue.close()
    await #expect(throws: WriterRefusal.self) {
      try await queue.append(contentsOf: [Build.request("late"), Build.request("later")])
    }
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
    let note = try #require(try await queue.checkpoint())
    #expect(
      note.checkpoint.size == count * perProducer + 2, "with journal_opened and its own record")
    try queue.close()
    let storage = try PosixStorage(directory: directory.path + "/j", creating: false)
    let records = try JournalReader(storage).allRecords()
    #expect(acknowledged.count == count * perProducer)
    #expect(acknowledged.allSatisfy { records[$0.1].header.id == $0.0 })
    #expect(try JournalVerifier(storage).verify().hasPassed)
  }

  @Test(
    "the entries are the very bytes that the journal alone would have written",
    arguments: [1, 2, 3] as [UInt64])
  func sameBytes(_ seed: UInt64) async throws {
    let directory = try TemporaryDirectory()
    var random = RandomRecord(seed: seed)
    var records: [Record] = []
    for number in 0..<70 {
      records.append(random.next(RecordKind.allCases[number % RecordKind.allCases.count]))
    }
    records.append(Build.request("long", originalByteCount: 70_000))
    records.append(Build.request("forged", originalByteCount: 300))
    records.append(Build.request("forged", path: "/other"))
    records.append(Build.request("plain"))
    var broken = Build.request("broken")
    broken.header.original = Array("{\n}".utf8)
    records += [broken] + records.prefix(9)
    func open(_ name: String) throws -> (Journal, PosixStorage) {
      let storage = try PosixStorage(directory: directory.path + "/" + name, creating: true)
      let settings = JournalSettings(origin: "vigil/queue")
      let journal = try Journal.open(storage, settings, at: Build.time(0)) { count in
        var random = SeededRandom(seed: seed)
        return random.bytes(count: count)
      }
      return (journal, storage)
    }
    let (alone, expected) = try open("alone")
    var outcomes: [Acknowledgement?] = []
    for record in records {
      outcomes.append((try? alone.append(record, at: Build.time(5))).map { Acknowledgement($0) })
    }
    try alone.close(at: Build.time(5))
    let (journal, storage) = try open("queue")
    let queue = try JournalCommitQueue(journal) { Build.time(5) }
    for (record, outcome) in zip(records, outcomes) {
      let answer = try? await queue.append(record)
      #expect(answer == outcome, "seed \(seed), \(record.header.id)")
    }
    try queue.close()
    #expect(outcomes.contains(.duplicate) && outcomes.contains(nil), "seed \(seed)")
    for path in ["segments/000000000000.jsonl", "segments/000000000000.leaf", "checkpoint"] {
      let bytes = try storage.contents(path, byteCountMax: 1 << 22)
      #expect(try bytes == expected.contents(path, byteCountMax: 1 << 22), "seed \(seed), \(path)")
    }
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
