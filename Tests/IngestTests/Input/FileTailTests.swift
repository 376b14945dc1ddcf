import Foundation
import Ingest
import Testing

/// Follows a real file and keeps what it gets.
private final class Follower {
  private var tail: FileTail<SystemLogFiles>
  var notices: [FollowNotice] = []

  init(_ path: String, _ start: FollowState.Start = .beginning) throws {
    tail = try FileTail(path: path, start: start, in: SystemLogFiles())
  }

  var position: FollowPosition? { tail.position }

  /// The lines that some polls give; an unfinished one ends in `~`.
  func poll(_ times: Int = 2) -> [String] {
    var lines: [String] = []
    var told: [FollowNotice] = []
    for _ in 0..<times {
      _ = tail.poll(
        notice: { told.append($0) },
        line: { _, line, bytes in
          let text = String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
          lines.append(text + (line.isTerminated ? "" : "~"))
        })
    }
    notices += told
    return lines
  }
}

@Suite struct FileTailTests {
  private let rotated = "x-2026-11-23T23-39-35.969.log"

  @Test("a line is given once its newline is there")
  func partialLine() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log", "one\ntw")
    let follower = try Follower(path)
    #expect(follower.poll() == ["one"])
    #expect(follower.position?.offset == 4)
    try directory.append("x.log", "o\n")
    #expect(follower.poll() == ["two"])
    #expect(follower.position?.offset == 8)
  }

  @Test("a file that does not exist yet is waited for")
  func lateFile() throws {
    let directory = try TemporaryDirectory()
    let follower = try Follower(directory.file("x.log"))
    #expect(follower.poll().isEmpty)
    try directory.write("x.log", "one\n")
    #expect(follower.poll() == ["one"])
  }

  @Test("a directory is refused")
  func directory() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    #expect(throws: InputError.notAFile(path: path, kind: .directory)) { _ = try Follower(path) }
  }

  @Test("after a rotation by rename the old file is read to its end, then the new one")
  func rename() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log", "one\n")
    let follower = try Follower(path)
    #expect(follower.poll() == ["one"])
    try directory.append("x.log", "two\n")
    try directory.move("x.log", to: rotated)
    try directory.write("x.log", "")
    try directory.append(rotated, "three\n")
    #expect(follower.poll() == ["two", "three"])
    try directory.append(rotated, "four\n")
    try directory.append("x.log", "five\n")
    #expect(follower.poll(4) == ["four", "five"])
    #expect(follower.notices.isEmpty)
  }

  @Test("a file rotated and compressed while nobody looked is read from its compressed form")
  func renamedAndCompressed() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log", "one\n")
    let follower = try Follower(path)
    #expect(follower.poll() == ["one"])
    let position = try #require(follower.position)
    try directory.write(rotated + ".gz", storedGzip(Array("one\ntwo\n".utf8)))
    try directory.write("x-2026-11-24T00-00-00.000.log", "three\n")
    try directory.remove("x.log")
    try directory.write("x.log", "four\n")
    let resumed = try Follower(path, .position(position))
    #expect(resumed.poll(6) == ["two", "three", "four"])
    #expect(resumed.notices.isEmpty)
  }

  @Test("a file cut in place after a copy was made is read on from the copy")
  func copyTruncate() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log", "one\n")
    let follower = try Follower(path)
    #expect(follower.poll() == ["one"])
    try directory.write("x.log.1", "one\ntwo\n")
    try directory.truncate("x.log")
    try directory.append("x.log", "three, longer than before\n")
    #expect(follower.poll(4) == ["two", "three, longer than before"])
    #expect(follower.notices.isEmpty)
  }

  @Test("a file cut without a copy is read from its start, with a notice")
  func truncate() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log", "one\nhalf")
    let follower = try Follower(path)
    #expect(follower.poll() == ["one"])
    try directory.truncate("x.log")
    try directory.append("x.log", "two\n")
    #expect(follower.poll(4) == ["half~", "two"])
    #expect(follower.notices == [.truncated(path: path, readOffset: 8)])
  }

  @Test("a file rewritten to the same length is noticed by its first bytes")
  func rewritten() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log", "one\n")
    let follower = try Follower(path)
    #expect(follower.poll() == ["one"])
    try directory.truncate("x.log")
    try directory.append("x.log", "two\n")
    #expect(follower.poll(4) == ["two"])
    #expect(follower.notices.count == 1)
  }

  @Test("a file deleted and created anew is read to its end, then the new one, with a notice")
  func deleteAndCreate() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log", "one\n")
    let follower = try Follower(path)
    #expect(follower.poll() == ["one"])
    try directory.append("x.log", "two\n")
    try directory.remove("x.log")
    try directory.write("x.log", "three\n")
    #expect(follower.poll(6) == ["two", "three"])
    #expect(follower.notices == [.predecessorGone(path: path)])
  }

  @Test("a torn last line of a rotated file is given, not terminated")
  func tornLine() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log", "one\nto")
    let follower = try Follower(path)
    #expect(follower.poll() == ["one"])
    try directory.move("x.log", to: rotated)
    try directory.write("x.log", "two\n")
    #expect(follower.poll(4) == ["to~", "two"])
  }

  @Test("a corrupt compressed file is read as far as it goes, then passed over with a notice")
  func corruptFile() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log", "live\n")
    var bytes = storedGzip(Array("one\ntwo\n".utf8))
    bytes.removeLast(3)
    try directory.write(rotated + ".gz", bytes)
    let follower = try Follower(path, .oldest)
    #expect(follower.poll(6) == ["one", "two", "live"])
    #expect(follower.notices == [.unreadable(path: directory.file(rotated + ".gz"))])
  }

  @Test("a position that is in no file left is given up with a notice")
  func lostPosition() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log", "one\n")
    let follower = try Follower(path)
    #expect(follower.poll() == ["one"])
    let position = try #require(follower.position)
    try directory.truncate("x.log")
    try directory.append("x.log", "two\n")
    let resumed = try Follower(path, .position(position))
    #expect(resumed.poll(6) == ["two"])
    #expect(resumed.notices == [.positionLost(position)])
  }
}

