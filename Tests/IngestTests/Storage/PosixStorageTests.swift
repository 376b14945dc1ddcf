import Foundation
import Ingest
import TestSupport
import Testing

@Suite("PosixStorage")
struct PosixStorageTests {
  private let directory: TemporaryDirectory
  private let storage: PosixStorage

  init() throws {
    directory = try TemporaryDirectory()
    storage = try PosixStorage(directory: directory.path + "/journal", creating: true)
  }

  private func permissions(_ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(
      atPath: "\(directory.path)/journal/\(name)")
    return try #require(attributes[.posixPermissions] as? NSNumber).intValue
  }

  @Test("writes and reads at offsets, truncates, and tells the end of a file")
  func positionedAccess() throws {
    let file = try storage.open("a", .writing(.group))
    try file.write([1, 2, 3].span, at: 0)
    try file.write([9].span, at: 4)
    try file.synchronize()
    #expect(try file.size() == 5)
    var buffer = [UInt8](repeating: 7, count: 8)
    #expect(try file.read(at: 1, into: &buffer, 2..<8) == 4)
    #expect(buffer == [7, 7, 2, 3, 0, 9, 7, 7])
    try file.truncate(to: 2)
    #expect(try storage.contents("a", byteCountMax: 10) == [1, 2])
    #expect(try storage.contents("a", byteCountMax: 1) == [1, 2], "one more than the limit")
    #expect(try storage.contents("none", byteCountMax: 1) == nil)
  }

  @Test("reaches nested directories, renames within them, and removes them when they are empty")
  func nesting() throws {
    for path in ["a", "a/b", "a/b/c"] { try storage.createDirectory(path) }
    let file = try storage.open("a/b/c/x", .writing(.group))
    try file.write([1].span, at: 0)
    try storage.rename("a/b/c/x", to: "a/b/c/y")
    try storage.synchronizeDirectory("a/b/c")
    #expect(try storage.contents("a/b/c/y", byteCountMax: 1) == [1])
    #expect(try storage.list("a/b/c") == ["y"])
    #expect(throws: StorageError.self) { try storage.rename("a/b/c/none", to: "a/b/c/z") }
    #expect(throws: StorageError.self) { try storage.removeDirectory("a/b/c") }
    try storage.remove("a/b/c/y")
    try storage.removeDirectory("a/b/c")
    try storage.removeDirectory("a/b/c")
    #expect(try storage.list("a/b/c") == nil)
    #expect(try storage.list("a/b") == [])
  }

  @Test("follows no link on the way to a nested file")
  func nestedLinks() throws {
    try storage.createDirectory("real")
    try storage.createDirectory("real/deep")
    try FileManager.default.createSymbolicLink(
      atPath: directory.path + "/journal/link", withDestinationPath: "real")
    #expect(throws: StorageError.self) { try storage.open("link/deep/x", .writing(.group)) }
    #expect(throws: StorageError.self) { try storage.createDirectory("link/deep/new") }
    #expect(throws: StorageError.self) { try storage.list("link/deep") }
  }

  @Test("replaces a file whole, with the permission asked for, and leaves no temporary file")
  func replace() throws {
    try storage.createDirectory("d")
    try storage.createDirectory("d")
    try storage.replace("d/secret", with: [1].span, .owner)
    try storage.replace("d/secret", with: [2, 3].span, .owner)
    try storage.replace("open", with: [4].span, .group)
    #expect(try storage.contents("d/secret", byteCountMax: 9) == [2, 3])
    #expect(try permissions("d/secret") == 0o600)
    #expect(try permissions("open") & ~0o640 == 0)
    #expect(try storage.list("d") == ["secret"])
    #expect(try storage.list("") == ["d", "open"])
    #expect(try storage.list("nowhere") == nil)
    try storage.remove("d/secret")
    try storage.remove("d/secret")
    #expect(try storage.list("d") == [])
    try storage.synchronizeDirectory("d")
  }

  @Test("refuses a link where a file or directory of ours belongs")
  func links() throws {
    let path = directory.path + "/journal"
    try FileManager.default.createSymbolicLink(
      atPath: path + "/link", withDestinationPath: "/etc/passwd")
    try FileManager.default.createSymbolicLink(
      atPath: path + "/segments", withDestinationPath: "/tmp")
    #expect(throws: StorageError.self) { try storage.open("link", .reading) }
    #expect(throws: StorageError.self) { try storage.open("segments/x", .writing(.group)) }
    #expect(throws: StorageError.self) { try storage.createDirectory("segments") }
  }

  @Test("errors name the operation, the path and the system's reason")
  func errors() throws {
    let error = try #require(throws: StorageError.self) { try storage.open("none", .reading) }
    #expect(error.isMissing)
    #expect(error.description == "open none: no such file or directory (errno 2)")
    #expect(throws: StorageError.self) {
      try PosixStorage(directory: directory.path + "/absent", creating: false)
    }
  }

  @Test("gives the lock to one holder at a time, and takes it back when the holder goes")
  func lock() throws {
    let other = try PosixStorage(directory: directory.path + "/journal", creating: true)
    var holder = try storage.lock("lock")
    #expect(holder != nil)
    #expect(try other.lock("lock") == nil)
    let contents = try #require(try other.contents("lock", byteCountMax: 20))
    #expect(
      String(decoding: contents, as: UTF8.self) == "\(ProcessInfo.processInfo.processIdentifier)\n")
    holder = nil
    #expect(try other.lock("lock") != nil)
  }

  @Test("a journal lives on it: written, read by another, verified, continued")
  func journal() throws {
    var settings = JournalSettings(origin: "vigil/posix")
    settings.segmentByteCount = 10_000
    let now = Build.time(0)
    for session in 0..<2 {
      let journal = try Journal.open(storage, settings, at: now) { SecureRandom.bytes(count: $0) }
      #expect(journal.isNew == (session == 0))
      for number in 0..<100 {
        _ = try journal.append(Build.request("s\(session)r\(number)"), at: now)
      }
      let reader = try PosixStorage(directory: directory.path + "/journal", creating: false)
      #expect(throws: JournalError.locked(holder: "\(ProcessInfo.processInfo.processIdentifier)")) {
        try Journal.open(reader, settings, at: now) { SecureRandom.bytes(count: $0) }
      }
      try journal.close(at: now)
      #expect(try JournalReader(reader).entryCount == (session + 1) * 102)
      #expect(try JournalVerifier(reader).verify().hasPassed)
    }
    #expect(try permissions("hmac-secret") == 0o600)
    #expect(try permissions("rejected.jsonl") == 0o600)
  }
}

@Suite("OwnedDescriptor")
struct OwnedDescriptorTests {
  @Test("reports a close that fails")
  func failedClose() throws {
    let error = try #require(throws: StorageError.self) {
      try OwnedDescriptor(1_000_000).close(path: "nothing")
    }
    #expect(error.code == 9)
  }
}
