/// Opens the key index and gives it the keys of the entries that its files do not cover.
struct KeyIndexReplay {
  let storage: any JournalStorage
  let settings: JournalSettings

  /// Cost: a parse of each entry that is not covered.
  func run(
    entryCount: Int, _ hasher: inout MerkleHasher, _ secret: inout JournalSecret
  ) throws(JournalError) -> KeyIndex {
    let names = try JournalError.wrapping { () throws(StorageError) in
      try SegmentName.list(storage).segments
    }
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
    for (position, name) in names.enumerated() {
      let end = position + 1 < names.count ? names[position + 1].firstIndex : entryCount
      guard end > start else { continue }
      try replay(name, from: start, to: end, &keys, &hasher, &secret)
    }
    return keys
  }

  private func replay(
    _ name: SegmentName, from start: Int, to end: Int, _ keys: inout KeyIndex,
    _ hasher: inout MerkleHasher, _ secret: inout JournalSecret
  ) throws(JournalError) {
    var parser = StoredEntry()
    let damage = try JournalError.wrapping { () throws(StorageError) -> JournalDamage? in
      let file = try storage.open(name.entriesPath, .reading)
      var cursor = LineCursor(file, limit: try file.size())
      var index = name.firstIndex
      while index < end, try cursor.next() {
        defer { index += 1 }
        guard index >= start else { continue }
        guard let entry = parser.read(cursor.line, &secret) else {
          return JournalDamage(
            file: name.entriesPath, index: index, byteOffset: cursor.byteOffset,
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
        file: name.entriesPath, index: index, byteOffset: cursor.byteOffset,
        expected: "\(end - name.firstIndex) entries", found: "\(index - name.firstIndex)")
    }
    if let damage { throw .damage(damage) }
  }
}
