import Ingest
import Report
import TestSupport
import Testing

@Suite struct EntryPassTests {
  private static func entries(_ count: Int) -> [[UInt8]] {
    (0..<count).map {
      PackageFixture.request("q\($0)", Build.time(Double($0)), principal: "p").encoded()
    }
  }

  @Test(
    "entries that are hashed in rows give the root of a tree that grew leaf by leaf, wherever a row ends",
    arguments: [1, 2, 255, 256, 257, 511, 700], [0, 1, 7, 300])
  func root(count: Int, before: Int) throws {
    let entries = Self.entries(count)
    var hasher = MerkleHasher()
    var left = MerkleTree()
    for index in 0..<before { left.append(SHA256.digest([UInt8(index % 256)].span), &hasher) }
    var tree = left
    var random = SeededRandom(seed: UInt64(count * 1000 + before))
    var pass = try EntryPass.begin(
      ExportQuery(text: "test"), after: left, nil, nil,
      to: PackageWriter(SimulatedStorage()))
    for entry in entries {
      #expect(pass.nextIndex == tree.size)
      let leaf = hasher.leaf(entry.span)
      tree.append(leaf, &hasher)
      // Now and then one that is known by its leaf alone.
      if Int.random(in: 0..<50, using: &random) == 0 {
        pass.takeAbsent(leaf)
      } else {
        #expect(try pass.take(entry.span))
      }
      if Int.random(in: 0..<200, using: &random) == 0 {
        #expect(pass.root() == tree.root(&hasher), "\(count) after \(before)")
      }
    }
    #expect(pass.root() == tree.root(&hasher), "\(count) after \(before)")
    #expect(pass.nextIndex == before + count)
  }
}
