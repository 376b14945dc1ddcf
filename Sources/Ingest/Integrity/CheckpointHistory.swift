/// The file `checkpoints`: every checkpoint in the order in which it was made.
///
/// Each is its body followed by an empty line and by its signature lines, of which there are none
/// yet: a note without signatures. A reader tells the next body by its first line not beginning
/// with an em dash and a space.
package struct CheckpointHistory: Sendable, Equatable {
  /// Bytes of the longest file taken: about 600,000 checkpoints.
  package static let byteCountMax = 64 << 20

  /// In file order; sizes strictly rising in an undamaged journal.
  package private(set) var checkpoints: [Checkpoint] = []
  /// Bytes that the whole checkpoints take.
  package private(set) var wholeByteCount = 0
  /// What follows them: a torn write, or damage.
  package private(set) var tailByteCount = 0
  /// Offset of the first text that is no checkpoint although its lines are whole; nil when sound.
  package private(set) var damageOffset: Int?

  /// Reads the file's bytes up to the first text that is no whole checkpoint.
  package init(_ bytes: [UInt8]) {
    var offset = 0
    while offset < bytes.count {
      guard let end = CheckpointHistory.bodyEnd(bytes, from: offset) else { break }
      guard let checkpoint = Checkpoint(body: Array(bytes[offset..<end])),
        checkpoints.last.map({ $0.size < checkpoint.size }) ?? true
      else {
        damageOffset = offset
        break
      }
      guard end < bytes.count else { break }
      guard bytes[end] == 0x0A else {
        damageOffset = end
        break
      }
      checkpoints.append(checkpoint)
      offset = end + 1
      wholeByteCount = offset
    }
    tailByteCount = bytes.count - wholeByteCount
  }

  /// The bytes that add `checkpoint` to the file.
  package static func note(_ checkpoint: Checkpoint) -> [UInt8] {
    Array((checkpoint.body + "\n").utf8)
  }

  /// One past the third newline; nil when the file ends before it.
  private static func bodyEnd(_ bytes: [UInt8], from offset: Int) -> Int? {
    var newlineCount = 0
    for index in offset..<bytes.count where bytes[index] == 0x0A {
      newlineCount += 1
      if newlineCount == 3 { return index + 1 }
    }
    return nil
  }
}
