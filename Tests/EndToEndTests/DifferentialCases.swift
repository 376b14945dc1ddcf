import Ingest
import TestSupport

/// Answers of our tree, tiles and proofs on random trees, one a line, for Tests/Interop to compare.
struct DifferentialCases {
  private(set) var lines: [String] = []
  private var random: SeededRandom
  private let seed: UInt64

  private static let sizes = [1, 2, 3, 5, 8, 100, 255, 256, 257, 600]

  init(seed: UInt64) {
    self.seed = seed
    random = SeededRandom(seed: seed)
    for size in DifferentialCases.sizes + [Int.random(in: 300...900, using: &random), 66_000] {
      addTree(size)
    }
    addPaths()
  }

  private mutating func addTree(_ size: Int) {
    var hasher = MerkleHasher()
    let leaves = (0..<size).map { hasher.leaf(Array("\(seed)/\($0)".utf8).span) }
    lines.append("seed \(seed) \(size)")
    var builder = TileBuilder()
    var tiles: [Tile: [Digest]] = [:]
    for leaf in leaves { builder.append(leaf, &hasher) { tiles[$0] = $1 } }
    for (tile, hashes) in builder.partials { tiles[tile] = hashes }
    let root = builder.root(&hasher)
    lines.append("root \(size) \(root.hex)")
    for tile in Array(tiles.keys.sorted { $0.path < $1.path }.prefix(12)) {
      let hashes = (tiles[tile] ?? []).map { " " + $0.hex }.joined()
      lines.append("data \(tile.level) \(tile.index) \(tile.width)\(hashes)")
    }
    var tree = TileTree(size: size) { (tile) throws(Never) in tiles[tile] ?? [] }
    for _ in 0..<min(size, 25) {
      let index = Int.random(in: 0..<size, using: &random)
      let path = tree.inclusion(of: index)
      lines.append("inclusion \(size) \(index)\(DifferentialCases.text(path))")
      addInclusionVerdicts(leaves, index, root, path, &hasher)
      let oldSize = Int.random(in: 1...size, using: &random)
      let way = tree.consistency(from: oldSize)
      let oldRoot = tree.root(over: oldSize)
      lines.append("root \(oldSize) \(oldRoot.hex)")
      lines.append("consistency \(oldSize) \(size)\(DifferentialCases.text(way))")
      addConsistencyVerdicts(oldSize, oldRoot, size, root, way, &hasher)
    }
  }

  private static func text(_ hashes: [Digest]) -> String { hashes.map { " " + $0.hex }.joined() }

  /// A proof as it is, and altered in one way: both sides must judge it alike.
  private mutating func addInclusionVerdicts(
    _ leaves: [Digest], _ index: Int, _ root: Digest, _ path: [Digest],
    _ hasher: inout MerkleHasher
  ) {
    for change in 0..<5 {
      var (size, position, hashes, leaf) = (leaves.count, index, path, leaves[index])
      switch change {
      case 1: size = max(1, size + Int.random(in: -2...2, using: &random))
      case 2: position = max(0, position + Int.random(in: -2...2, using: &random))
      case 3: hashes = altered(hashes)
      case 4: leaf = leaves[Int.random(in: 0..<leaves.count, using: &random)]
      default: break
      }
      let holds = MerkleProof.verifiesInclusion(
        of: leaf, at: position, size: size, root: root, path: hashes, &hasher)
      lines.append(
        "check-inclusion \(size) \(root.hex) \(position) \(leaf.hex) \(holds)"
          + DifferentialCases.text(hashes))
    }
  }

  private mutating func addConsistencyVerdicts(
    _ oldSize: Int, _ oldRoot: Digest, _ size: Int, _ root: Digest, _ path: [Digest],
    _ hasher: inout MerkleHasher
  ) {
    for change in 0..<4 {
      var (first, second, hashes, start) = (oldSize, size, path, oldRoot)
      switch change {
      case 1: first = max(1, first + Int.random(in: -2...2, using: &random))
      case 2: second = max(1, second + Int.random(in: -2...2, using: &random))
      case 3:
        if Bool.random(using: &random) { hashes = altered(hashes) } else { start = root }
      default: break
      }
      let holds = MerkleProof.verifiesConsistency(
        from: first, start, to: second, root, path: hashes, &hasher)
      lines.append(
        "check-consistency \(first) \(start.hex) \(second) \(root.hex) \(holds)"
          + DifferentialCases.text(hashes))
    }
  }

  private mutating func altered(_ path: [Digest]) -> [Digest] {
    var result = path
    switch Int.random(in: 0..<4, using: &random) {
    case 0: result.append(.zero)
    case 1: result = Array(result.dropLast())
    case 2: result = Array(result.dropFirst())
    default:
      if !result.isEmpty { result[Int.random(in: result.indices, using: &random)] = .zero }
    }
    return result
  }

  private mutating func addPaths() {
    for _ in 0..<300 {
      let index = Int.random(in: 0...Int.max / 256 - 1, using: &random)
      let isBundle = Bool.random(using: &random)
      let level = isBundle ? 0 : Int.random(in: 0...63, using: &random)
      let tile = Tile(
        isBundle ? .entries : .hashes(level: level),
        index: index >> Int.random(in: 0...54, using: &random),
        width: Int.random(in: 1...256, using: &random))
      lines.append(
        "tile \(isBundle ? -1 : level) \(tile.index) \(tile.width) \(tile.path)")
      for _ in 0..<4 {
        let path = mutated(tile.path)
        lines.append("parse \(path) \(Tile(path: path) != nil)")
      }
      lines.append("parse \(tile.path) true")
    }
  }

  /// The path with one character changed, added or removed.
  private mutating func mutated(_ path: String) -> String {
    let alphabet = Array("0123456789x/.p-+entries".utf8)
    var bytes = Array(path.utf8)
    let position = Int.random(in: bytes.indices, using: &random)
    let byte = alphabet[Int.random(in: alphabet.indices, using: &random)]
    switch Int.random(in: 0..<3, using: &random) {
    case 0: bytes[position] = byte
    case 1: bytes.insert(byte, at: position)
    default: bytes.remove(at: position)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
