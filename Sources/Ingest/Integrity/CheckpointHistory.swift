/// The file `checkpoints`: every checkpoint in the order in which it was made.
///
/// Each is a signed note; those of a journal that was unsigned once begin the file as bare bodies,
/// an empty line behind each. A reader tells the next body by its first line not beginning with an
/// em dash and a space. A note may come again, with the same body and more signatures: cosignatures
/// that arrived later.
///
/// Takes the file in pieces. Memory: 40 bytes a checkpoint, and one note.
package struct CheckpointHistory: Sendable {
  /// Most checkpoints read; at one every ten seconds, 21 years without a pause.
  package static let checkpointCountMax = 1 << 26

  /// In file order, each once; sizes strictly rising.
  package private(set) var checkpoints = CheckpointList()
  /// The last of `checkpoints` with the signatures that it has at last.
  package private(set) var newest: StoredCheckpoint?
  /// Bytes that the whole notes take.
  package private(set) var wholeByteCount = 0
  /// What follows them: a torn write, or damage.
  package var tailByteCount: Int { byteCount - wholeByteCount }
  /// Offset of the first whole note that does not continue those before; nil when sound.
  package private(set) var damageOffset: Int?
  /// Bare bodies.
  package private(set) var unsignedCount = 0
  /// The first note whose signatures are refused, and how many are.
  private(set) var refusal: (offset: Int, error: CheckpointError)?
  private(set) var refusedCount = 0
  /// The newest checkpoint that meets the quorum; nil also when none was asked for.
  package private(set) var witnessed: WitnessedCheckpoint?
  /// Most witnesses that any one note has.
  private(set) var witnessCountMax = 0

  /// The signed checkpoint of the size asked for, with the signatures of all its notes.
  package private(set) var collected: SignedCheckpoint?

  private let trust: CheckpointTrust?
  private let collectedSize: Int?
  private var byteCount = 0
  /// From `wholeByteCount` on, as far as it has been taken.
  private var pending: [UInt8] = []
  private var isStopped = false
  /// Where the last note begins when it is a bare body.
  private var lastUnsignedOffset: Int?

  /// - Parameters:
  ///   - trust: judges every note's signatures; nil leaves them unread.
  ///   - size: the tree size whose notes are to be collected.
  package init(trust: CheckpointTrust? = nil, collecting size: Int? = nil) {
    self.trust = trust
    collectedSize = size
  }

  /// Reads a whole file.
  package init(_ bytes: [UInt8], isSigned: Bool = false, trust: CheckpointTrust? = nil) {
    self.init(trust: trust)
    take(bytes)
    finish(isSigned: isSigned)
  }

  /// Takes in the next bytes of the file.
  package mutating func take(_ piece: [UInt8]) {
    byteCount += piece.count
    guard !isStopped else { return }
    pending += piece
    parse(isAtEnd: false)
  }

  /// Ends the file.
  ///
  /// - Parameter isSigned: whether the journal has a key: then a bare body at the end is a note whose
  ///   signature was not written to its end.
  package mutating func finish(isSigned: Bool) {
    parse(isAtEnd: true)
    pending = []
    guard isSigned, let offset = lastUnsignedOffset else { return }
    checkpoints.removeLast()
    newest = checkpoints.last.map { StoredCheckpoint(unsigned: $0) }
    unsignedCount -= 1
    wholeByteCount = offset
  }

  /// The checkpoint of this size; nil when there is none. Cost: a binary search.
  package func checkpoint(size: Int) -> Checkpoint? {
    var range = 0..<checkpoints.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      let found = checkpoints.size(at: middle)
      if found == size { return checkpoints[middle] }
      range = found < size ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }

  private mutating func parse(isAtEnd: Bool) {
    var start = 0
    scan: while !isStopped, start < pending.count {
      switch HistoryNote.bounds(pending, from: start, isAtEnd: isAtEnd) {
      case .whole(let end):
        accept(
          Array(pending[start..<end]), at: wholeByteCount, isLast: isAtEnd && end == pending.count)
        guard !isStopped else { break scan }
        wholeByteCount += end - start
        start = end
      case .incomplete: break scan
      case .broken: isStopped = true
      }
    }
    pending.removeFirst(start)
  }

  private mutating func accept(_ bytes: [UInt8], at offset: Int, isLast: Bool) {
    guard let stored = HistoryNote.read(bytes), checkpoints.count < Self.checkpointCountMax else {
      isStopped = true
      return
    }
    guard continues(stored) else {
      // Behind a signed note, a bare body at the very end is one whose signature was torn off.
      if !(isLast && stored.note == nil && unsignedCount < checkpoints.count) {
        damageOffset = offset
      }
      isStopped = true
      return
    }
    judge(stored, at: offset)
    if stored.checkpoint.size == collectedSize { collect(stored) }
    lastUnsignedOffset = stored.note == nil ? offset : nil
    if stored.note == nil { unsignedCount += 1 }
    guard let last = checkpoints.last, stored.checkpoint.size <= last.size else {
      checkpoints.append(stored.checkpoint)
      newest = stored
      return
    }
    if stored.checkpoint.size == last.size { newest = stored }
  }

  /// One log; sizes rise; a repetition is of a signed note that is there; bare bodies come first.
  private func continues(_ stored: StoredCheckpoint) -> Bool {
    guard let last = checkpoints.last else { return true }
    guard checkpoints.isOfSameLog(stored.checkpoint) else { return false }
    if stored.note == nil {
      return unsignedCount == checkpoints.count && stored.checkpoint.size > last.size
    }
    return stored.checkpoint.size > last.size
      || checkpoint(size: stored.checkpoint.size) == stored.checkpoint
  }

  private mutating func collect(_ stored: StoredCheckpoint) {
    guard let signed = stored.signed else { return }
    if collected == nil { collected = signed } else { _ = collected?.merge(signed.note.signatures) }
  }

  private mutating func judge(_ stored: StoredCheckpoint, at offset: Int) {
    guard let trust else { return }
    let judgement = trust.judge(stored)
    if case .refused(let error) = judgement.signature {
      if refusal == nil { refusal = (offset, error) }
      refusedCount += 1
    }
    witnessCountMax = max(witnessCountMax, judgement.cosignatures.count)
    guard trust.quorum > 0, judgement.cosignatures.count >= trust.quorum,
      stored.checkpoint.size >= witnessed?.checkpoint.size ?? 0
    else { return }
    witnessed = WitnessedCheckpoint(stored.checkpoint, judgement.cosignatures)
  }
}

