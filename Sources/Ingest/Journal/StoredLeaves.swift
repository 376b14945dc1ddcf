/// The leaf hashes that a journal keeps, by index, read without its lock.
///
/// Those of every entry that a checkpoint covers are on the disk before it is.
package struct StoredLeaves {
  private let storage: any JournalStorage
  private let names: [SegmentName]
  /// The file in use, and the indexes that belong in it.
  private var open: (name: SegmentName, file: LeafFile, range: Range<Int>)?

  /// Cost: lists the segments.
  package init(_ storage: any JournalStorage) throws(JournalError) {
    self.storage = storage
    names = try JournalError.wrapping { () throws(StorageError) in
      let (segments, leavesOnly) = try SegmentName.list(storage)
      return (segments + leavesOnly).sorted()
    }
  }

  /// The hash of entry `index`. Throws `.damage` where none is kept.
  package mutating func leaf(_ index: Int) throws(JournalError) -> Digest {
    if open?.range.contains(index) != true { try openFile(of: index) }
    let leaf = try JournalError.wrapping { () throws(StorageError) -> Digest? in
      guard let first = open?.name.firstIndex else { return nil }
      return try open?.file.leaf(index - first)
    }
    guard let leaf else { throw missing(open?.name, index) }
    return leaf
  }

  private mutating func openFile(of index: Int) throws(JournalError) {
    let next = names.firstIndex { $0.firstIndex > index } ?? names.count
    guard next > 0 else { throw missing(nil, index) }
    let name = names[next - 1]
    let file = try JournalError.wrapping { () throws(StorageError) in try LeafFile(name, storage) }
    guard let file else { throw missing(name, index) }
    let end = next < names.count ? names[next].firstIndex : Int.max
    open = (name, file, name.firstIndex..<end)
  }

  private func missing(_ name: SegmentName?, _ index: Int) -> JournalError {
    let offset = name.map { (index - $0.firstIndex) * Digest.byteCount } ?? 0
    return .damage(
      JournalDamage(
        file: name?.leavesPath ?? JournalLayout.segments, index: index, byteOffset: offset,
        expected: "a leaf hash", found: "none"))
  }
}
