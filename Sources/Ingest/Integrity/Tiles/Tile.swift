/// One file of a published log: a run of hashes of one level, or of entries (C2SP tlog-tiles).
///
/// Hash i of tile n at level l is the root of the 256^l leaves from (n · 256 + i) · 256^l on. Its path
/// is `tile/<l>/<n>`, n in groups of three digits, all but the last with an `x` in front; a partial
/// tile, of 1 to 255 hashes, has `.p/<width>` behind. Entry bundles have `entries` for the level and
/// run beside level 0. Worked example: tile 1,234,067 of level 2, 5 hashes wide:
/// `tile/2/x001/x234/067.p/5`.
package struct Tile: Hashable, Sendable {
  /// What a file holds.
  package enum Content: Hashable, Sendable {
    /// Hashes of a level, 0 to 63; level 0 holds the leaf hashes.
    case hashes(level: Int)
    /// The entries whose leaf hashes the tile of level 0 holds.
    case entries
  }

  /// Hashes, or entries, of a full tile.
  package static let fullWidth = 256
  package static let levelMax = 63
  /// Levels of 2^3 binary levels each: a tile is a subtree of this height.
  static let height = 8

  package let content: Content
  /// Number of the tile within its level, from 0.
  package let index: Int
  /// 1 to 256: how many hashes, or entries.
  package let width: Int

  /// Tiles of a level that holds all leaves an `Int` counts.
  static let indexMax = Int.max / fullWidth - 1

  /// Precondition: level 0 to 63, index 0 to `indexMax`, width 1 to 256.
  package init(_ content: Content, index: Int, width: Int = Tile.fullWidth) {
    precondition(
      (0...Tile.indexMax).contains(index) && (1...Tile.fullWidth).contains(width),
      "tile \(index) of width \(width)")
    if case .hashes(let level) = content {
      precondition((0...Tile.levelMax).contains(level), "tile of level \(level)")
    }
    self.content = content
    self.index = index
    self.width = width
  }

  package var isFull: Bool { width == Tile.fullWidth }

  /// The full tile of this place.
  package var full: Tile { Tile(content, index: index) }

  /// Leaves up to the end of what it holds: the smallest tree that has it. Saturates at `Int.max`.
  package var endIndex: Int {
    let shift = Tile.height * level
    let end = index * Tile.fullWidth + width
    return shift < Int.bitWidth - 1 && end <= Int.max >> shift ? end << shift : Int.max
  }

  /// The level; 0 for entries.
  package var level: Int {
    switch content {
    case .hashes(let level): level
    case .entries: 0
    }
  }
}

extension Tile {
  /// Full hashes that a level has in a tree of `size` leaves.
  package static func hashCount(level: Int, size: Int) -> Int {
    let shift = height * level
    return shift < Int.bitWidth ? size >> shift : 0
  }

  /// The tile of a tree of `size` leaves at this place, full or partial; nil when it has none there.
  package init?(_ content: Content, index: Int, size: Int) {
    let level = if case .hashes(let level) = content { level } else { 0 }
    guard (0...Tile.indexMax).contains(index), (0...Tile.levelMax).contains(level) else {
      return nil
    }
    let width = min(
      Tile.fullWidth, Tile.hashCount(level: level, size: size) - index * Tile.fullWidth)
    guard width > 0 else { return nil }
    self.init(content, index: index, width: width)
  }

  /// The partial tiles of a tree of `size` leaves, hashes before entries; at most 9.
  package static func partials(size: Int) -> [Tile] {
    var result: [Tile] = []
    for level in 0...levelMax where hashCount(level: level, size: size) > 0 {
      let count = hashCount(level: level, size: size)
      if let tile = Tile(.hashes(level: level), index: count / fullWidth, size: size) {
        result.append(tile)
      }
    }
    if let bundle = Tile(.entries, index: size / fullWidth, size: size) { result.append(bundle) }
    return result
  }
}

// MARK: paths

extension Tile {
  /// The folder of everything but the checkpoint.
  package static let folder = "tile"
  private static let partialMark = ".p"

  /// The path of the file, relative to the log's prefix.
  package var path: String {
    isFull ? stem : "\(stem)\(Tile.partialMark)/\(width)"
  }

  /// The folder of the partial tiles of this place.
  package var partialsPath: String { stem + Tile.partialMark }

  private var stem: String {
    var groups = [Tile.group(index % 1000)]
    var rest = index / 1000
    while rest > 0 {
      groups.append("x" + Tile.group(rest % 1000))
      rest /= 1000
    }
    let name =
      switch content {
      case .hashes(let level): String(level)
      case .entries: "entries"
      }
    return "\(Tile.folder)/\(name)/" + groups.reversed().joined(separator: "/")
  }

  private static func group(_ value: Int) -> String {
    var digits: [UInt8] = []
    digits.appendDecimal(value, width: 3)
    return String(decoding: digits, as: UTF8.self)
  }

  /// Reads a path; nil for any text that is not exactly the path of a tile.
  package init?(path: String) {
    var names = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard path.utf8.count <= 64, names.count >= 3, names[0] == Tile.folder else { return nil }
    var width = Tile.fullWidth
    if names[names.count - 2].hasSuffix(Tile.partialMark) {
      guard let found = Int(names.removeLast()), (1..<Tile.fullWidth).contains(found) else {
        return nil
      }
      width = found
      names[names.count - 1].removeLast(Tile.partialMark.count)
    }
    var index = 0
    for name in names.dropFirst(2) {
      let digits = name.hasPrefix("x") ? name.dropFirst() : Substring(name)
      guard digits.utf8.count == 3, let value = Int(digits) else { return nil }
      let (shifted, overflow) = index.multipliedReportingOverflow(by: 1000)
      guard !overflow, value >= 0, shifted <= Int.max - value else { return nil }
      index = shifted + value
    }
    let content: Content
    if names[1] == "entries" {
      content = .entries
    } else if let level = Int(names[1]), (0...Tile.levelMax).contains(level) {
      content = .hashes(level: level)
    } else {
      return nil
    }
    guard index <= Tile.indexMax else { return nil }
    self.init(content, index: index, width: width)
    // One text for each tile: signs, leading zeros and misplaced groups fall out here.
    guard self.path == path else { return nil }
  }
}