/// Where one note of the file `checkpoints` ends, and what it is.
private enum HistoryNote {
  enum Bounds {
    /// One past its last byte.
    case whole(end: Int)
    /// More bytes are needed to tell.
    case incomplete
    /// No note begins like this.
    case broken
  }

  private static let mark = Array("— ".utf8)

  /// Three lines, an empty line, and every following line that begins with the mark.
  static func bounds(_ bytes: [UInt8], from start: Int, isAtEnd: Bool) -> Bounds {
    var position = start
    for _ in 0..<3 {
      let limit = min(bytes.count, start + Checkpoint.bodyByteCountMax)
      guard let newline = bytes[position..<max(position, limit)].firstIndex(of: 0x0A) else {
        return bytes.count - start < Checkpoint.bodyByteCountMax ? .incomplete : .broken
      }
      position = newline + 1
    }
    guard position < bytes.count else { return .incomplete }
    guard bytes[position] == 0x0A else { return .broken }
    position += 1
    while position - start <= SignedNote.byteCountMax {
      let rest = bytes[position...]
      if rest.isEmpty { return isAtEnd ? .whole(end: position) : .incomplete }
      guard rest.starts(with: mark) else {
        let isBegun = rest.count < mark.count && mark.starts(with: rest)
        return isBegun ? .incomplete : .whole(end: position)
      }
      guard let newline = rest.prefix(SignedNote.byteCountMax).firstIndex(of: 0x0A) else {
        return rest.count < SignedNote.byteCountMax ? .incomplete : .broken
      }
      position = newline + 1
    }
    return .broken
  }

  static func read(_ bytes: [UInt8]) -> StoredCheckpoint? {
    guard let stored = StoredCheckpoint(bytes), stored.historyBytes == bytes else { return nil }
    return stored
  }
}
