extension VerificationWalk {
  /// Compares the root with every checkpoint of this size.
  mutating func judgeTargets() throws(StorageError) {
    guard targets.nextSize == tree.size else { return }
    let root = tree.root(&hasher)
    let storedRoot = mismatch.map { $0.storedTree.root(&hasher) }
    var hasHeld = false
    var isVouched = false
    while let target = try targets.next(upTo: tree.size) {
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
  mutating func addLeafAltered(_ mismatch: LeafMismatch) {
    fail(
      \.integrity, .leafAltered, mismatch.leafPlace, "leaf \(mismatch.derived.hex)",
      "\(mismatch.stored.hex)")
  }

  /// The leaf file gives the root: so exactly the differing entries were altered.
  mutating func takeVouched(_ mismatch: LeafMismatch) {
    for number in 0..<mismatch.count {
      add(number == 0 ? mismatch.failure : mismatch.further, to: \.integrity)
    }
    tree = mismatch.storedTree
  }

  /// Names the entry where a leaf hash shows it, else the entries since the last root that held.
  mutating func addRoot(_ target: VerificationTargets.Target, _ root: Digest) {
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
}
