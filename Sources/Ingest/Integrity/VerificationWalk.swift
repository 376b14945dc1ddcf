/// The state of one verification while it takes in entries in order.
///
/// Between two checkpoints it keeps two trees from the first entry on whose stored leaf hash
/// differs: one of what the bytes give, one of what the leaf file says. Where the second has the
/// checkpoint's root, exactly the differing entries were altered, and the walk goes on from it;
/// where neither has, everything since the last root that held is in doubt.
struct VerificationWalk: ~Copyable {
  var result = JournalVerification()
  var hasher = MerkleHasher()
  var tree = MerkleTree()
  var targets: VerificationTargets
  var mismatch: LeafMismatch?
  var held = Held()
  /// The end of the first own checkpoint since that whose root differs.
  var doubtEnd: Int?
  var lastGood: GoodEntry?
  var lastReceivedAt: Timestamp?
  var newestReceivedAt: Timestamp?
  /// The first good entry behind it.
  var goodBehindDoubt: GoodEntry?
  /// What `.pruned` files claim, by the index of the entry that they repeat.
  var claims: [Int: PruneClaim] = [:]
  /// Verdicts whose first failure still lacks the good entry behind it.
  private(set) var open: [WritableKeyPath<JournalVerification, JournalVerification.Verdict>] = []
  private(set) var start: SegmentStart?
  var place = EntryPlace(file: JournalLayout.segments, index: 0, byteOffset: 0)
  /// Set when a line without end leaves nothing to go on with.
  private(set) var isBroken = false

  /// Where things stood when a root last held.
  struct Held {
    var size = 0
    var good: GoodEntry?
    var place: EntryPlace?
  }

  var newestSize: Int { targets.newestSize }
  var isLast: Bool { start?.next == nil }

  /// `judgeTargets` comes before the first entry: a checkpoint may be over none.
  init(_ review: CheckpointReview, _ targets: VerificationTargets) {
    self.targets = targets
    review.fill(&result)
  }

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

  /// Bytes and entries of the segment so far; what follows was cut off by a crash.
  var wholeByteCount = 0
  var wholeEntryCount = 0
  var isCut = false

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

  mutating func takeGood(_ entry: GoodEntry) {
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

  mutating func append(_ leaf: Digest, stored: Digest?) throws(StorageError) {
    if !claims.isEmpty { judgeClaim(leaf) }
    mismatch?.storedTree.append(stored ?? leaf, &hasher)
    tree.append(leaf, &hasher)
    if tree.size == newestSize { newestReceivedAt = lastReceivedAt }
    if tree.size == targets.nextSize { try judgeTargets() }
  }

  mutating func addMissingEntries(of name: SegmentName) {
    fail(
      \.completeness, .entriesMissing,
      EntryPlace(file: name.entriesPath, index: name.firstIndex, byteOffset: 0),
      "the entries of its leaf hashes", "no file")
  }

  consuming func finish(
    now: Timestamp?, ageSecondsMax: Double?
  ) throws(StorageError) -> JournalVerification {
    if let mismatch, !hasEntryFailure { add(mismatch.failure, to: \.integrity) }
    if !isBroken { try addMissingTargets() }
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

  mutating func fail(
    _ verdict: WritableKeyPath<JournalVerification, JournalVerification.Verdict>,
    _ kind: VerificationFailure.Kind, _ place: EntryPlace, _ expected: String, _ found: String,
    doubt: DoubtfulEntries? = nil
  ) {
    add(VerificationFailure(kind, place.damage(expected, found), doubt: doubt), to: verdict)
  }

  mutating func add(
    _ failure: VerificationFailure,
    to verdict: WritableKeyPath<JournalVerification, JournalVerification.Verdict>
  ) {
    let isFirst = result[keyPath: verdict].hasPassed
    result[keyPath: verdict].add(failure)
    if isFirst, let doubt = failure.doubt, doubt.after == nil { open.append(verdict) }
  }
}
