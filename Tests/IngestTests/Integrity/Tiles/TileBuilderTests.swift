import Ingest
import TestSupport
import Testing

private func leaves(_ count: Int) -> [Digest] {
  var hasher = MerkleHasher()
  return (0..<count).map { hasher.leaf(Array("\($0)".utf8).span) }
}

/// Appends leaves and gathers every tile: the full ones, then the partial ones of the last size.
private func built(_ leaves: [Digest]) -> (builder: TileBuilder, tiles: [Tile: [Digest]]) {
  var hasher = MerkleHasher()
  var builder = TileBuilder()
  var result: [Tile: [Digest]] = [:]
  for leaf in leaves { builder.append(leaf, &hasher) { result[$0] = $1 } }
  for (tile, hashes) in builder.partials { result[tile] = hashes }
  return (builder, result)
}

@Suite("TileBuilder")
struct TileBuilderTests {
  @Test("has the root of the definition at every size, and the partial tiles of that size")
  func roots() {
    let all = leaves(600)
    var hasher = MerkleHasher()
    var builder = TileBuilder()
    for size in 0...600 {
      if size % 7 == 0 || [255, 257, 511, 513].contains(size) {
        #expect(builder.root(&hasher) == Definition.root(all[..<size]), "size \(size)")
      }
      let hashTiles = Tile.partials(size: size).filter { $0.content != .entries }
      #expect(builder.partials.map(\.tile) == hashTiles)
      if size < 600 { builder.append(all[size], &hasher) { _, _ in } }
    }
  }

  @Test("each hash of each tile is the root of its leaves, over three levels")
  func levels() throws {
    let count = 65_536 + 256 + 3
    let all = leaves(count)
    let (builder, tiles) = built(all)
    #expect(tiles.keys.filter { $0.level == 0 }.count == 258)
    #expect(
      tiles.keys.filter { $0.level == 1 }.map(\.path).sorted() == [
        "tile/1/000", "tile/1/001.p/1",
      ])
    #expect(tiles.keys.filter { $0.level == 2 }.map(\.path) == ["tile/2/000.p/1"])
    #expect(tiles[Tile(.hashes(level: 0), index: 256)] == Array(all[65_536..<65_792]))
    for index in [0, 1, 128, 255] {
      let range = index * 256..<(index + 1) * 256
      let hash = try #require(tiles[Tile(.hashes(level: 1), index: 0)])[index]
      #expect(hash == Definition.root(all[range]))
    }
    #expect(
      tiles[Tile(.hashes(level: 2), index: 0, width: 1)] == [Definition.root(all[..<65_536])])
    var hasher = MerkleHasher()
    #expect(builder.root(&hasher) == Definition.root(all[...]))
  }

  @Test(
    "goes on from its partial tiles as if it had never stopped", arguments: [0, 1, 255, 256, 700])
  func resumption(_ stop: Int) throws {
    let all = leaves(1000)
    let whole = built(all)
    var hasher = MerkleHasher()
    let before = built(Array(all[..<stop])).builder
    var partial: [[Digest]] = Array(repeating: [], count: 64)
    for (tile, hashes) in before.partials { partial[tile.level] = hashes }
    var resumed = try #require(TileBuilder(size: stop, partial: partial))
    var finished: [Tile: [Digest]] = [:]
    for leaf in all[stop...] { resumed.append(leaf, &hasher) { finished[$0] = $1 } }
    #expect(resumed.root(&hasher) == whole.builder.root(&hasher))
    #expect(resumed.partials.map(\.tile) == whole.builder.partials.map(\.tile))
    #expect(finished.allSatisfy { whole.tiles[$0] == $1 })
    #expect(finished.count == (1000 / 256) - (stop / 256))
  }

  @Test("is not made from partial tiles of another size")
  func misfit() {
    #expect(TileBuilder(size: 3, partial: [leaves(2)]) == nil)
    #expect(TileBuilder(size: 256, partial: [[]]) == nil)
    #expect(TileBuilder(size: 256, partial: [leaves(1), leaves(1)]) == nil)
    #expect(TileBuilder(size: 257, partial: [leaves(1), leaves(1)]) != nil)
  }

  @Test("a tile's bytes are its hashes, and are read back")
  func bytes() {
    let all = leaves(3)
    let bytes = TileHashes.bytes(all)
    #expect(bytes.count == 96)
    #expect(TileHashes.hashes(bytes, count: 3) == all)
    #expect(TileHashes.hashes(bytes, count: 2) == Array(all.prefix(2)))
    #expect(TileHashes.hashes(bytes, count: 4) == nil)
    #expect(TileHashes.hashes(Array(bytes.dropLast()), count: 2) == nil)
  }
}

@Suite("TileTree")
struct TileTreeTests {
  @Test(
    "its proofs equal the definition's, at every size and index", arguments: [1, 2, 3, 7, 256, 300])
  func everyProof(_ size: Int) {
    let all = leaves(size)
    let known = built(all).tiles
    var tree = TileTree(size: size) { (tile) throws(Never) in known[tile] ?? [] }
    let isLarge = size > 10
    for index in stride(from: 0, to: size, by: isLarge ? 37 : 1) {
      #expect(tree.leaf(index) == all[index])
      #expect(tree.inclusion(of: index) == Definition.inclusion(index, all[...]))
      #expect(tree.consistency(from: index + 1) == Definition.consistency(index + 1, all[...]))
      #expect(tree.root(over: index + 1) == Definition.root(all[...index]))
    }
  }

  @Test("over three levels its proofs are the linear ones", arguments: [11, 12] as [UInt64])
  func largeTree(_ seed: UInt64) {
    let count = 66_000
    let all = leaves(count)
    let (builder, known) = built(all)
    var random = SeededRandom(seed: seed)
    var hasher = MerkleHasher()
    let root = builder.root(&hasher)
    var readCount = 0
    var tree = TileTree(size: count) { (tile) throws(Never) in
      readCount += 1
      return known[tile] ?? []
    }
    for _ in 0..<20 {
      let index = Int.random(in: 0..<count, using: &random)
      let path = tree.inclusion(of: index)
      #expect(
        MerkleProof.verifiesInclusion(
          of: all[index], at: index, size: count, root: root, path: path, &hasher),
        "seed \(seed) index \(index)")
      let oldSize = index + 1
      #expect(
        MerkleProof.verifiesConsistency(
          from: oldSize, tree.root(over: oldSize), to: count, root,
          path: tree.consistency(from: oldSize), &hasher),
        "seed \(seed) size \(oldSize)")
    }
    #expect(readCount < 20 * 16)
  }
}
