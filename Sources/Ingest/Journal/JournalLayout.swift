/// The names in a journal's directory.
package enum JournalLayout {
  package static let settings = "journal.json"
  package static let secret = "hmac-secret"
  /// The seed that signs, unless it is kept elsewhere.
  package static let key = "key"
  package static let lock = "lock"
  package static let segments = "segments"
  package static let checkpoint = "checkpoint"
  package static let checkpoints = "checkpoints"
  package static let oversize = "oversize"
  package static let rejected = "rejected.jsonl"
  package static let index = "index"
  package static let derived = "derived"
  package static let writerSocket = "writer.sock"
  package static let secretByteCount = 32

  /// Whether a directory without `journal.json` that holds `name` may still become a journal: what
  /// an interrupted creation leaves behind.
  static func isLeftByCreation(_ name: String) -> Bool {
    let stem = name.hasSuffix(".tmp") ? String(name.dropLast(4)) : name
    return [settings, secret, key, lock, segments, oversize, index].contains(stem)
  }
}

/// The name of a segment: the index of its first entry in 12 digits.
package struct SegmentName: Hashable, Comparable, Sendable {
  /// 0 to 999,999,999,999.
  package let firstIndex: Int

  package init(firstIndex: Int) {
    precondition(firstIndex >= 0 && firstIndex < 1_000_000_000_000, "segment at \(firstIndex)")
    self.firstIndex = firstIndex
  }

  /// Nil unless `fileName` is 12 digits and `suffix`.
  init?(fileName: String, suffix: String) {
    let bytes = Array(fileName.utf8)
    guard bytes.count == 12 + suffix.utf8.count, fileName.hasSuffix(suffix) else { return nil }
    var value = 0
    for byte in bytes.prefix(12) {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    firstIndex = value
  }

  package static func < (left: SegmentName, right: SegmentName) -> Bool {
    left.firstIndex < right.firstIndex
  }

  /// The path without its suffix: `segments/` and 12 digits; how records name a segment.
  package var stem: String {
    var digits: [UInt8] = []
    digits.appendDecimal(firstIndex, width: 12)
    return JournalLayout.segments + "/" + String(decoding: digits, as: UTF8.self)
  }

  /// The file of entries, one line each.
  package var entriesPath: String { stem + ".jsonl" }
  /// The file of leaf hashes, 32 bytes each.
  package var leavesPath: String { stem + ".leaf" }
  /// The file of entries, compressed; instead of `entriesPath`.
  package var compressedPath: String { stem + ".jsonl.zst" }
  /// The entry `segment_pruned` that says why the entries are gone.
  package var prunedPath: String { stem + ".pruned" }
}
