import Foundation
import GatewayAndScheduler
import Testing

@Suite struct WitnessDirectoryTests {
  @Test func `what is replaced is read back, also by the next process`() throws {
    let directory = try TemporaryDirectory()
    do {
      let store = try WitnessDirectory(directory.path)
      #expect(try store.load("a") == nil)
      for count in [0, 1, 65536, 65537, 200_000, 3] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        try store.replace("a", with: bytes)
        #expect(try store.load("a") == bytes)
      }
      try store.replace("b", with: [9])
    }
    let again = try WitnessDirectory(directory.path)
    #expect(try again.load("a") == [0, 1, 2])
    #expect(try again.load("b") == [9])
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    #expect(names == ["a.note", "b.note", "lock"])
  }

  @Test func `records are for their owner only`() throws {
    let directory = try TemporaryDirectory()
    let store = try WitnessDirectory(directory.path)
    try store.replace("a", with: [1])
    let file = directory.path + "/a.note"
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
    #expect(mode as? Int == 0o600)
  }

  @Test func `a directory has one witness, and must be there`() throws {
    let directory = try TemporaryDirectory()
    let store = try WitnessDirectory(directory.path)
    #expect(
      throws: WitnessStoreError.unchanged(call: "flock", path: directory.path + "/lock", errno: 11)
    ) { try WitnessDirectory(directory.path) }
    #expect(throws: WitnessStoreError.self) { try WitnessDirectory(directory.path + "/missing") }
    try store.replace("a", with: [1])
  }

  @Test func `a leftover of a crash is overwritten`() throws {
    let directory = try TemporaryDirectory()
    let leftover = Data(repeating: 7, count: 1000)
    #expect(FileManager.default.createFile(atPath: directory.path + "/a.new", contents: leftover))
    let store = try WitnessDirectory(directory.path)
    try store.replace("a", with: [1, 2])
    #expect(try store.load("a") == [1, 2])
  }

  @Test func `a failed write says whether the old record still stands`() throws {
    let directory = try TemporaryDirectory()
    let store = try WitnessDirectory(directory.path)
    try store.replace("a", with: [1])
    // A directory in the place of the temporary file: it cannot be opened for writing.
    let temporary = directory.path + "/a.new"
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: false)
    #expect(throws: WitnessStoreError.unchanged(call: "open", path: temporary, errno: 21)) {
      try store.replace("a", with: [2])
    }
    #expect(try store.load("a") == [1])
    // A directory in the place of the record: the rename fails.
    let record = directory.path + "/b.note"
    try FileManager.default.createDirectory(atPath: record, withIntermediateDirectories: false)
    #expect(throws: WitnessStoreError.uncertain(call: "rename", path: record, errno: 21)) {
      try store.replace("b", with: [2])
    }
  }

  @Test func `a symbolic link and an endless file are no record`() throws {
    let directory = try TemporaryDirectory()
    let store = try WitnessDirectory(directory.path)
    try FileManager.default.createSymbolicLink(
      atPath: directory.path + "/a.note", withDestinationPath: "/etc/hostname")
    #expect(throws: WitnessStoreError.self) { try store.load("a") }
    let long = [UInt8](repeating: 1, count: WitnessDirectory.byteCountMax + 1)
    try store.replace("b", with: long)
    #expect(throws: WitnessStoreError.damaged(path: directory.path + "/b.note")) {
      try store.load("b")
    }
  }
}
