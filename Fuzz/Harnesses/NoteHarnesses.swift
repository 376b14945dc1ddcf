import Ingest

extension Harness {
  static let notes: [Harness] = [
    Harness(
      "checkpoint", byteCountMax: 512, words: ["\n", "0", "9223372036854775807", "="],
      seeds: { Ledger.checkpoints.map { Array($0.body.utf8) } }, run: NoteProperties.checkpoint),
    Harness(
      "checkpoints", words: ["\n\n", "\u{2014} ", "\n"],
      seeds: { [Ledger.history, Ledger.unsignedHistory, Ledger.unsignedHistory + Ledger.history] },
      run: NoteProperties.history),
    Harness(
      "note", words: ["\n\n", "\u{2014} ", "\n", "AAAA", "=="],
      seeds: { [Ledger.signed.note.bytes, Ledger.cosigned.note.bytes] }, run: NoteProperties.note),
    Harness(
      "vkey", byteCountMax: 400, words: ["+", "+01", "AQ", "BA"],
      seeds: {
        texts(
          Ledger.signer.key.vkey, Ledger.witness.key.vkey,
          "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
      }, run: NoteProperties.vkey),
    Harness(
      "cosignature", byteCountMax: 96, seeds: { [Ledger.cosignature] },
      run: NoteProperties.cosignature),
  ]
}

/// Texts that have exactly one reading, and signatures that hold for nothing but what was signed.
enum NoteProperties {
  static func checkpoint(_ bytes: [UInt8]) throws {
    if let checkpoint = Checkpoint(body: bytes) {
      try require(Array(checkpoint.body.utf8) == bytes, "another body: \(checkpoint.body)")
    }
    guard let stored = StoredCheckpoint(bytes) else { return }
    let isPadded = stored.note == nil && bytes == stored.historyBytes
    try require(stored.bytes == bytes || isPadded, "stored as other bytes")
    try require(StoredCheckpoint(stored.historyBytes) == stored, "history reads otherwise")
  }

  /// The file reads the same in pieces of any size; what is whole ends within it.
  static func history(_ bytes: [UInt8]) throws {
    let trust = CheckpointTrust(logKey: Ledger.signer.key)
    let file = CheckpointBytes(bytes)
    for isSigned in [false, true] {
      let whole = try CheckpointHistory(file, isSigned: isSigned, trust: trust)
      try require(
        whole.wholeByteCount >= 0 && whole.tailByteCount >= 0
          && whole.wholeByteCount + whole.tailByteCount == bytes.count,
        "\(whole.wholeByteCount) whole and \(whole.tailByteCount) more of \(bytes.count) bytes")
      var (sequence, last, count) = (
        CheckpointSequence(file, endOffset: whole.wholeByteCount), Checkpoint?.none, 0
      )
      while let next = try sequence.next() {
        try require(next.size > last?.size ?? -1, "size \(next.size) after \(last?.size ?? -1)")
        (last, count) = (next, count + 1)
      }
      try require(
        last == whole.newest?.checkpoint && count == whole.count,
        "\(count) handed out of \(whole.count)")
      for pieceByteCount in [1, 7, bytes.count / 2 + 1] {
        let pieces = try CheckpointHistory(
          file, isSigned: isSigned, trust: trust, pieceByteCount: pieceByteCount)
        try require(
          pieces.count == whole.count && pieces.newest == whole.newest
            && pieces.wholeByteCount == whole.wholeByteCount
            && pieces.damageOffset == whole.damageOffset,
          "in pieces of \(pieceByteCount) it reads otherwise")
      }
    }
  }

  static func note(_ bytes: [UInt8]) throws {
    var note: SignedNote
    do { note = try SignedNote(bytes) } catch { return try requireLegible(error.description) }
    try require(note.bytes == bytes, "written as other bytes")
    try require(note.bytes.count <= SignedNote.byteCountMax, "\(note.bytes.count) bytes")
    for key in [Ledger.signer.key, Ledger.witness.key] {
      do {
        _ = try note.verified(under: [key])
        try require(note.text == Ledger.signed.note.text, "verified: \(note.text.text)")
      } catch let error as NoteError { try requireLegible(error.description) }
    }
    let before = note
    _ = note.merge(Ledger.cosigned.note.signatures)
    try require(note.signatures.starts(with: before.signatures), "merging displaced a signature")
    try require(try SignedNote(note.bytes) == note, "merged to what is no note")
    do { _ = try SignedCheckpoint(bytes) } catch { try requireLegible(error.description) }
  }

  static func vkey(_ bytes: [UInt8]) throws {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    do {
      let key = try VerifierKey(text)
      try require(key.vkey.utf8.elementsEqual(bytes), "written as \(key.vkey)")
    } catch let error as VerifierKeyError { try requireLegible(error.description) }
    if let plain = Base64.bytes(text) { try require(Base64.text(plain) == text, "base64 \(text)") }
    if let digest = Digest(hex: text) {
      try require(digest.hex == text.lowercased(), "hexadecimal \(text)")
    }
  }

  static func cosignature(_ bytes: [UInt8]) throws {
    guard let cosignature = Cosignature(bytes) else { return }
    try require(cosignature.blob == bytes && cosignature.seconds > 0, "written as other bytes")
    let isValid = Ledger.witness.key.verifies(bytes, on: Ledger.signed.note.text)
    try require(isValid == (bytes == Ledger.cosignature), "a forged cosignature verifies")
  }
}
