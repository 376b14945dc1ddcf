/// Every (source, id) that the journal holds, in bounded memory whatever their number.
///
/// New keys gather in a table; a full table becomes a sorted run on disk, and runs of similar size
/// are merged, so that each is at least twice as long as the next and their number stays
/// logarithmic. Runs are immutable and named by a manifest that is replaced as a whole: a crash
/// loses only what the entries after `completeTo` give back. All of it is derived and may be
/// deleted while no writer runs.
///
/// Memory: the table (44 to 176 bytes for each of `keyTableCountMax` keys and of one batch) and
/// filters up to `keyFilterByteCountMax`, 1.6 bytes a key; beyond, filters are read from disk.
struct KeyIndex {
  private static let sizeRatio = 2

  private let storage: any JournalStorage
  private let tableCountMax: Int
  private let filterByteCountMax: Int
  private var table = KeyTable()
  private var runs: [KeyRun] = []
  private var manifest: KeyIndexManifest

  /// Entries that the files cover; the caller inserts the keys of those after it.
  var completeTo: Int { manifest.completeTo }

  /// Whether the table should go to disk.
  var isTableFull: Bool { table.count >= tableCountMax }

  /// Opens the files where they fit the journal, and starts an empty index otherwise.
  ///
  /// - Parameter leaf: the leaf hash of an entry; nil for one that the journal does not have.
  init(
    _ storage: any JournalStorage, _ settings: JournalSettings, secretIdentifier: String,
    leaf: (Int) throws(StorageError) -> Digest?
  ) throws(StorageError) {
    self.storage = storage
    tableCountMax = settings.keyTableCountMax
    filterByteCountMax = settings.keyFilterByteCountMax
    let fresh = KeyIndexManifest(secretIdentifier: secretIdentifier)
    manifest = try KeyIndexManifest.read(storage) ?? fresh
    let covered = manifest.completeTo
    let lastLeaf = covered == 0 ? manifest.lastLeaf : try leaf(covered - 1)
    if manifest.secretIdentifier == secretIdentifier, lastLeaf == manifest.lastLeaf,
      try openRuns()
    {
      return
    }
    manifest = fresh
    runs = []
  }

  /// What is known under `key`.
  func matches(
    _ key: KeyHash, _ content: ContentDigest
  ) throws(StorageError) -> KeyMatches {
    var matches = KeyMatches()
    table.find(key, content, &matches)
    for run in runs.reversed() { try run.find(key, content, &matches) }
    return matches
  }

  /// Takes in an entry's key, unless its content is known or the key has its fill of contents.
  mutating func insert(
    _ key: KeyHash, _ content: ContentDigest, index: Int, after matches: KeyMatches
  ) {
    guard matches.sameContentIndex == nil, matches.count < KeyMatches.contentCountMax else {
      return
    }
    table.insert(KeyEntry(key: key, content: content, index: index))
  }

  /// Writes the table as a run and merges; all entries below `entryCount` are then covered.
  ///
  /// Precondition: those entries are on stable storage.
  mutating func spill(entryCount: Int, lastLeaf: Digest) throws(StorageError) {
    guard entryCount > manifest.completeTo else { return }
    let before = manifest.runs
    let fresh = table.drain()
    if !fresh.isEmpty { try write(fresh) }
    while let last = runs.last, runs.count > 1,
      runs[runs.count - 2].shape.count < KeyIndex.sizeRatio * last.shape.count
    {
      try mergeLastTwo()
    }
    manifest.completeTo = entryCount
    manifest.lastLeaf = lastLeaf
    manifest.runs = runs.map(\.shape)
    try storage.synchronizeDirectory(JournalLayout.index)
    try storage.replace(KeyIndexManifest.path, with: manifest.bytes.span, .group)
    for shape in before where !manifest.runs.contains(shape) { try remove(shape) }
  }

  private mutating func openRuns() throws(StorageError) -> Bool {
    for shape in manifest.runs {
      guard let run = try open(shape) else { return false }
      runs.append(run)
    }
    return true
  }

  private func open(_ shape: KeyRun.Shape) throws(StorageError) -> KeyRun? {
    let loaded = runs.reduce(0) { $0 + $1.loadedByteCount }
    let fits = loaded + shape.blockCount * KeyRun.blockByteCount <= filterByteCountMax
    return try KeyRun(shape, storage, loadingFilter: fits)
  }

  private mutating func write(_ entries: [KeyEntry]) throws(StorageError) {
    var writer = try KeyRunWriter(nextShape(count: entries.count), storage)
    for entry in entries { try writer.add(entry) }
    try writer.finish()
    try append(KeyRun.Shape(number: manifest.nextNumber - 1, count: entries.count))
  }

  private mutating func nextShape(count: Int) -> KeyRun.Shape {
    manifest.nextNumber += 1
    return KeyRun.Shape(number: manifest.nextNumber - 1, count: count)
  }

  private mutating func append(_ shape: KeyRun.Shape) throws(StorageError) {
    guard let run = try open(shape) else {
      throw StorageError(.open, shape.entriesPath, 0)
    }
    runs.append(run)
  }

  private mutating func mergeLastTwo() throws(StorageError) {
    var newer = KeyRunStream(runs.removeLast())
    var older = KeyRunStream(runs.removeLast())
    let shape = nextShape(count: newer.run.shape.count + older.run.shape.count)
    var writer = try KeyRunWriter(shape, storage)
    var left = try older.next()
    var right = try newer.next()
    while let entry = KeyIndex.smaller(left, right) {
      try writer.add(entry)
      if entry == left { left = try older.next() } else { right = try newer.next() }
    }
    try writer.finish()
    try append(shape)
    for merged in [newer.run.shape, older.run.shape] where !manifest.runs.contains(merged) {
      try remove(merged)
    }
  }

  private static func smaller(_ left: KeyEntry?, _ right: KeyEntry?) -> KeyEntry? {
    guard let left else { return right }
    guard let right else { return left }
    return KeyEntry.precedes(right, left) ? right : left
  }

  private func remove(_ shape: KeyRun.Shape) throws(StorageError) {
    try storage.remove(shape.entriesPath)
    try storage.remove(shape.filterPath)
  }
}

/// Reads a run from its first entry to its last, 4,096 at a time.
private struct KeyRunStream {
  private static let step = 4096

  let run: KeyRun
  private var buffer = [UInt8](repeating: 0, count: KeyRunStream.step * KeyEntry.byteCount)
  private var position = 0

  init(_ run: KeyRun) { self.run = run }

  mutating func next() throws(StorageError) -> KeyEntry? {
    guard position < run.shape.count else { return nil }
    if position % KeyRunStream.step == 0 {
      let count = min(KeyRunStream.step, run.shape.count - position)
      try run.readEntries(from: position, count: count, into: &buffer)
    }
    defer { position += 1 }
    return KeyRun.entry(buffer, position % KeyRunStream.step)
  }
}
