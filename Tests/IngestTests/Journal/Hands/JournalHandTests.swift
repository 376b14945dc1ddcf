import Foundation
import Ingest
import Synchronization
import TestSupport
import Testing

/// A writer on the real file system: a journal with its queue, its thread and its socket.
private struct RunningWriter {
  let path: String
  let queue: JournalCommitQueue
  let socket: WriterSocket

  init(_ path: String) throws {
    self.path = path
    let now = Build.time(0)
    let storage = try PosixStorage(directory: path, creating: true)
    let journal = try Journal.open(storage, JournalSettings(origin: "vigil/hands"), at: now) {
      SecureRandom.bytes(count: $0)
    }
    queue = try JournalCommitQueue(journal) { now }
    socket = try WriterSocket(directory: path, queue: queue.queue)
  }

  func close() throws {
    queue.queue.end(WriterRefusal(.closing, "over"))
    socket.close(removesFile: true)
    try queue.close()
  }
}

@Suite("JournalHand") struct JournalHandTests {
  private let directory: TemporaryDirectory
  private let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path + "/journal"
  }

  private func hand() throws -> JournalHand {
    try JournalHand(directory: path) { Build.time(1) }
  }

  private func reader() throws -> JournalReader {
    try JournalReader(PosixStorage(directory: path, creating: false))
  }

  private var socketPath: String { path + "/writer.sock" }

  @Test("appends through a running writer, and with the lock where there is none")
  func bothWays() throws {
    let writer = try RunningWriter(path)
    let through = try hand()
    #expect(through.usesWriter)
    #expect(try through.append(Build.request("a")) == .appended(index: 1))
    #expect(try through.append(Build.request("a")) == .duplicate)
    #expect(try through.append(Build.request("a", path: "/b")) == .conflict(index: 2))
    #expect(try through.checkpoint()?.checkpoint.size == 5, "with the record of the request")
    try through.close()
    try writer.close()
    #expect(!FileManager.default.fileExists(atPath: socketPath))
    let alone = try hand()
    #expect(!alone.usesWriter)
    #expect(try alone.append(Build.request("b")) == .appended(index: 7))
    #expect(try alone.append(Build.request("a")) == .duplicate)
    #expect(try alone.checkpoint()?.checkpoint.size == 10, "with its record and the close")
    try alone.close()
    #expect(try reader().entryCount == 10)
    #expect(
      try JournalVerifier(PosixStorage(directory: path, creating: false)).verify().hasPassed)
  }

  @Test(
    "cosignatures come into both files, through a writer as with the lock",
    arguments: [true, false])
  func keep(_ hasWriter: Bool) throws {
    let writer = try RunningWriter(path)
    let first = try hand()
    _ = try first.append(Build.request("a"))
    if !hasWriter { try writer.close() }
    let hand = try hand()
    let note = try #require(try hand.checkpoint())
    _ = try hand.append(Build.request("b"))
    #expect(hand.usesWriter == hasWriter)
    _ = try hand.checkpoint()
    var cosigned = note
    _ = cosigned.merge([NoteSignature(name: "w", keyID: 3, blob: [1])])
    for _ in 0..<2 { try hand.keep(cosigned) }
    let stranger = NoteSigner(
      name: "vigil/hands", try #require(Ed25519SigningKey(seed: [UInt8](repeating: 8, count: 32))))
    let error = #expect(throws: JournalHandError.self) {
      try hand.keep(SignedCheckpoint(note.checkpoint, by: stranger))
    }
    #expect(error?.description.contains("found one that this journal has not signed") == true)
    try hand.close()
    if hasWriter { try writer.close() }
    let history = try Data(contentsOf: URL(fileURLWithPath: path + "/checkpoints"))
    #expect(history.ranges(of: Data("— w ".utf8)).count == 1, "once, though asked twice")
    let storage = try PosixStorage(directory: path, creating: false)
    #expect(try JournalVerifier(storage).verify().hasPassed)
  }

  @Test("a journal without entries has no checkpoint, with a writer or without")
  func noEntries() throws {
    let writer = try RunningWriter(path)
    #expect(try hand().checkpoint() == nil)
    try writer.close()
    #expect(try hand().checkpoint() == nil)
  }

  @Test("many hands at once each get their own index, once the record can be read")
  func manyHands() async throws {
    let writer = try RunningWriter(path)
    let path = path
    let indexes = try await withThrowingTaskGroup(of: [Int].self) { group in
      for number in 0..<8 {
        group.addTask {
          let storage = try PosixStorage(directory: path, creating: false)
          let hand = try JournalHand(directory: path) { Build.time(1) }
          return try (0..<25).map { count in
            let id = "h\(number)n\(count)"
            guard case .appended(let index) = try hand.append(Build.request(id)) else {
              throw TestFailure.unexpected
            }
            let entry = try #require(try JournalReader(storage).entry(at: index))
            #expect(String(decoding: entry, as: UTF8.self).contains("\"id\":\"\(id)\""))
            return index
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(indexes.sorted() == Array(1...200))
    try writer.close()
  }

  @Test("goes on with the next writer, or the lock, when its writer ends")
  func successor() throws {
    let first = try RunningWriter(path)
    let hand = try hand()
    #expect(try hand.append(Build.request("a")) == .appended(index: 1))
    try first.close()
    let second = try RunningWriter(path)
    #expect(try hand.append(Build.request("b")) == .appended(index: 4))
    #expect(hand.usesWriter)
    try second.close()
    #expect(try hand.append(Build.request("a")) == .duplicate)
    #expect(!hand.usesWriter)
    try hand.close()
  }

  @Test("a socket left by a crash blocks neither a hand nor the next writer")
  func stale() throws {
    let dead = try RunningWriter(path)
    dead.queue.queue.end(WriterRefusal(.closing, "over"))
    dead.socket.close(removesFile: false)
    try dead.queue.close()
    #expect(FileManager.default.fileExists(atPath: socketPath))
    let alone = try hand()
    #expect(!alone.usesWriter)
    try alone.close()
    let writer = try RunningWriter(path)
    let through = try hand()
    #expect(through.usesWriter)
    try writer.close()
  }

  @Test("the socket is its owner's alone")
  func mode() throws {
    let writer = try RunningWriter(path)
    let attributes = try FileManager.default.attributesOfItem(atPath: socketPath)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    try writer.close()
  }

  @Test(
    "the writer's own user and root are heard, nobody else",
    arguments: [(1000, 1000, true), (0, 1000, true), (1001, 1000, false), (1000, 0, false)]
      as [(UInt32, UInt32, Bool)])
  func users(_ user: UInt32, _ own: UInt32, _ isHeard: Bool) {
    #expect(WriterSocket.admits(user, own: own) == isHeard)
    #expect(!WriterSocket.admits(nil, own: own))
  }

  @Test("something else at the socket's place is left alone, and named")
  func foreignFile() throws {
    try RunningWriter(path).close()
    try Data("mine".utf8).write(to: URL(fileURLWithPath: socketPath))
    let error = #expect(throws: StorageError.self) {
      try WriterSocket(directory: path, queue: WriterQueue())
    }
    #expect(error?.description.hasPrefix("listen \(socketPath): file exists") == true)
    #expect(try String(contentsOfFile: socketPath, encoding: .utf8) == "mine")
    let alone = try hand()
    #expect(!alone.usesWriter)
    try alone.close()
  }

  @Test("a directory with a path longer than a socket's is reached all the same")
  func longPath() throws {
    let deep = directory.path + "/" + String(repeating: "d", count: 150)
    let writer = try RunningWriter(deep)
    let hand = try JournalHand(directory: deep) { Build.time(1) }
    #expect(hand.usesWriter)
    #expect(try hand.append(Build.request("a")) == .appended(index: 1))
    try writer.close()
  }

  @Test("what is no journal is refused and left as it is")
  func noJournal() throws {
    #expect(throws: JournalHandError.self) { try hand() }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let error = #expect(throws: JournalHandError.self) { try hand() }
    #expect(error == .journal(.notAJournal(found: "no journal.json")))
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
  }

  @Test("a request too long for the writer is not sent, and the hand goes on")
  func tooLong() throws {
    let writer = try RunningWriter(path)
    let hand = try hand()
    let large = Build.request("large", originalByteCount: WriterRequest.lineByteCountMax)
    #expect(throws: JournalHandError.self) { try hand.append(large) }
    #expect(try hand.append(Build.request("a")) == .appended(index: 1))
    try writer.close()
  }

  @Test("a record that the journal refuses comes back as a refusal")
  func unfit() throws {
    let writer = try RunningWriter(path)
    let hand = try hand()
    var broken = Build.request("broken")
    broken.header.id = String(repeating: "\u{1}", count: 20_000)
    broken.header.source = String(repeating: "\u{1}", count: 20_000)
    let outcome = try hand.append(broken)
    #expect(outcome == .appended(index: 1), "cut to its limits")
    try writer.close()
  }

  @Test("more connections than are served at once make room for each other")
  func manyConnections() throws {
    let writer = try RunningWriter(path)
    let hands = try (0..<WriterSocket.clientCountMax + 10).map { _ in try hand() }
    for (number, hand) in hands.enumerated() {
      #expect(try hand.append(Build.request("c\(number)")) == .appended(index: number + 1))
    }
    // The first ones were closed meanwhile, and come back by themselves.
    #expect(try hands[0].append(Build.request("again")) == .appended(index: hands.count + 1))
    try writer.close()
  }
}
