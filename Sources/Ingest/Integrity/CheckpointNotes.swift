/// The bytes of the file `checkpoints`, as many as there are when reading begins.
package struct CheckpointBytes {
  private enum Origin {
    case memory([UInt8])
    case file(any JournalFile)
  }

  private let origin: Origin
  package let byteCount: Int

  package init(_ bytes: [UInt8]) {
    origin = .memory(bytes)
    byteCount = bytes.count
  }

  init(_ file: any JournalFile) throws(StorageError) {
    origin = .file(file)
    byteCount = try file.size()
  }

  /// A journal's; no bytes when it has no such file.
  package init(_ storage: any JournalStorage) throws(StorageError) {
    do {
      try self.init(try storage.open(JournalLayout.checkpoints, .reading))
    } catch {
      guard error.isMissing else { throw error }
      self.init([])
    }
  }

  /// At most `countMax` bytes from `offset`; none at the end, also where a file became shorter.
  fileprivate func piece(at offset: Int, countMax: Int) throws(StorageError) -> [UInt8] {
    let wanted = min(countMax, byteCount - offset)
    guard wanted > 0 else { return [] }
    switch origin {
    case .memory(let bytes): return Array(bytes[offset..<offset + wanted])
    case .file(let file):
      var piece = [UInt8](repeating: 0, count: wanted)
      let count = try file.read(at: offset, into: &piece, 0..<wanted)
      piece.removeLast(wanted - count)
      return piece
    }
  }
}

/// The notes of the file `checkpoints`, one after the other.
///
/// Each is a signed note, or a bare body with an empty line behind it. The next one begins at the
/// first line that does not begin with an em dash and a space. Memory: a piece and a note.
package struct CheckpointNotes {
  package struct Note {
    package let stored: StoredCheckpoint
    /// Of its first byte in the file.
    package let offset: Int
    /// Whether no byte follows it.
    let isLast: Bool
  }

  private let bytes: CheckpointBytes
  private let pieceByteCount: Int
  private var pending: [UInt8] = []
  /// Of `pending`, as far as notes have been handed out.
  private var used = 0
  private var isAtEnd = false
  /// One past the last byte of the last note.
  package private(set) var offset: Int

  /// - Parameters:
  ///   - offset: where a note begins.
  ///   - pieceByteCount: bytes read at a time; changes no result.
  package init(_ bytes: CheckpointBytes, from offset: Int = 0, pieceByteCount: Int = 1 << 16) {
    self.bytes = bytes
    self.offset = offset
    self.pieceByteCount = pieceByteCount
  }

  /// The next whole note; nil at the end, and where no note begins.
  package mutating func next() throws(StorageError) -> Note? {
    while true {
      switch NoteBounds(pending, from: used, isAtEnd: isAtEnd) {
      case .whole(let end):
        let note = Array(pending[used..<end])
        guard let stored = StoredCheckpoint(note), stored.historyBytes == note else { return nil }
        defer {
          offset += note.count
          used = end
        }
        return Note(stored: stored, offset: offset, isLast: isAtEnd && end == pending.count)
      case .broken: return nil
      case .incomplete:
        if isAtEnd { return nil }
        try fill()
      }
    }
  }

  private mutating func fill() throws(StorageError) {
    pending.removeFirst(used)
    used = 0
    let piece = try bytes.piece(at: offset + pending.count, countMax: pieceByteCount)
    pending += piece
    isAtEnd = piece.isEmpty || offset + pending.count == bytes.byteCount
  }
}

/// Where one note ends.
private enum NoteBounds {
  /// One past its last byte.
  case whole(end: Int)
  /// More bytes are needed to tell.
  case incomplete
  /// No note begins like this.
  case broken

  private static let mark = Array("— ".utf8)

  /// Three lines, an empty line, and every following line that begins with the mark.
  init(_ bytes: [UInt8], from start: Int, isAtEnd: Bool) {
    self = .incomplete
    var position = start
    for _ in 0..<3 {
      let limit = min(bytes.count, start + Checkpoint.bodyByteCountMax)
      guard let newline = bytes[position..<max(position, limit)].firstIndex(of: 0x0A) else {
        if bytes.count - start >= Checkpoint.bodyByteCountMax { self = .broken }
        return
      }
      position = newline + 1
    }
    guard position < bytes.count else { return }
    guard bytes[position] == 0x0A else {
      self = .broken
      return
    }
    self = NoteBounds(bytes, from: start, signaturesFrom: position + 1, isAtEnd: isAtEnd)
  }

  private init(_ bytes: [UInt8], from start: Int, signaturesFrom first: Int, isAtEnd: Bool) {
    self = .incomplete
    var position = first
    while position - start <= SignedNote.byteCountMax {
      let rest = bytes[position...]
      if rest.isEmpty {
        if isAtEnd { self = .whole(end: position) }
        return
      }
      guard rest.starts(with: NoteBounds.mark) else {
        let isBegun = rest.count < NoteBounds.mark.count && NoteBounds.mark.starts(with: rest)
        if !isBegun { self = .whole(end: position) }
        return
      }
      guard let newline = rest.prefix(SignedNote.byteCountMax).firstIndex(of: 0x0A) else {
        if rest.count >= SignedNote.byteCountMax { self = .broken }
        return
      }
      position = newline + 1
    }
    self = .broken
  }
}
