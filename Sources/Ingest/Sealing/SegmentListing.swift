/// The segments of a journal, as the names in `segments/` show them.
struct SegmentListing {
  /// In order, whatever their first index.
  let segments: [StoredSegment]
  /// Leaf files without entries and without the record that says why.
  let leavesOnly: [SegmentName]

  static func read(_ storage: any JournalStorage) throws(StorageError) -> SegmentListing {
    let names = try storage.list(JournalLayout.segments) ?? []
    func named(_ suffix: String) -> Set<SegmentName> {
      Set(names.compactMap { SegmentName(fileName: $0, suffix: suffix) })
    }
    let plain = named(".jsonl")
    let compressed = named(".jsonl.zst")
    let pruned = named(".pruned")
    let all = plain.union(compressed).union(pruned)
    return SegmentListing(
      segments: all.sorted().map {
        StoredSegment(
          name: $0, hasPlain: plain.contains($0), hasCompressed: compressed.contains($0),
          hasPruneRecord: pruned.contains($0))
      },
      leavesOnly: named(".leaf").subtracting(all).sorted())
  }
}

/// A segment and the files that it has.
///
/// A crash may leave more than one: the plain file counts before the compressed one, and either
/// before the record of pruning. The next `compress` or `prune` does the rest again.
struct StoredSegment: Equatable {
  let name: SegmentName
  let hasPlain: Bool
  let hasCompressed: Bool
  let hasPruneRecord: Bool

  /// Where the entries are.
  enum Form: Sendable { case plain, compressed, pruned }

  var form: Form { hasPlain ? .plain : hasCompressed ? .compressed : .pruned }

  /// The file that counts.
  var path: String {
    switch form {
    case .plain: name.entriesPath
    case .compressed: name.compressedPath
    case .pruned: name.prunedPath
    }
  }

  /// The entries, for reading, whichever way they are kept; nil once they are pruned.
  ///
  /// A file that was compressed or pruned since the listing is found in its new form.
  func openEntries(
    _ storage: any JournalStorage, _ cache: FrameCache
  ) throws(StorageError) -> (any JournalFile)? {
    if hasPlain, let file = try storage.openIfPresent(name.entriesPath) { return file }
    if form != .pruned, let file = try storage.openIfPresent(name.compressedPath) {
      return try CompressedFile(file, path: name.compressedPath, cache)
    }
    _ = try storage.open(name.prunedPath, .reading)
    return nil
  }
}

extension JournalStorage {
  /// Opens a file for reading; nil when it is not there.
  func openIfPresent(_ path: String) throws(StorageError) -> (any JournalFile)? {
    do { return try open(path, .reading) } catch {
      if error.isMissing { return nil }
      throw error
    }
  }
}

extension SegmentName {
  /// The segments of a journal in order, whatever their first index and their form; leaf files
  /// without entries are named apart.
  static func list(
    _ storage: any JournalStorage
  ) throws(StorageError) -> (segments: [SegmentName], leavesOnly: [SegmentName]) {
    let listing = try SegmentListing.read(storage)
    return (listing.segments.map(\.name), listing.leavesOnly)
  }
}
