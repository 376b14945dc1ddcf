/// What the file `checkpoints` says, from its first note to its last.
///
/// Each is a signed note; those of a journal that was unsigned once begin the file as bare bodies,
/// an empty line behind each. A note may come again, with the same body and more signatures:
/// cosignatures that arrived later.
///
/// Memory: less than 1 MiB, however many there are; `CheckpointSequence` hands them out.
package struct CheckpointHistory: Sendable {
  /// Checkpoints, repetitions not counted.
  package private(set) var count = 0
  package private(set) var first: Checkpoint?
  /// The last one with the signatures that it has at last.
  package private(set) var newest: StoredCheckpoint?
  /// Bytes that the whole notes take.
  package private(set) var wholeByteCount = 0
  /// What follows them: a torn write, or damage.
  package private(set) var tailByteCount = 0
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

  private static let recentCountMax = 64
  /// The newest ones, up to twice as many: most repetitions are of one of them.
  private var recent: [Checkpoint] = []
  private var places: CheckpointPlaces

  /// Reads the file.
  ///
  /// Cost: with trust, one signature check a note, about 0.1 ms. A repetition of a checkpoint that
  /// is not among the last 64 reads a part of the file again: at most one note in 16,384.
  ///
  /// - Parameters:
  ///   - isSigned: whether the journal has a key: then a bare body at the end is a note whose
  ///     signature was not written to its end.
  ///   - trust: judges every note's signatures; nil leaves them unread.
  ///   - size: the tree size whose notes are to be collected.
  ///   - pieceByteCount: bytes read at a time; changes no result.
  ///   - placeCountMax: 16 bytes each; with fewer, far repetitions read more. Changes no result.
  package init(
    _ bytes: CheckpointBytes, isSigned: Bool = false, trust: CheckpointTrust? = nil,
    collecting size: Int? = nil, pieceByteCount: Int = 1 << 16, placeCountMax: Int = 1 << 15
  ) throws(StorageError) {
    places = CheckpointPlaces(countMax: placeCountMax)
    var notes = CheckpointNotes(bytes, pieceByteCount: pieceByteCount)
    var bareEnd: Int?
    while let note = try notes.next(), try continues(note, bytes) {
      judge(note, trust)
      if note.stored.checkpoint.size == size { collect(note.stored) }
      add(note)
      wholeByteCount = notes.offset
      bareEnd = note.stored.note == nil ? note.offset : nil
    }
    if isSigned, let bareEnd { removeLast(offset: bareEnd) }
    tailByteCount = bytes.byteCount - wholeByteCount
    places = CheckpointPlaces(countMax: 1)
  }

  /// Whether it is one of the two newest: what the file `checkpoint` may hold.
  func isNewest(_ checkpoint: Checkpoint) -> Bool { recent.suffix(2).contains(checkpoint) }

  /// One log; sizes rise; a repetition is of a signed note that is there; bare bodies come first.
  private mutating func continues(
    _ note: CheckpointNotes.Note, _ bytes: CheckpointBytes
  ) throws(StorageError) -> Bool {
    let (checkpoint, isBare) = (note.stored.checkpoint, note.stored.note == nil)
    guard let last = recent.last else { return true }
    let isRising = checkpoint.size > last.size
    if checkpoint.origin.utf8.elementsEqual(last.origin.utf8) {
      if isRising, !isBare || unsignedCount == count { return true }
      if !isRising, !isBare, try earlier(checkpoint.size, bytes) == checkpoint { return true }
    }
    // Behind a signed note, a bare body at the very end is one whose signature was torn off.
    if !(note.isLast && isBare && unsignedCount < count) { damageOffset = note.offset }
    return false
  }

  private func earlier(_ size: Int, _ bytes: CheckpointBytes) throws(StorageError) -> Checkpoint? {
    if let oldest = recent.first, oldest.size <= size {
      return recent.last { $0.size == size }
    }
    return try places.checkpoint(size: size, in: bytes, endOffset: wholeByteCount)
  }

  private mutating func add(_ note: CheckpointNotes.Note) {
    let checkpoint = note.stored.checkpoint
    if note.stored.note == nil { unsignedCount += 1 }
    if let last = recent.last, checkpoint.size <= last.size {
      if checkpoint.size == last.size { newest = note.stored }
      return
    }
    if first == nil { first = checkpoint }
    newest = note.stored
    places.add(size: checkpoint.size, offset: note.offset)
    count += 1
    recent.append(checkpoint)
    if recent.count == 2 * CheckpointHistory.recentCountMax {
      recent.removeFirst(CheckpointHistory.recentCountMax)
    }
  }

  /// Takes a bare body back; those before it are bare too.
  private mutating func removeLast(offset: Int) {
    recent.removeLast()
    newest = recent.last.map { StoredCheckpoint(unsigned: $0) }
    if recent.isEmpty { first = nil }
    count -= 1
    unsignedCount -= 1
    wholeByteCount = offset
  }

  private mutating func collect(_ stored: StoredCheckpoint) {
    guard let signed = stored.signed else { return }
    if collected == nil { collected = signed } else { _ = collected?.merge(signed.note.signatures) }
  }

  private mutating func judge(_ note: CheckpointNotes.Note, _ trust: CheckpointTrust?) {
    guard let trust else { return }
    let checkpoint = note.stored.checkpoint
    let judgement = trust.judge(note.stored)
    if case .refused(let error) = judgement.signature {
      if refusal == nil { refusal = (note.offset, error) }
      refusedCount += 1
    }
    witnessCountMax = max(witnessCountMax, judgement.cosignatures.count)
    guard trust.quorum > 0, judgement.cosignatures.count >= trust.quorum,
      checkpoint.size >= witnessed?.checkpoint.size ?? 0
    else { return }
    witnessed = WitnessedCheckpoint(checkpoint, judgement.cosignatures)
  }
}
