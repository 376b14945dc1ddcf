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

/// The state of one verification while it takes in entries in order.
///
/// Between two checkpoints it keeps two trees from the first entry on whose stored leaf hash
/// differs: one of what the bytes give, one of what the leaf file says. Where the second has the
/// checkpoint's root, exactly the differing entries were altered, and the walk goes on from it;
/// where neither has, everything since the last root that held is in doubt.
struct VerificationWalk: ~Copyable {
  var result = JournalVerification()
  var hasher = MerkleHasher()
  private(set) var tree = MerkleTree()
  private var targets: VerificationTargets
  private var mismatch: LeafMismatch?
  private var held = Held()
  /// The end of the first own checkpoint since that whose root differs.
  private var doubtEnd: Int?
  private(set) var lastGood: GoodEntry?
  private var lastReceivedAt: Timestamp?
  private var newestReceivedAt: Timestamp?
  /// The first good entry behind it.
  private var goodBehindDoubt: GoodEntry?
  /// What `.pruned` files claim, by the index of the entry that they repeat.
  private var claims: [Int: PruneClaim] = [:]
  /// Verdicts whose first failure still lacks the good entry behind it.
  private var open: [WritableKeyPath<JournalVerification, JournalVerification.Verdict>] = []
  private var start: SegmentStart?
  private(set) var place = EntryPlace(file: JournalLayout.segments, index: 0, byteOffset: 0)
  /// Set when a line without end leaves nothing to go on with.
  private(set) var isBroken = false

  /// Where things stood when a root last held.
  private struct Held {
    var size = 0
    var good: GoodEntry?
    var place: EntryPlace?
  }

  var newestSize: Int { targets.newestSize }
  private var isLast: Bool { start?.next == nil }

  init(_ review: CheckpointReview) {
    targets = VerificationTargets(review)
    review.fill(&result)
    judgeTargets()
  }

  // MARK: segments

  mutating func begin(_ start: SegmentStart) throws(StorageError) {
    self.start = start
    result.segmentCount += 1
    if start.segment.form == .compressed { result.compressedSegmentCount += 1 }
    place = EntryPlace(file: start.segment.path, index: tree.size, byteOffset: 0)
    if start.name.firstIndex != tree.size {
      fail(
        \.order, .segmentMisplaced, place, "first index \(tree.size)",
        "\(start.name.firstIndex)")
    }
    if held.place == nil || held.size == tree.size { held.place = place }
    takePruneRecord(start)
    if start.isPruned { try takePruned(start) }
    if !start.hasItsDigest { failCompression(start, nil) }
    if let damage = start.undecodable {
      failCompression(start, damage)
      try standIn(start, from: 0)
    }
  }

  mutating func take(_ block: EntryBlock, _ facts: [EntryFacts]) {
    guard !isCut else { return }
    let base = place
    for (entry, facts) in facts.enumerated() {
      let offset = block.byteOffset + block.start(of: entry)
      place = EntryPlace(file: base.file, index: tree.size, byteOffset: offset)
      let stored = block.storedLeaf(entry)
      let isKnown = stored != nil || tree.size < newestSize || !isLast
      // An interrupted write behind everything known ends the journal.
      guard facts.timestamp != nil || isKnown else {
        isCut = true
        return
      }
      let isGood = judge(facts, byteCount: block.ends[entry] - block.start(of: entry))
      takeLeaf(facts, stored, isGood: isGood, position: block.firstPosition + entry)
      wholeByteCount = block.byteOffset + block.ends[entry]
      wholeEntryCount = block.firstPosition + entry + 1
      if held.size == tree.size {
        held.place = EntryPlace(
          file: base.file, index: tree.size, byteOffset: wholeByteCount)
      }
    }
  }

  /// Bytes and entries of the segment so far; what follows was cut off by a crash.
  private var wholeByteCount = 0
  private var wholeEntryCount = 0
  private var isCut = false

  mutating func end(
    _ reader: EntryBlockReader, _ undecodable: JournalDamage?
  ) throws(StorageError) {
    defer { (wholeByteCount, wholeEntryCount, isCut) = (0, 0, false) }
    place = EntryPlace(file: place.file, index: tree.size, byteOffset: wholeByteCount)
    result.byteCount += wholeByteCount
    if let undecodable, let start {
      failCompression(start, undecodable)
      return try standIn(start, from: wholeEntryCount)
    }
    let tail = reader.byteCount + reader.tailByteCount - wholeByteCount
    judgeEnd(tail: tail, leafCount: reader.leafCount, isTooLong: reader.isTooLong && !isCut)
  }

