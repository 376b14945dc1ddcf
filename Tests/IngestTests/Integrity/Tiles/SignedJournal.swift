import Ingest
import TestSupport
import Testing

/// A journal on a simulated disk, to be published.
struct SignedJournal {
  var fixture = JournalFixture()
  private var count = 0

  /// What checks its checkpoints. There once it has grown.
  func key() throws -> VerifierKey { try fixture.signer().key }

  /// Appends records until the journal's checkpoint covers `size` entries.
  mutating func grow(to size: Int) throws {
    let journal = try fixture.open()
    while journal.entryCount < size {
      _ = try journal.append(Build.request("r\(count)"), at: fixture.clock.now)
      count += 1
    }
    try journal.checkpoint()
  }

  /// Publishes into a directory.
  @discardableResult
  func publish(
    into out: SimulatedStorage, rechecking: Bool = false
  ) throws -> TilePublication {
    try TilePublisher(fixture.storage, into: out).publish(rechecking: rechecking)
  }
}

/// Checks a published directory by the definitions alone: signature, every bundle, every tile.
///
/// Shares neither the path arithmetic nor the tree of the code under test.
struct PublishedCheck {
  enum Failure: Error { case refused(String) }

  let key: VerifierKey
  let storage: SimulatedStorage

  /// The size, when every file is as the signed checkpoint has it and none is missing.
  func run() throws -> Int {
    let bytes = storage.bytes("checkpoint") ?? []
    let checkpoint = try SignedCheckpoint(bytes, by: key).checkpoint
    let leaves = try leaves(checkpoint.size)
    try require(Definition.root(leaves[...]) == checkpoint.root, "root")
    var level = leaves
    var number = 0
    while !level.isEmpty {
      for start in stride(from: 0, to: level.count, by: 256) {
        let hashes = level[start..<min(start + 256, level.count)]
        let path = PublishedCheck.path("\(number)", start / 256, hashes.count)
        try require(storage.bytes(path) == hashes.flatMap(\.bytes), path)
      }
      level = stride(from: 0, to: level.count / 256 * 256, by: 256).map {
        Definition.root(level[$0..<$0 + 256])
      }
      number += 1
    }
    return checkpoint.size
  }

  private func leaves(_ size: Int) throws -> [Digest] {
    var result: [Digest] = []
    for start in stride(from: 0, to: size, by: 256) {
      let width = min(256, size - start)
      let path = PublishedCheck.path("entries", start / 256, width)
      var rest = (storage.bytes(path) ?? [])[...]
      for _ in 0..<width {
        try require(rest.count >= 2, path)
        let length = rest.prefix(2).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(2)
        try require(rest.count >= length, path)
        let hashed = [0x00] + rest.prefix(length)
        result.append(SHA256.digest(hashed.span))
        rest = rest.dropFirst(length)
      }
      try require(rest.isEmpty, path)
    }
    return result
  }

  /// Numbers below 1,000: as many as tests need.
  private static func path(_ level: String, _ number: Int, _ width: Int) -> String {
    let digits = String(number)
    let name = String(repeating: "0", count: 3 - digits.count) + digits
    return "tile/\(level)/\(name)" + (width == 256 ? "" : ".p/\(width)")
  }

  private func require(_ condition: Bool, _ what: String) throws {
    if !condition { throw Failure.refused(what) }
  }
}
