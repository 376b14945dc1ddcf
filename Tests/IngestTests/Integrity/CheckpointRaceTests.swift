import Ingest
import TestSupport
import Testing

/// A storage in which something happens the first time that a segment is opened.
private final class MeddledStorage: JournalStorage {
  private let base: SimulatedStorage
  private var meddle: ((SimulatedStorage) -> Void)?

  init(_ base: SimulatedStorage, _ meddle: @escaping (SimulatedStorage) -> Void) {
    self.base = base
    self.meddle = meddle
  }

  func open(_ path: String, _ access: FileAccess) throws(StorageError) -> any JournalFile {
    if path.hasPrefix("segments/") {
      meddle?(base)
      meddle = nil
    }
    return try base.open(path, access)
  }

  func createDirectory(_ path: String) throws(StorageError) { try base.createDirectory(path) }
  func replace(
    _ path: String, with bytes: Span<UInt8>, _ permission: FilePermission
  ) throws(StorageError) { try base.replace(path, with: bytes, permission) }
  func rename(_ path: String, to newPath: String) throws(StorageError) {
    try base.rename(path, to: newPath)
  }
  func list(_ directory: String) throws(StorageError) -> [String]? { try base.list(directory) }
  func remove(_ path: String) throws(StorageError) { try base.remove(path) }
  func removeDirectory(_ path: String) throws(StorageError) { try base.removeDirectory(path) }
  func synchronizeDirectory(_ path: String) throws(StorageError) {
    try base.synchronizeDirectory(path)
  }
  func lock(_ path: String) throws(StorageError) -> (any JournalFile)? { try base.lock(path) }
}

/// The file `checkpoints` is read twice: what changes in between must not hide anything.
@Suite struct CheckpointRaceTests {
  /// One checkpoint an entry: their file is longer than one piece of reading.
  private func journal() throws -> JournalFixture {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    for number in 0..<1_500 {
      _ = try journal.append(Build.request("r\(number)"), at: fixture.clock.now)
      try journal.checkpoint()
    }
    try journal.close(at: fixture.clock.now)
    return fixture
  }

  @Test("checkpoints cut off while the entries are read are missed")
  func cutBetween() throws {
    let fixture = try journal()
    let whole = try #require(fixture.storage.bytes("checkpoints"))
    #expect(whole.count > 2 << 16)
    #expect(try fixture.verify().hasPassed)
    let storage = MeddledStorage(fixture.storage) {
      $0.put("checkpoints", Array(whole.prefix(whole.count / 2)))
    }
    let verification = try JournalVerifier(storage).verify()
    guard case .failed(let first, _) = verification.completeness else {
      throw TestFailure.unexpected
    }
    #expect(first.kind == .checkpointAltered)
    #expect(first.damage.expected.hasPrefix("\(verification.checkpointCount) checkpoints"))
  }

  @Test("a writer that adds checkpoints while the entries are read disturbs nothing")
  func grownBetween() throws {
    let fixture = try journal()
    let whole = try #require(fixture.storage.bytes("checkpoints"))
    let before = try fixture.verify()
    let storage = MeddledStorage(fixture.storage) {
      $0.put("checkpoints", whole + Array("vigil/test\n1501\n".utf8))
    }
    let verification = try JournalVerifier(storage).verify()
    #expect(verification.hasPassed)
    #expect(verification.checkpointCount == before.checkpointCount)
  }
}
