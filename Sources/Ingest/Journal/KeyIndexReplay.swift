/// Opens the key index and gives it the keys of the entries that its files do not cover.
struct KeyIndexReplay {
  let storage: any JournalStorage
  let settings: JournalSettings

  /// Cost: a parse of each entry that is not covered.
  ///
  /// Also answers how many entries the index cannot know: those that were pruned before it was
  /// built. It knows them as long as `index/` is older than their pruning.
  func run(
    entryCount: Int, _ hasher: inout MerkleHasher, _ secret: inout JournalSecret
  ) throws(JournalError) -> (keys: KeyIndex, unknownCount: Int) {
    let segments = try JournalError.wrapping { () throws(StorageError) in
      try SegmentListing.read(storage).segments
    }
    let names = segments.map(\.name)
    var keys = try JournalError.wrapping { () throws(StorageError) in
      let identifier = secret.identifier
      return try KeyIndex(storage, settings, secretIdentifier: identifier) {
        (index) throws(StorageError) in
        guard index < entryCount, let name = names.last(where: { $0.firstIndex <= index }) else {
          return nil
        }
        var leaves = try LeafFile(name, storage)
        return try leaves?.leaf(index - name.firstIndex)
      }
    }
    let start = keys.completeTo
    var unknownCount = 0
    for (position, segment) in segments.enumerated() {
      let end = position + 1 < names.count ? names[position + 1].firstIndex : entryCount
      guard end > start else { continue }
      if segment.form == .pruned {
        unknownCount += end - max(start, segment.name.firstIndex)
      } else {
        try replay(segment, from: start, to: end, &keys, &hasher, &secret)
      }
    }
    return (keys, unknownCount)
  }

  private func replay(
    _ segment: StoredSegment, from start: Int, to end: Int, _ keys: inout KeyIndex,
    _ hasher: inout MerkleHasher, _ secret: inout JournalSecret
  ) throws(JournalError) {
    var parser = StoredEntry()
    let damage = try JournalError.wrapping { () throws(StorageError) -> JournalDamage? in
      guard let file = try segment.openEntries(storage, FrameCache(slotCountMax: 1)) else {
        return nil
      }
      var cursor = LineCursor(file, limit: try file.size())
      let firstIndex = segment.name.firstIndex
      var index = firstIndex
      while index < end, try cursor.next() {
        defer { index += 1 }
        guard index >= start else { continue }
        guard let entry = parser.read(cursor.line, &secret) else {
          return JournalDamage(
            file: segment.path, index: index, byteOffset: cursor.byteOffset,
            expected: "a record", found: "\(cursor.line.count) other bytes")
        }
        let key = secret.keyHash(source: entry.source, id: entry.id)
        keys.insert(
          key, entry.content, index: index, after: try keys.matches(key, entry.content))
        guard keys.isTableFull else { continue }
        try keys.spill(entryCount: index + 1, lastLeaf: hasher.leaf(cursor.line))
      }
      guard index < end else { return nil }
      return JournalDamage(
        file: segment.path, index: index, byteOffset: cursor.byteOffset,
        expected: "\(end - firstIndex) entries", found: "\(index - firstIndex)")
    }
    if let damage { throw .damage(damage) }
  }
}
