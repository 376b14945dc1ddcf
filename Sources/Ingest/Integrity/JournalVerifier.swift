/// Re-derives every leaf and root of a journal from its entries' bytes, and judges by the roots.
///
/// Leaf files only help to name the entry. Needs no lock and changes nothing; memory is a few
/// buffers, one tree edge and the list of checkpoints. Cost: one hash and one parse an entry.
package struct JournalVerifier {
  private let storage: any JournalStorage

  package init(_ storage: any JournalStorage) { self.storage = storage }

  /// Verifies everything that is there.
  ///
  /// - Parameters:
  ///   - outside: checkpoints kept elsewhere, which the journal must continue.
  ///   - trust: whose signatures count; without a log key, the one that the journal names.
  ///   - now: for the age of the newest checkpoint; nil leaves it unsaid.
  ///   - ageSecondsMax: fails freshness beyond this; nil never does.
  /// Throws only when something could not be read, or is no journal.
  package func verify(
    outside: [OutsideCheckpoint] = [], trust: CheckpointTrust = CheckpointTrust(),
    now: Timestamp? = nil, ageSecondsMax: Double? = nil
  ) throws(JournalError) -> JournalVerification {
    guard let identity = try JournalIdentity.read(storage) else {
      throw .notAJournal(found: "no \(JournalLayout.settings)")
    }
    // Checkpoints before segments: what they cover was written before them.
    let review = try CheckpointReview(storage, identity, trust, outside: outside)
    var walk = VerificationWalk(review)
    try JournalError.wrapping { () throws(StorageError) in
      let (names, orphans) = try SegmentName.list(storage)
      for (position, name) in names.enumerated() {
        try walk.take(name, isLast: position == names.count - 1, storage)
        if walk.isBroken { break }
      }
      for name in orphans where try LeafFile(name, storage)?.count ?? 0 > 0 {
        walk.addMissingEntries(of: name)
      }
    }
    return walk.finish(now: now, ageSecondsMax: ageSecondsMax)
  }
}

/// The state of one verification while it walks the entries.
private struct VerificationWalk: ~Copyable {
  /// A checkpoint to be met on the way.
  private struct Target {
    let checkpoint: Checkpoint
    let file: String
    let isNewest: Bool

    init(_ claim: CheckpointReview.Claim, _ newest: Checkpoint?) {
      checkpoint = claim.checkpoint
      file = claim.file
      isNewest = !claim.isFromOutside && claim.checkpoint == newest
    }
  }

  private var result = JournalVerification()
  private var hasher = MerkleHasher()
  private var tree = MerkleTree()
  private var document = JSONDocument()
  /// By size; the ones before `nextTarget` have been judged.
  private var targets: [Target] = []
  private var nextTarget = 0
  private let newestSize: Int
  /// The first entry since the last root that held whose stored leaf hash differs.
  private var mismatch: Mismatch?
  private var lastHeldSize = 0
  private var lastReceivedAt: Timestamp?
  private var newestReceivedAt: Timestamp?
  private var place = EntryPlace(file: JournalLayout.segments, index: 0, byteOffset: 0)
  /// Set when a line without end leaves nothing to go on with.
  private(set) var isBroken = false

  private struct EntryPlace {
    var file: String
    var index: Int
    var byteOffset: Int
  }

  private struct Mismatch {
    let place: EntryPlace
    let leafPlace: EntryPlace
    let stored: Digest
    let derived: Digest
  }

  init(_ review: CheckpointReview) {
    newestSize = review.newest?.size ?? 0
    review.fill(&result)
    targets = review.claims.map { Target($0, review.newest) }
      .sorted { $0.checkpoint.size < $1.checkpoint.size }
    judgeTargets()
  }

  mutating func take(
    _ name: SegmentName, isLast: Bool, _ storage: any JournalStorage
  ) throws(StorageError) {
    result.segmentCount += 1
    if name.firstIndex != tree.size {
      result.order.add(
        failure(
          .segmentMisplaced, EntryPlace(file: name.entriesPath, index: tree.size, byteOffset: 0),
          "first index \(tree.size)", "\(name.firstIndex)"))
    }
    // Leaf hashes before entries: a running writer adds them after the entries.
    var leaves = try LeafFile(name, storage)
    let file = try storage.open(name.entriesPath, .reading)
    let size = try file.size()
    var cursor = LineCursor(file, limit: size)
    var position = 0
    var end = 0
    place = EntryPlace(file: name.entriesPath, index: tree.size, byteOffset: 0)
    while try cursor.next() {
      place = EntryPlace(
        file: name.entriesPath, index: tree.size, byteOffset: cursor.byteOffset)
      let stored = try leaves?.leaf(position)
      let isKnown = stored != nil || tree.size < newestSize || !isLast
      if !judgeRecord(cursor.line, isKnown: isKnown) { break }
      takeLeaf(hasher.leaf(cursor.line), stored, name, position)
      position += 1
      end = cursor.byteOffset + cursor.line.count + 1
    }
    place = EntryPlace(file: name.entriesPath, index: tree.size, byteOffset: end)
    result.byteCount += end
    judgeEnd(
      tail: size - end, leafCount: leaves?.count ?? 0, entryCount: position,
      isTooLong: cursor.end == .lineTooLong, isLast: isLast)
  }

