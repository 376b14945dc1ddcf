/// What the files of one segment hold, read back from the entries' own bytes.
///
/// Entries known to have been committed (their leaf hash is there, or a checkpoint covers them)
/// must be whole and match; behind them whole records are kept and the first torn one ends it.
struct SegmentScan {
  let segment: StoredSegment
  private(set) var leaves: [Digest] = []
  /// Bytes of whole entries.
  private(set) var byteCount = 0
  /// Bytes of the file behind them.
  private(set) var tailByteCount = 0
  /// Where the entries begin that nothing shows to be on stable storage.
  private(set) var doubtfulOffset = 0
  /// The first leaf hash that the leaf file does not hold; the count when it holds all.
  private(set) var firstMissingLeaf: Int?
  let entries: any JournalFile

  var name: SegmentName { segment.name }

  private init(_ segment: StoredSegment, _ entries: any JournalFile) {
    self.segment = segment
    self.entries = entries
  }

  /// Reads the segment; makes its leaf file when it is missing, and changes nothing else.
  ///
  /// - Parameters:
  ///   - segment: not a pruned one.
  ///   - coveredCount: entries of this segment that the newest checkpoint covers.
  static func run(
    _ segment: StoredSegment, _ storage: any JournalStorage, coveredCount: Int,
    _ hasher: inout MerkleHasher, _ secret: inout JournalSecret
  ) throws(JournalError) -> SegmentScan {
    var result = try JournalError.wrapping { () throws(StorageError) in
      if !segment.hasPlain,
        let file = try segment.openEntries(storage, FrameCache(slotCountMax: 1))
      {
        return SegmentScan(segment, file)
      }
      return SegmentScan(segment, try storage.open(segment.name.entriesPath, .writing(.group)))
    }
    let damage = try JournalError.wrapping { () throws(StorageError) in
      var stored = try LeafFile(storage.open(segment.name.leavesPath, .writing(.group)))
      return try result.scan(&stored, coveredCount, &hasher, &secret)
    }
    if let damage { throw .damage(damage) }
    return result
  }

  private mutating func scan(
    _ stored: inout LeafFile, _ coveredCount: Int, _ hasher: inout MerkleHasher,
    _ secret: inout JournalSecret
  ) throws(StorageError) -> JournalDamage? {
    let knownCount = max(stored.count, coveredCount)
    let size = try entries.size()
    var cursor = LineCursor(entries, limit: size)
    var parser = StoredEntry()
    while try cursor.next() {
      let position = leaves.count
      if position >= knownCount, parser.read(cursor.line, &secret) == nil { break }
      let leaf = hasher.leaf(cursor.line)
      let expected = try stored.leaf(position) ?? .zero
      if expected == .zero {
        firstMissingLeaf = firstMissingLeaf ?? position
      } else if expected != leaf {
        return damage(position, cursor.byteOffset, "leaf \(expected.hex)", "leaf \(leaf.hex)")
      }
      leaves.append(leaf)
      byteCount = cursor.byteOffset + cursor.line.count + 1
      if position < knownCount { doubtfulOffset = byteCount }
    }
    tailByteCount = size - byteCount
    guard leaves.count < knownCount else { return nil }
    return damage(
      leaves.count, byteCount, "\(knownCount) committed entries",
      "\(leaves.count) and \(tailByteCount) bytes")
  }

  private func damage(
    _ position: Int, _ offset: Int, _ expected: String, _ found: String
  ) -> JournalDamage {
    JournalDamage(
      file: segment.path, index: name.firstIndex + position, byteOffset: offset,
      expected: expected, found: found)
  }
}