  /// Judges what follows a segment's last whole entry.
  private mutating func judgeEnd(tail: Int, leafCount: Int, isTooLong: Bool) {
    let isKnown = leafCount > wholeEntryCount || tree.size < newestSize || !isLast
    if isTooLong, isKnown {
      isBroken = true
      fail(
        \.integrity, .entryAltered, place, "a newline within \(Record.entryByteCountMax) bytes",
        "none", doubt: DoubtfulEntries(tree.size..<tree.size + 1, before: lastGood))
    } else if leafCount > wholeEntryCount {
      let missing = tree.size..<tree.size + leafCount - wholeEntryCount
      fail(
        \.completeness, .entriesMissing, place, "\(leafCount) committed entries in the segment",
        "\(wholeEntryCount) and \(tail) bytes",
        doubt: DoubtfulEntries(missing, before: lastGood))
    } else if tail > 0, !isLast {
      fail(\.order, .notARecord, place, "the segment's end", "\(tail) bytes")
    }
    if isLast { result.tailByteCount = tail }
  }

  // MARK: entries

  /// Whether the entry is a record in its order.
  private mutating func judge(_ facts: EntryFacts, byteCount: Int) -> Bool {
    guard facts.timestamp != nil else {
      fail(
        \.order, .notARecord, place, "a record", "\(byteCount - 1) other bytes",
        doubt: DoubtfulEntries(tree.size..<tree.size + 1, before: lastGood))
      return false
    }
    if let received = facts.receivedAt, received >= lastReceivedAt ?? .earliest {
      lastReceivedAt = received
      return true
    }
    fail(
      \.order, .receivedAtRunsBack, place,
      "received_at from \((lastReceivedAt ?? .earliest).rfc3339)",
      facts.receivedAt?.rfc3339 ?? "none",
      doubt: DoubtfulEntries(tree.size..<tree.size + 1, before: lastGood))
    return false
  }

  private mutating func takeLeaf(
    _ facts: EntryFacts, _ stored: Digest?, isGood: Bool, position: Int
  ) {
    // Zeros behind the newest checkpoint are a hole that a crash left; opening fills it.
    let isHole = stored == .zero && tree.size >= newestSize
    let differs = stored.map { $0 != facts.leaf && !isHole } ?? false
    if let stored, differs { takeMismatch(stored, facts.leaf, position) }
    let isRight = isGood && !differs
    if isRight, let timestamp = facts.timestamp {
      takeGood(
        GoodEntry(index: tree.size, timestamp: timestamp, receivedAt: facts.receivedAt))
    }
    append(facts.leaf, stored: isHole ? nil : stored)
  }

  private mutating func takeMismatch(_ stored: Digest, _ derived: Digest, _ position: Int) {
    if mismatch == nil {
      mismatch = LeafMismatch(
        place: place,
        leafPlace: EntryPlace(
          file: start?.name.leavesPath ?? "", index: tree.size,
          byteOffset: position * Digest.byteCount),
        stored: stored, derived: derived, storedTree: tree, before: lastGood)
    }
    mismatch?.add(tree.size)
  }

  private mutating func takeGood(_ entry: GoodEntry) {
    lastGood = entry
    mismatch?.takeGood(entry)
    if let doubtEnd, goodBehindDoubt == nil, entry.index >= doubtEnd { goodBehindDoubt = entry }
    for index in claims.keys { claims[index]?.takeGood(entry) }
    guard !open.isEmpty else { return }
    open.removeAll { path in
      guard case .failed(var first, let count) = result[keyPath: path],
        let doubt = first.doubt, doubt.range.upperBound <= entry.index
      else { return false }
      first.doubt?.after = entry
      result[keyPath: path] = .failed(first: first, count: count)
      return true
    }
  }

  private mutating func append(_ leaf: Digest, stored: Digest?) {
    if !claims.isEmpty { judgeClaim(leaf) }
    mismatch?.storedTree.append(stored ?? leaf, &hasher)
    tree.append(leaf, &hasher)
    if tree.size == newestSize { newestReceivedAt = lastReceivedAt }
    if tree.size == targets.nextSize { judgeTargets() }
  }

  // MARK: roots

  /// Compares the root with every checkpoint of this size.
  private mutating func judgeTargets() {
    guard targets.nextSize == tree.size else { return }
    let root = tree.root(&hasher)
    let storedRoot = mismatch.map { $0.storedTree.root(&hasher) }
    var hasHeld = false
    var isVouched = false
    while let target = targets.next(ofSize: tree.size) {
      if target.checkpoint.root == root {
        hasHeld = true
      } else if target.checkpoint.root == storedRoot {
        isVouched = true
      } else {
        addRoot(target, root)
      }
    }
    guard hasHeld || isVouched else { return }
    if let mismatch {
      if hasHeld { addLeafAltered(mismatch) } else { takeVouched(mismatch) }
    }
    self.mismatch = nil
    doubtEnd = nil
    goodBehindDoubt = nil
    held = Held(size: tree.size, good: lastGood, place: nil)
  }

