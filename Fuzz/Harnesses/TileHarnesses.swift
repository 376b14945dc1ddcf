import Ingest
import TestSupport

extension Harness {
  static let tiles: [Harness] = [
    Harness(
      "tile-path", byteCountMax: 80, words: ["tile/", "entries/", "x000/", ".p/", "999", "/8/"],
      seeds: {
        texts(
          "tile/0/000", "tile/entries/x001/x234/067", "tile/2/000.p/1", "tile/entries/273.p/112")
      }, run: TileProperties.path),
    Harness(
      "tile-bytes", byteCountMax: 9000,
      seeds: {
        var bundle = EntryBundle()
        for text in ["{}", "", "{\"v\":1}"] { bundle.append(Array(text.utf8).span) }
        return [
          [3] + bundle.bytes, [2] + TileHashes.bytes(Array(Ledger.leaves[..<2])), [1, 0xFF, 0xFF],
        ]
      }, run: TileProperties.bytes),
    Harness(
      "published-log", byteCountMax: 9000,
      seeds: { try TileProperties.publication().image.seeds },
      run: TileProperties.log),
  ]
}

/// One text and one reading for each tile; what a client is served proves itself or is refused.
enum TileProperties {
  static func path(_ bytes: [UInt8]) throws {
    guard let text = String(validating: bytes, as: UTF8.self), let tile = Tile(path: text) else {
      return
    }
    try require(tile.path.utf8.elementsEqual(bytes), "written as \(tile.path)")
    try require((1...Tile.fullWidth).contains(tile.width), "width \(tile.width)")
    _ = tile.partialsPath
  }

  static func bytes(_ input: [UInt8]) throws {
    let (choices, bytes) = input.split(after: 1)
    let count = Int(choices[0])
    if let hashes = TileHashes.hashes(bytes, count: count) {
      try require(hashes.count == count, "\(hashes.count) hashes")
      try require(bytes.starts(with: TileHashes.bytes(hashes)), "hashes of other bytes")
    }
    guard let entries = EntryBundle.entries(bytes) else { return }
    var bundle = EntryBundle()
    for range in entries { bundle.append(bytes.span.extracting(range)) }
    try require(bundle.bytes == bytes, "a bundle of other bytes")
    try require((1...Tile.fullWidth).contains(entries.count), "\(entries.count) entries")
  }

  struct Publication: Sendable {
    let image: FileImage
    let key: VerifierKey
    let leaves: [Digest]
  }

  private static let made = Result { try make() }

  /// A published log of 300 entries, made once.
  static func publication() throws -> Publication { try made.get() }

  private static func make() throws -> Publication {
    var fixture = JournalFixture()
    fixture.settings.segmentByteCount = 1 << 20
    let journal = try fixture.open()
    while journal.entryCount < Ledger.leafCount {
      _ = try journal.append(Build.request("r\(journal.entryCount)"), at: fixture.clock.now)
    }
    try journal.checkpoint()
    let out = SimulatedStorage()
    _ = try TilePublisher(fixture.storage, into: out).publish()
    var hasher = MerkleHasher()
    let leaves = try fixture.entries().map { hasher.leaf(Array($0.utf8).span) }
    return Publication(image: FileImage(out), key: try fixture.signer().key, leaves: leaves)
  }

  /// A proof made from damaged files is refused, or true.
  static func log(_ input: [UInt8]) throws {
    let publication = try publication()
    let (storage, _) = try publication.image.damaged(by: input)
    do {
      var maker = try ProofMaker(published: storage)
      for index in [0, 77, maker.size - 1] {
        let proof = try maker.inclusion(of: index, withEntry: index == 77)
        guard let leaf = proof.extra.flatMap({ ProofExtra($0) })?.leaf else {
          throw BrokenProperty(description: "a proof without its leaf")
        }
        let isSigned = (try? proof.verify(leaf: leaf, by: publication.key)) != nil
        let isTrue = index < publication.leaves.count && publication.leaves[index] == leaf
        try require(!isSigned || isTrue, "a false statement about entry \(index) is proved")
      }
      _ = try maker.consistency(from: 100)
    } catch let error as TilesError { try requireLegible("\(error)") }
  }
}
