/// The state of a simulated disk: what is durable, and what was changed since, in order.
struct SimulatedDisk {
  /// One change to a file's contents.
  enum Change {
    case bytes([UInt8], offset: Int)
    case truncation(Int)
  }

  struct File {
    var durable: [UInt8] = []
    /// What the cache shows.
    var contents: [UInt8] = []
    /// Since the last sync.
    var changes: [Change] = []
    var permissions: UInt32 = 0o640

    mutating func write(_ change: Change) {
      SimulatedDisk.apply(change, to: &contents)
      changes.append(change)
    }

    mutating func synchronize() {
      for change in changes { SimulatedDisk.apply(change, to: &durable) }
      changes = []
    }
  }

  /// One change to the names.
  enum NameChange {
    case link(String, Int)
    case unlink(String)

    var path: String {
      switch self {
      case .link(let path, _): path
      case .unlink(let path): path
      }
    }
  }

  var files: [Int: File] = [:]
  /// What the cache shows.
  var names: [String: Int] = [:]
  var durableNames: [String: Int] = [:]
  var nameChanges: [NameChange] = []
  var directories: Set<String> = [""]
  private var nextInode = 1

  static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  static func apply(_ change: Change, to bytes: inout [UInt8]) {
    switch change {
    case .truncation(let count):
      if count < bytes.count { bytes.removeLast(bytes.count - count) }
      if count > bytes.count { bytes += [UInt8](repeating: 0, count: count - bytes.count) }
    case .bytes(let written, let offset):
      let end = offset + written.count
      if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
      bytes.replaceSubrange(offset..<end, with: written)
    }
  }

  mutating func create(_ path: String) -> Int {
    let inode = nextInode
    nextInode += 1
    files[inode] = File()
    change(.link(path, inode))
    return inode
  }

  mutating func rename(_ from: String, _ to: String) {
    guard let inode = names[from] else { return }
    change(.link(to, inode))
    change(.unlink(from))
  }

  mutating func unlink(_ path: String) {
    if names[path] != nil { change(.unlink(path)) }
  }

  private mutating func change(_ change: NameChange) {
    SimulatedDisk.apply(change, to: &names)
    nameChanges.append(change)
  }

  private static func apply(_ change: NameChange, to names: inout [String: Int]) {
    switch change {
    case .link(let path, let inode): names[path] = inode
    case .unlink(let path): names[path] = nil
    }
  }

  /// A sync of any directory brings all older name changes with it, as one journal would.
  mutating func synchronizeNames(in directory: String) {
    guard
      let last = nameChanges.lastIndex(where: {
        SimulatedDisk.directory(of: $0.path) == directory
      })
    else { return }
    for change in nameChanges[...last] { SimulatedDisk.apply(change, to: &durableNames) }
    nameChanges.removeFirst(last + 1)
  }

  func list(_ directory: String) -> [String]? {
    guard directories.contains(directory) else { return nil }
    let prefix = directory.isEmpty ? "" : directory + "/"
    let inside = (Array(names.keys) + directories.subtracting([""])).filter { $0.hasPrefix(prefix) }
      .map { $0.dropFirst(prefix.count) }
    return inside.filter { !$0.contains("/") }.map(String.init).sorted()
  }

  /// Durable at once, like making one, and with it what was removed from it before.
  mutating func removeDirectory(_ path: String) {
    guard list(path) == [] else { return }
    synchronizeNames(in: path)
    directories.remove(path)
  }

  mutating func loseUnsynchronized(_ path: String) {
    if let inode = names[path] { files[inode]?.changes = [] }
  }

  mutating func put(_ path: String, _ bytes: [UInt8]) {
    let inode = names[path] ?? create(path)
    let permissions = files[inode]?.permissions ?? 0o640
    files[inode] = File(durable: bytes, contents: bytes, permissions: permissions)
    durableNames[path] = inode
  }

  mutating func delete(_ path: String) {
    names[path] = nil
    durableNames[path] = nil
  }
}

extension SimulatedDisk {
  private static let sectorByteCount = 512

  func afterPowerLoss(
    _ loss: SimulatedStorage.Loss, _ random: inout SeededRandom
  ) -> SimulatedDisk {
    var result = self
    result.names = durableNames
    for change in survivingNames(loss, &random) { SimulatedDisk.apply(change, to: &result.names) }
    result.durableNames = result.names
    result.nameChanges = []
    for (inode, file) in files.sorted(by: { $0.key < $1.key }) {
      var contents = file.durable
      for change in survivors(file.changes, loss, &random) {
        SimulatedDisk.apply(change, to: &contents)
      }
      result.files[inode] = File(
        durable: contents, contents: contents, permissions: file.permissions)
    }
    return result
  }

  private func survivingNames(
    _ loss: SimulatedStorage.Loss, _ random: inout SeededRandom
  ) -> [NameChange] {
    switch loss {
    case .dropped: []
    case .kept: nameChanges
    case .torn, .reordered:
      Array(nameChanges.prefix(Int.random(in: 0...nameChanges.count, using: &random)))
    }
  }

  private func survivors(
    _ changes: [Change], _ loss: SimulatedStorage.Loss, _ random: inout SeededRandom
  ) -> [Change] {
    switch loss {
    case .dropped: return []
    case .kept: return changes
    case .torn:
      guard let last = changes.last else { return [] }
      guard case .bytes(let bytes, let offset) = last else { return changes.dropLast() }
      let kept = Int.random(in: 0...bytes.count, using: &random)
      return changes.dropLast() + [.bytes(Array(bytes.prefix(kept)), offset: offset)]
    case .reordered:
      return changes.flatMap { sectors($0) }.filter { _ in Bool.random(using: &random) }
    }
  }

  /// A write as the sectors that reach the disk on their own.
  private func sectors(_ change: Change) -> [Change] {
    guard case .bytes(let bytes, let offset) = change else { return [change] }
    var pieces: [Change] = []
    var start = 0
    while start < bytes.count {
      let room = SimulatedDisk.sectorByteCount - (offset + start) % SimulatedDisk.sectorByteCount
      let end = min(bytes.count, start + room)
      pieces.append(.bytes(Array(bytes[start..<end]), offset: offset + start))
      start = end
    }
    return pieces
  }
}