  /// The entries give the root: so the leaf file was altered.
  private mutating func addLeafAltered(_ mismatch: LeafMismatch) {
    fail(
      \.integrity, .leafAltered, mismatch.leafPlace, "leaf \(mismatch.derived.hex)",
      "\(mismatch.stored.hex)")
  }

  /// The leaf file gives the root: so exactly the differing entries were altered.
  private mutating func takeVouched(_ mismatch: LeafMismatch) {
    for number in 0..<mismatch.count {
      add(number == 0 ? mismatch.failure : mismatch.further, to: \.integrity)
    }
    tree = mismatch.storedTree
  }

  /// Names the entry where a leaf hash shows it, else the entries since the last root that held.
  private mutating func addRoot(_ target: VerificationTargets.Target, _ root: Digest) {
    let end = doubtEnd ?? tree.size
    if target.isOwn { doubtEnd = end }
    let doubt = DoubtfulEntries(
      held.size..<max(end, held.size), before: held.good, after: goodBehindDoubt)
    let found: VerificationFailure
    if var mismatch {
      mismatch.doubt = doubt
      found = mismatch.failure
    } else {
      let place =
        held.place ?? EntryPlace(file: JournalLayout.segments, index: held.size, byteOffset: 0)
      found = VerificationFailure(
        .rootDiffers,
        place.damage(
          "root \(target.checkpoint.root.hex) of \(target.checkpoint.size) entries as in "
            + target.file, "root \(root.hex)"), doubt: doubt)
    }
    if target.isNewest { add(found, to: \.integrity) } else { add(found, to: \.completeness) }
  }

  // MARK: pruned and undecodable entries

  private mutating func takePruneRecord(_ start: SegmentStart) {
    guard start.segment.hasPruneRecord else { return }
    guard let record = start.pruneRecord, record.index >= tree.size else {
      let place = EntryPlace(
        file: start.name.prunedPath, index: start.name.firstIndex, byteOffset: 0)
      let found = start.pruneRecord.map { "entry \($0.index)" } ?? "other bytes"
      return fail(
        \.integrity, .pruningUnrecorded, place, "the segment_pruned entry of this segment", found)
    }
    claims[record.index] = PruneClaim(leaf: record.leaf, file: start.name.prunedPath)
  }

  /// An entry that a `.pruned` file repeats must be what it says.
  private mutating func judgeClaim(_ leaf: Digest) {
    guard let claim = claims.removeValue(forKey: tree.size) else { return }
    if claim.leaf == leaf {
      if let failure = claim.failure { add(failure, to: \.integrity) }
    } else {
      fail(
        \.integrity, .pruningUnrecorded,
        EntryPlace(file: claim.file, index: tree.size, byteOffset: 0),
        "leaf \(leaf.hex) of that entry", "leaf \(claim.leaf.hex)", doubt: claim.failure?.doubt)
    }
  }

  /// The leaf hashes of entries that are gone.
  private mutating func takePruned(_ start: SegmentStart) throws(StorageError) {
    let leavesPlace = EntryPlace(file: start.name.leavesPath, index: tree.size, byteOffset: 0)
    let count = (start.next?.firstIndex ?? tree.size) - tree.size
    result.prunedSegmentCount += 1
    guard var leaves = start.leaves, leaves.count == count else {
      fail(
        \.integrity, .leafAltered, leavesPlace, "\(count) leaf hashes of pruned entries",
        start.leaves.map { "\($0.count)" } ?? "no file")
      return
    }
    if tree.size + count > newestSize {
      fail(
        \.integrity, .pruningUnrecorded, leavesPlace,
        "a checkpoint over \(tree.size + count) entries", "one over \(newestSize)")
    }
    let before = lastGood
    let range = tree.size..<tree.size + count
    var own = MerkleTree()
    for position in 0..<count {
      let leaf = try leaves.leaf(position) ?? .zero
      own.append(leaf, &hasher)
      append(leaf, stored: nil)
    }
    result.prunedEntryCount += count
    guard let record = start.pruneRecord else { return }
    let root = own.root(&hasher)
    guard record.root == root, record.entryCount == count else {
      let failure = VerificationFailure(
        .leafAltered,
        leavesPlace.damage(
          "root \(record.root.hex) of \(record.entryCount) pruned entries",
          "root \(root.hex) of \(count)"), doubt: DoubtfulEntries(range, before: before))
      // Which of the two is wrong shows once the entry is met that the record claims to be.
      if claims[record.index] == nil { add(failure, to: \.integrity) }
      claims[record.index]?.failure = failure
      return
    }
    lastReceivedAt = max(lastReceivedAt ?? .earliest, record.span.received.upperBound)
    if tree.size == newestSize { newestReceivedAt = lastReceivedAt }
    takeGood(
      GoodEntry(
        index: tree.size - 1, timestamp: record.span.timestamps.upperBound,
        receivedAt: record.span.received.upperBound))
  }

