import Ingest
import TestSupport
import Testing

@Suite("Tile")
struct TileTests {
  @Test(
    "has the path that the specification gives, and is read back from it",
    arguments: [
      (Tile(.hashes(level: 0), index: 0), "tile/0/000"),
      (Tile(.hashes(level: 0), index: 999, width: 1), "tile/0/999.p/1"),
      (Tile(.hashes(level: 1), index: 1000), "tile/1/x001/000"),
      (Tile(.hashes(level: 2), index: 1_234_067), "tile/2/x001/x234/067"),
      (Tile(.hashes(level: 2), index: 1_234_067, width: 5), "tile/2/x001/x234/067.p/5"),
      (Tile(.hashes(level: 63), index: 7, width: 255), "tile/63/007.p/255"),
      (Tile(.entries, index: 1_234_067), "tile/entries/x001/x234/067"),
      (Tile(.entries, index: 273, width: 112), "tile/entries/273.p/112"),
      (
        Tile(.hashes(level: 0), index: 36_028_797_018_963_966),
        "tile/0/x036/x028/x797/x018/x963/966"
      ),
    ])
  func paths(_ tile: Tile, _ path: String) {
    #expect(tile.path == path)
    #expect(Tile(path: path) == tile)
    #expect(tile.full.path + ".p" == tile.partialsPath)
  }

  @Test(
    "is read from no other text",
    arguments: [
      "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000",
      "tile/+0/000", "tile/-1/000", "tile/64/000", "tile/0/x000", "tile/0/x000/000",
      "tile/0/001/000", "tile/0/x001/x000", "tile/0/X001/000", "tile/0/x01/000", "tile/0/+01",
      "tile/0/-01", "tile/0/ 01", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
      "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/+1", "tile/0/000.q/1",
      "tile/0/x001.p/000", "tile/0/000.p/1/1", "tile/0/000.p.p/1", "tile//000", "/tile/0/000",
      "tile/0/000/", "Tile/0/000", "tile/data/000", "tile/8/0/000", "tile/entries/x000/000",
      "tile/0/00\u{0663}", "tile/0/x036/x028/x797/x018/x963/967",
      "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
    ])
  func refusedPaths(_ path: String) {
    #expect(Tile(path: path) == nil)
  }

  @Test("round trips at any level, number and width", arguments: [1, 2, 3] as [UInt64])
  func roundTrip(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<500 {
      let index = Int.random(in: 0...Int.max / 256 - 1, using: &random)
      let width = Int.random(in: 1...256, using: &random)
      let tile = Tile(
        Bool.random(using: &random)
          ? .entries : .hashes(level: Int.random(in: 0...63, using: &random)),
        index: index >> Int.random(in: 0...54, using: &random), width: width)
      #expect(Tile(path: tile.path) == tile, "seed \(seed): \(tile.path)")
    }
  }

  @Test("a tree of 70,000 leaves has the tiles of the worked example")
  func workedExample() {
    #expect(
      Tile.partials(size: 70_000).map(\.path) == [
        "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112",
      ])
    #expect(Tile(.hashes(level: 0), index: 272, size: 70_000)?.isFull == true)
    #expect(Tile(.hashes(level: 0), index: 274, size: 70_000) == nil)
    #expect(Tile(.hashes(level: 1), index: 0, size: 70_000)?.isFull == true)
    #expect(Tile(.hashes(level: 3), index: 0, size: 70_000) == nil)
  }

  @Test(
    "no width is ever 0",
    arguments: [
      (0, []), (1, ["tile/0/000.p/1", "tile/entries/000.p/1"]),
      (256, ["tile/1/000.p/1"]),
      (257, ["tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/001.p/1"]),
      (65_536, ["tile/2/000.p/1"]),
      (Int.max, nil),
    ] as [(Int, [String]?)])
  func widths(_ size: Int, _ paths: [String]?) {
    let partials = Tile.partials(size: size)
    if let paths { #expect(partials.map(\.path) == paths) }
    #expect(partials.allSatisfy { (1...255).contains($0.width) && $0.endIndex <= size })
    #expect(partials.count <= 9)
  }

  @Test("ends where the smallest tree ends that has it")
  func endIndex() {
    #expect(Tile(.entries, index: 2, width: 7).endIndex == 519)
    #expect(Tile(.hashes(level: 0), index: 2).endIndex == 768)
    #expect(Tile(.hashes(level: 1), index: 1, width: 17).endIndex == 69_888)
    #expect(Tile(.hashes(level: 63), index: 1).endIndex == Int.max)
  }
}

@Suite("EntryBundle")
struct EntryBundleTests {
  @Test("puts two bytes of length before each entry")
  func encoding() {
    var bundle = EntryBundle()
    bundle.append([0x7B, 0x7D].span)
    bundle.append([UInt8]().span)
    bundle.append([UInt8](repeating: 9, count: 0x0102).span)
    #expect(bundle.bytes.prefix(8) == [0, 2, 0x7B, 0x7D, 0, 0, 1, 2])
    #expect(bundle.entryCount == 3)
    #expect(EntryBundle.entries(bundle.bytes) == [2..<4, 6..<6, 8..<266])
    bundle.removeAll()
    #expect(bundle.bytes.isEmpty && bundle.entryCount == 0)
  }

  @Test("holds entries of the greatest length")
  func longest() {
    var bundle = EntryBundle()
    bundle.append([UInt8](repeating: 1, count: 65_535).span)
    #expect(bundle.bytes.prefix(2) == [0xFF, 0xFF])
    #expect(EntryBundle.entries(bundle.bytes) == [2..<65_537])
  }

  @Test(
    "is read from whole entries only",
    arguments: [[], [0], [0, 1], [0, 2, 1], [0, 0, 0], [0, 1, 5, 1, 0]] as [[UInt8]])
  func refused(_ bytes: [UInt8]) {
    #expect(EntryBundle.entries(bytes) == nil)
  }

  @Test("is read with at most 256 entries")
  func countLimit() {
    #expect(EntryBundle.entries([UInt8](repeating: 0, count: 512))?.count == 256)
    #expect(EntryBundle.entries([UInt8](repeating: 0, count: 514)) == nil)
  }
}
