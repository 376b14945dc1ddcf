/// One line of the key index: which entry brought which content under which key.
struct KeyEntry: Equatable, Sendable {
  static let byteCount = 40

  let key: KeyHash
  let content: ContentDigest
  /// Index of the entry.
  let index: Int

  /// By key, then in the order of the journal.
  static func precedes(_ left: KeyEntry, _ right: KeyEntry) -> Bool {
    left.key == right.key ? left.index < right.index : left.key < right.key
  }
}

/// What the index knows under a key.
struct KeyMatches: Equatable, Sendable {
  /// Contents taken under one key; of further ones a repetition is no longer recognised.
  ///
  /// Somebody who sends ever new contents under one key would otherwise make every look-up walk
  /// them all.
  static let contentCountMax = 64

  /// Contents that the key already has.
  var count = 0
  /// The entry that first used the key.
  var firstIndex: Int?
  /// The entry that brought this very content.
  var sameContentIndex: Int?

  mutating func take(_ entry: KeyEntry, _ content: ContentDigest) {
    count += 1
    firstIndex = min(firstIndex ?? entry.index, entry.index)
    if entry.content == content { sameContentIndex = entry.index }
  }
}

/// The keys not yet in a file: an open-addressing table with linear probing.
///
/// Slots are a power of two, at most three quarters full, 40 bytes each. Beside them stand four bytes
/// of each key: most keys that are asked for are new, and are told so without a look at a slot.
struct KeyTable: Sendable {
  private(set) var count = 0
  private var slots: [KeyEntry]
  /// Of each slot's key the upper half of `high`, made odd; 0 for an empty slot.
  private var marks: [UInt32]
  private static let empty = KeyEntry(
    key: KeyHash(high: 0, low: 0), content: ContentDigest(high: 0, low: 0), index: -1)

  init() {
    slots = [KeyEntry](repeating: KeyTable.empty, count: 1024)
    marks = [UInt32](repeating: 0, count: 1024)
  }

  /// Adds what lies under `key` to `matches`.
  func find(_ key: KeyHash, _ content: ContentDigest, _ matches: inout KeyMatches) {
    let mask = slots.count - 1
    let mark = KeyTable.mark(key)
    var slot = Int(truncatingIfNeeded: key.low) & mask
    while marks[slot] != 0 {
      if marks[slot] == mark, slots[slot].key == key { matches.take(slots[slot], content) }
      slot = (slot + 1) & mask
    }
  }

  mutating func insert(_ entry: KeyEntry) {
    if (count + 1) * 4 > slots.count * 3 { grow() }
    place(entry)
    count += 1
  }

  /// The entries in the order of a file, and an empty table that keeps its memory.
  mutating func drain() -> [KeyEntry] {
    var entries: [KeyEntry] = []
    entries.reserveCapacity(count)
    for slot in slots.indices where marks[slot] != 0 { entries.append(slots[slot]) }
    entries.sort(by: KeyEntry.precedes)
    for slot in marks.indices { marks[slot] = 0 }
    count = 0
    return entries
  }

  private static func mark(_ key: KeyHash) -> UInt32 {
    UInt32(truncatingIfNeeded: key.high >> 32) | 1
  }

  private mutating func place(_ entry: KeyEntry) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: entry.key.low) & mask
    while marks[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = entry
    marks[slot] = KeyTable.mark(entry.key)
  }

  private mutating func grow() {
    let (old, oldMarks) = (slots, marks)
    slots = [KeyEntry](repeating: KeyTable.empty, count: old.count * 2)
    marks = [UInt32](repeating: 0, count: old.count * 2)
    for slot in old.indices where oldMarks[slot] != 0 { place(old[slot]) }
  }
}