  private mutating func failCompression(_ start: SegmentStart, _ damage: JournalDamage?) {
    let end = max(start.next?.firstIndex ?? tree.size, tree.size)
    let found =
      damage
      ?? JournalDamage(
        file: start.segment.path, index: nil, byteOffset: 0,
        expected: "the digest of the frames", found: "another")
    let named = JournalDamage(
      file: found.file, index: tree.size, byteOffset: found.byteOffset,
      expected: found.expected, found: found.found)
    add(
      VerificationFailure(
        .compressionAltered, named, doubt: DoubtfulEntries(tree.size..<end, before: lastGood)),
      to: \.integrity)
  }

  /// Goes on by the leaf hashes on file where a segment's bytes do not decode, so that what follows
  /// can still be judged.
  private mutating func standIn(
    _ start: SegmentStart, from position: Int
  ) throws(StorageError) {
    guard var leaves = start.leaves else { return }
    let count = (start.next?.firstIndex ?? tree.size) - start.name.firstIndex
    for position in position..<max(position, count) {
      guard let leaf = try leaves.leaf(position) else { return }
      append(leaf, stored: nil)
    }
  }

  // MARK: the end

  mutating func addMissingEntries(of name: SegmentName) {
    fail(
      \.completeness, .entriesMissing,
      EntryPlace(file: name.entriesPath, index: name.firstIndex, byteOffset: 0),
      "the entries of its leaf hashes", "no file")
  }

  consuming func finish(now: Timestamp?, ageSecondsMax: Double?) -> JournalVerification {
    if let mismatch, !hasEntryFailure { add(mismatch.failure, to: \.integrity) }
    if !isBroken { addMissingTargets() }
    for (index, claim) in claims.sorted(by: { $0.key < $1.key }) {
      fail(
        \.integrity, .pruningUnrecorded,
        EntryPlace(file: claim.file, index: index, byteOffset: 0), "an entry \(index)",
        "\(tree.size) entries", doubt: claim.failure?.doubt)
    }
    result.entryCount = tree.size
    result.root = tree.root(&hasher)
    judgeAge(now, ageSecondsMax)
    return result
  }

  private mutating func addMissingTargets() {
    for target in targets.rest where target.checkpoint.size > tree.size {
      fail(
        \.completeness, .entriesMissing, place,
        "\(target.checkpoint.size) entries of \(target.file)", "\(tree.size)",
        doubt: DoubtfulEntries(tree.size..<target.checkpoint.size, before: lastGood))
    }
  }

  private mutating func judgeAge(_ now: Timestamp?, _ ageSecondsMax: Double?) {
    guard let now else { return }
    let age = newestReceivedAt.map { now.seconds(since: $0) }
    result.checkpointAgeSeconds = age
    guard let ageSecondsMax, age ?? .infinity > ageSecondsMax else { return }
    fail(
      \.freshness, .stale,
      EntryPlace(file: JournalLayout.checkpoint, index: newestSize, byteOffset: 0),
      "an age of at most \(ageSecondsMax) s", age.map { "\($0) s" } ?? "no checkpoint")
  }

  private var hasEntryFailure: Bool {
    guard case .failed(let first, _) = result.integrity else { return false }
    return first.kind == .entryAltered
  }

  private mutating func fail(
    _ verdict: WritableKeyPath<JournalVerification, JournalVerification.Verdict>,
    _ kind: VerificationFailure.Kind, _ place: EntryPlace, _ expected: String, _ found: String,
    doubt: DoubtfulEntries? = nil
  ) {
    add(VerificationFailure(kind, place.damage(expected, found), doubt: doubt), to: verdict)
  }

  private mutating func add(
    _ failure: VerificationFailure,
    to verdict: WritableKeyPath<JournalVerification, JournalVerification.Verdict>
  ) {
    let isFirst = result[keyPath: verdict].hasPassed
    result[keyPath: verdict].add(failure)
    if isFirst, let doubt = failure.doubt, doubt.after == nil { open.append(verdict) }
  }
}

/// The entry that a `.pruned` file says to repeat.
private struct PruneClaim {
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
