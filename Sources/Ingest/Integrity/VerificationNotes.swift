// What a verification keeps in mind between entries.

/// What is known of a segment before its entries are.
struct SegmentStart {
  let segment: StoredSegment
  /// Nil for the segment being written.
  let next: SegmentName?
  var leaves: LeafFile?
  var pruneRecord: PruneRecord?
  var isPruned = false
  /// A compressed file's frames are byte for byte what compressing wrote.
  var hasItsDigest = true
  /// The compressed file has no usable table.
  var undecodable: JournalDamage?

  init(_ segment: StoredSegment, _ next: SegmentName?) {
    self.segment = segment
    self.next = next
  }

  var name: SegmentName { segment.name }
}

/// The entry that a `.pruned` file says to repeat.
struct PruneClaim {
  let leaf: Digest
  let file: String
  /// What is wrong with the leaf hashes of its segment if the file says the truth.
  var failure: VerificationFailure?

  mutating func takeGood(_ entry: GoodEntry) {
    guard let doubt = failure?.doubt, doubt.after == nil,
      doubt.range.upperBound <= entry.index
    else { return }
    failure?.doubt?.after = entry
  }
}

/// Where an entry, or a leaf hash, stands.
struct EntryPlace {
  var file: String
  var index: Int
  var byteOffset: Int

  func damage(_ expected: String, _ found: String) -> JournalDamage {
    JournalDamage(
      file: file, index: index, byteOffset: byteOffset, expected: expected, found: found)
  }
}

/// Entries whose stored leaf hash is not the one that their bytes give, since the last root held.
struct LeafMismatch {
  let place: EntryPlace
  let leafPlace: EntryPlace
  let stored: Digest
  let derived: Digest
  /// The tree as the leaf file has it.
  var storedTree: MerkleTree
  var doubt: DoubtfulEntries
  private(set) var count = 0

  init(
    place: EntryPlace, leafPlace: EntryPlace, stored: Digest, derived: Digest,
    storedTree: MerkleTree, before: GoodEntry?
  ) {
    self.place = place
    self.leafPlace = leafPlace
    self.stored = stored
    self.derived = derived
    self.storedTree = storedTree
    doubt = DoubtfulEntries(place.index..<place.index + 1, before: before)
  }

  /// Takes in a differing entry.
  mutating func add(_ index: Int) {
    count += 1
    doubt = DoubtfulEntries(doubt.range.lowerBound..<index + 1, before: doubt.before)
  }

  mutating func takeGood(_ entry: GoodEntry) {
    if doubt.after == nil { doubt.after = entry }
  }

  /// The first of them, with the doubt about all.
  var failure: VerificationFailure {
    VerificationFailure(
      .entryAltered, place.damage("leaf \(stored.hex)", "leaf \(derived.hex)"), doubt: doubt)
  }

  /// One of the others: it is only counted.
  var further: VerificationFailure { VerificationFailure(.entryAltered, failure.damage) }
}