  /// Whether to go on: false at an interrupted write behind everything known.
  private mutating func judgeRecord(_ line: Span<UInt8>, isKnown: Bool) -> Bool {
    let record: Record
    do {
      try document.parse(line)
      record = try Record(document)
    } catch {
      guard isKnown else { return false }
      result.order.add(failure(.notARecord, place, "a record", "\(line.count) other bytes"))
      return true
    }
    if let received = record.header.receivedAt, received >= lastReceivedAt ?? .earliest {
      lastReceivedAt = received
    } else {
      result.order.add(
        failure(
          .receivedAtRunsBack, place, "received_at from \((lastReceivedAt ?? .earliest).rfc3339)",
          record.header.receivedAt?.rfc3339 ?? "none"))
    }
    return true
  }

  private mutating func takeLeaf(
    _ derived: Digest, _ stored: Digest?, _ name: SegmentName, _ position: Int
  ) {
    // Zeros behind the newest checkpoint are a hole that a crash left; opening fills it.
    let isHole = stored == .zero && tree.size >= newestSize
    if let stored, stored != derived, !isHole, mismatch == nil {
      let leafPlace = EntryPlace(
        file: name.leavesPath, index: tree.size, byteOffset: position * Digest.byteCount)
      mismatch = Mismatch(place: place, leafPlace: leafPlace, stored: stored, derived: derived)
    }
    tree.append(derived, &hasher)
    if tree.size == newestSize { newestReceivedAt = lastReceivedAt }
    judgeTargets()
  }

  /// Compares the root with every checkpoint of this size.
  private mutating func judgeTargets() {
    guard nextTarget < targets.count, targets[nextTarget].checkpoint.size <= tree.size else {
      return
    }
    let root = tree.root(&hasher)
    var hasHeld = false
    while nextTarget < targets.count, targets[nextTarget].checkpoint.size == tree.size {
      let target = targets[nextTarget]
      nextTarget += 1
      if target.checkpoint.root == root { hasHeld = true } else { addRoot(target, root) }
    }
    guard hasHeld else { return }
    lastHeldSize = tree.size
    guard let altered = mismatch else { return }
    mismatch = nil
    result.integrity.add(
      failure(
        .leafAltered, altered.leafPlace, "leaf \(altered.derived.hex)",
        "\(altered.stored.hex)"))
  }

  /// Names the entry where a leaf hash shows it, else the checkpoint whose root differs.
  private mutating func addRoot(_ target: Target, _ root: Digest) {
    let found: VerificationFailure
    if let mismatch {
      found = entryAltered(mismatch)
    } else {
      found = VerificationFailure(
        .rootDiffers,
        JournalDamage(
          file: target.file, index: lastHeldSize, byteOffset: 0,
          expected: "root \(target.checkpoint.root.hex) of \(target.checkpoint.size) entries",
          found: "root \(root.hex)"))
    }
    if target.isNewest { result.integrity.add(found) } else { result.completeness.add(found) }
  }

  private func entryAltered(_ mismatch: Mismatch) -> VerificationFailure {
    failure(
      .entryAltered, mismatch.place, "leaf \(mismatch.stored.hex)",
      "leaf \(mismatch.derived.hex)")
  }

  /// Judges what follows a segment's last whole entry.
  private mutating func judgeEnd(
    tail: Int, leafCount: Int, entryCount: Int, isTooLong: Bool, isLast: Bool
  ) {
    let isKnown = leafCount > entryCount || tree.size < newestSize || !isLast
    if isTooLong, isKnown {
      isBroken = true
      result.integrity.add(
        failure(
          .entryAltered, place, "a newline within \(Record.entryByteCountMax) bytes", "none"))
    } else if leafCount > entryCount {
      result.completeness.add(
        failure(
          .entriesMissing, place, "\(leafCount) committed entries in the segment",
          "\(entryCount) and \(tail) bytes"))
    } else if tail > 0, !isLast {
      result.order.add(failure(.notARecord, place, "the segment's end", "\(tail) bytes"))
    }
    if isLast { result.tailByteCount = tail }
  }

  mutating func addMissingEntries(of name: SegmentName) {
    result.completeness.add(
      failure(
        .entriesMissing, EntryPlace(file: name.entriesPath, index: name.firstIndex, byteOffset: 0),
        "the entries of its leaf hashes", "no file"))
  }

  consuming func finish(now: Timestamp?, ageSecondsMax: Double?) -> JournalVerification {
    if let mismatch, !hasEntryFailure { result.integrity.add(entryAltered(mismatch)) }
    if !isBroken {
      for target in targets[nextTarget...] where target.checkpoint.size > tree.size {
        result.completeness.add(
          failure(
            .entriesMissing, place, "\(target.checkpoint.size) entries of \(target.file)",
            "\(tree.size)"))
      }
    }
    result.entryCount = tree.size
    result.root = tree.root(&hasher)
    if let now, let newestReceivedAt {
      let age = now.seconds(since: newestReceivedAt)
      result.checkpointAgeSeconds = age
      if let ageSecondsMax, age > ageSecondsMax {
        result.freshness.add(
          failure(
            .stale, EntryPlace(file: JournalLayout.checkpoint, index: newestSize, byteOffset: 0),
            "an age of at most \(ageSecondsMax) s", "\(age) s"))
      }
    }
    return result
  }

  private var hasEntryFailure: Bool {
    guard case .failed(let first, _) = result.integrity else { return false }
    return first.kind == .entryAltered
  }

  private func failure(
    _ kind: VerificationFailure.Kind, _ place: EntryPlace, _ expected: String, _ found: String
  ) -> VerificationFailure {
    VerificationFailure(
      kind,
      JournalDamage(
        file: place.file, index: place.index, byteOffset: place.byteOffset, expected: expected,
        found: found))
  }
}
