import Foundation
import FuzzHarnesses
import Testing

/// The harnesses of `make fuzz` over their seeds and over every input that once broke one of them.
@Suite struct SeedReplayTests {
  private static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzz/corpus")

  @Test(
    "every seed keeps the properties of its harness", arguments: Harness.all.map(\.name))
  func seeds(name: String) throws {
    let harness = try #require(Harness.all.first { $0.name == name })
    let seeds = try harness.seeds()
    #expect(!seeds.isEmpty)
    for (number, seed) in seeds.enumerated() {
      #expect(throws: Never.self, "seed \(number) of \(name)") { try harness.run(seed) }
    }
  }

  @Test(
    "every seed cut short or with a byte changed keeps them too", arguments: Harness.all.map(\.name)
  )
  func changedSeeds(name: String) throws {
    let harness = try #require(Harness.all.first { $0.name == name })
    for seed in try harness.seeds().prefix(4) where !seed.isEmpty {
      for place in stride(from: 0, to: seed.count, by: max(1, seed.count / 4)) {
        var changed = seed
        changed[place] ^= 0x21
        #expect(throws: Never.self, "\(name): \(changed)") { try harness.run(changed) }
        let cut = Array(seed[..<place])
        #expect(throws: Never.self, "\(name): \(cut)") { try harness.run(cut) }
      }
    }
  }

  @Test("inputs that were findings once are none any more")
  func findings() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path)
    for folder in folders.sorted() {
      let harness = try #require(Harness.all.first { $0.name == folder }, "no harness \(folder)")
      let directory = Self.corpus.appending(path: folder)
      for file in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
        let bytes = try [UInt8](Data(contentsOf: directory.appending(path: file)))
        #expect(throws: Never.self, "\(folder)/\(file)") { try harness.run(bytes) }
      }
    }
  }
}
