import Ingest
import TestSupport
import Testing

/// Every bit of a small published journal, flipped one after the other: each flip is refused.
///
/// The journal's files by its verifier, the published ones by a check that shares neither paths nor
/// tree with the code that wrote them. `Tests/Interop` does the published ones once more in Go.
@Suite("Bit flips")
struct BitFlipTests {
  /// Three entries under two checkpoints.
  private func journal() throws -> SimulatedStorage {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    for record in [Build.control("a", .heartbeat), Build.control("b", .heartbeat)] {
      _ = try journal.append(record, at: fixture.clock.now)
      try journal.checkpoint()
    }
    return fixture.storage
  }

  /// Flips each bit of a file and counts; hands back the flips that `isRefused` let pass.
  private func flip(
    _ path: String, of storage: SimulatedStorage, isRefused: () throws -> Bool
  ) throws -> (tried: Int, missed: [String]) {
    let bytes = try #require(storage.bytes(path))
    #expect(!bytes.isEmpty)
    var missed: [String] = []
    for byte in bytes.indices {
      for bit in 0..<8 {
        storage.flipBit(path, byte: byte, bit: bit)
        if try !isRefused() { missed.append("\(path) byte \(byte) bit \(bit)") }
        storage.put(path, bytes)
      }
    }
    return (bytes.count * 8, missed)
  }

  @Test(
    "of a journal's segments, leaf hashes and checkpoints: verify refuses each",
    arguments: [
      "segments/000000000000.jsonl", "segments/000000000000.leaf", "checkpoint", "checkpoints",
    ])
  func journalFiles(_ path: String) throws {
    let storage = try journal()
    let verifier = JournalVerifier(storage)
    #expect(try verifier.verify().hasPassed)
    let (tried, missed) = try flip(path, of: storage) { try !verifier.verify().hasPassed }
    #expect(missed.isEmpty)
    #expect(try verifier.verify().hasPassed)
    print("bit flips: \(path): \(tried) tried, \(missed.count) not refused")
  }

  @Test("of a published log: a check by the definitions refuses each")
  func publishedFiles() throws {
    let source = try journal()
    let out = SimulatedStorage()
    _ = try TilePublisher(source, into: out).publish()
    let key = try SigningKeyFile(source).read()
    let check = PublishedCheck(
      key: NoteSigner(name: "vigil/test", key).key, storage: out)
    #expect(try check.run() == 3)
    let paths = out.paths.filter { $0 == "checkpoint" || $0.hasPrefix("tile/") }
    #expect(paths == ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"])
    for path in paths {
      let (tried, missed) = try flip(path, of: out) {
        do { _ = try check.run() } catch { return true }
        return false
      }
      #expect(missed.isEmpty)
      print("bit flips: \(path): \(tried) tried, \(missed.count) not refused")
    }
  }

  @Test("of published files that a journal publishes again: a recheck refuses each")
  func republishedFiles() throws {
    let source = try journal()
    let out = SimulatedStorage()
    _ = try TilePublisher(source, into: out).publish()
    for path in out.paths where path.hasPrefix("tile/") {
      let bytes = try #require(out.bytes(path))
      for byte in stride(from: 0, to: bytes.count, by: 5) {
        out.flipBit(path, byte: byte, bit: byte % 8)
        #expect(throws: TilesError.self, "\(path) byte \(byte)") {
          try TilePublisher(source, into: out).publish(rechecking: true)
        }
        out.put(path, bytes)
      }
    }
  }
}