@Suite struct FollowSetTests {
  @Test("positions round-trip through their JSON, and other texts are refused")
  func positionJSON() throws {
    let position = FollowPosition(
      path: "/l/ü \"x\".log", identity: FileIdentity(device: .max, inode: 42), offset: 12,
      fingerprint: Fingerprint(of: Array("hello".utf8)))
    let json = position.json
    #expect(try FollowPosition(json: json.span) == position)
    for count in 0..<(json.count - 1) {
      let part = Array(json[..<count])
      #expect(throws: FollowPositionError.self) { _ = try FollowPosition(json: part.span) }
    }
    let tooLong = Array(
      #"{"v":1,"path":"x","device":"1","inode":"1","offset":1,"fingerprint_bytes":2000,"fingerprint":"1"}"#
        .utf8)
    #expect(throws: FollowPositionError.self) { _ = try FollowPosition(json: tooLong.span) }
  }

  @Test("a store gives back what was saved, for each path its own")
  func store() throws {
    let directory = try TemporaryDirectory()
    let store = FollowPositionStore(directory: directory.path)
    #expect(try store.load(path: "/a/x.log") == nil)
    var positions: [FollowPosition] = []
    for path in ["/a/x.log", "/b/x.log", "/a/x:log"] {
      let identity = FileIdentity(device: 1, inode: UInt64(positions.count))
      positions.append(
        FollowPosition(path: path, identity: identity, offset: 7, fingerprint: .empty))
    }
    for position in positions { try store.save(position) }
    for position in positions { #expect(try store.load(path: position.path) == position) }
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(names.count == 3 && names.allSatisfy { $0.hasSuffix(".json") })
  }

  @Test(
    "several logs are followed at once, positions are saved after the commit, a restart goes on")
  func severalLogs() async throws {
    let directory = try TemporaryDirectory()
    let paths = [try directory.write("a.log", "a1\n"), try directory.write("b.log", "b1\nb2\n")]
    let store = FollowPositionStore(directory: directory.path)
    let events = try await Self.run(paths, store, polls: 2) { poll in
      if poll == 1 { try directory.append("a.log", "a2\n") }
    }
    #expect(events == ["a1", "b1", "b2", "commit", "sleep", "a2", "commit", "sleep"])
    try directory.append("b.log", "b3\n")
    let resumed = try await Self.run(paths, store, polls: 1) { _ in }
    #expect(resumed == ["b3", "commit", "sleep"])
  }

  /// Ends as a cancelled sleep does, after so many polls.
  private static func run(
    _ paths: [String], _ store: FollowPositionStore, polls: Int,
    between: (Int) throws -> Void
  ) async throws -> [String] {
    let set = try FollowSet(paths: paths, in: SystemLogFiles(), store: store)
    var events: [String] = []
    var sleeps = 0
    try await set.run(
      interval: .milliseconds(250),
      sleep: { interval in
        events.append("sleep")
        #expect(interval == .milliseconds(250))
        sleeps += 1
        try between(sleeps)
        if sleeps == polls { throw CancellationError() }
      },
      notice: { Issue.record("\($0)") },
      line: { _, _, bytes in
        events.append(String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self))
      },
      commit: {
        events.append("commit")
      })
    return events
  }

  @Test("a failed commit saves no position")
  func failedCommit() async throws {
    struct Failure: Error {}
    let directory = try TemporaryDirectory()
    let path = try directory.write("a.log", "a1\n")
    let store = FollowPositionStore(directory: directory.path)
    let set = try FollowSet(paths: [path], in: SystemLogFiles(), store: store)
    await #expect(throws: Failure.self) {
      try await set.run(
        interval: .seconds(1), sleep: { _ in }, notice: { _ in }, line: { _, _, _ in },
        commit: { throw Failure() })
    }
    #expect(try store.load(path: path) == nil)
  }

  @Test("a cancelled task ends the run")
  func cancelled() async throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("a.log", "a1\n")
    let store = FollowPositionStore(directory: directory.path)
    let task = Task {
      let set = try FollowSet(paths: [path], in: SystemLogFiles(), store: store)
      try await set.run(
        interval: .seconds(3600), sleep: { try await Task.sleep(for: $0) }, notice: { _ in },
        line: { _, _, _ in }, commit: {})
    }
    task.cancel()
    try await task.value
  }
}
