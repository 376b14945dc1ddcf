import Ingest
import TestSupport
import Testing

private let root = SHA256.digest([UInt8]().span)
private let otherRoot = SHA256.digest([1].span)

private func signer() throws -> NoteSigner {
  NoteSigner(name: "vigil/edge-1", try #require(Ed25519SigningKey(seed: Array(1...32))))
}

private func witness(_ name: String, _ seed: UInt8) throws -> NoteSigner {
  NoteSigner(
    name: name, kind: .cosignature,
    try #require(Ed25519SigningKey(seed: [UInt8](repeating: seed, count: 32))))
}

private func checkpoint(_ size: Int, _ root: Digest = root) -> Checkpoint {
  Checkpoint(origin: "vigil/edge-1", size: size, root: root)
}

private func bare(_ size: Int) -> [UInt8] {
  StoredCheckpoint(unsigned: checkpoint(size)).historyBytes
}

private func signed(_ size: Int, _ root: Digest = root) throws -> SignedCheckpoint {
  SignedCheckpoint(checkpoint(size, root), by: try signer())
}

private func cosigned(_ size: Int, _ witnesses: [NoteSigner]) throws -> [UInt8] {
  var note = try signed(size)
  _ = note.merge(witnesses.map { $0.sign(note.note.text, at: 1_700_000_000 + Int64(size)) })
  return note.note.bytes
}

private func history(
  _ bytes: [UInt8], isSigned: Bool = false, trust: CheckpointTrust? = nil,
  pieceByteCount: Int = 4096
) throws -> CheckpointHistory {
  try CheckpointHistory(
    CheckpointBytes(bytes), isSigned: isSigned, trust: trust, pieceByteCount: pieceByteCount)
}

private func sizes(_ bytes: [UInt8], isSigned: Bool = false) throws -> [Int] {
  try CheckpointBytes(bytes).checkpoints(isSigned: isSigned).map(\.size)
}

@Suite("CheckpointHistory")
struct CheckpointHistoryTests {
  @Test("reads bare bodies of an earlier version, and tells a torn one apart wherever it is torn")
  func unsignedTail() throws {
    let notes = [10, 20, 30].map(bare)
    let whole = Array(notes.joined())
    #expect(try sizes(whole) == [10, 20, 30])
    #expect(try history(whole).unsignedCount == 3)
    for length in 0..<whole.count {
      let history = try history(Array(whole.prefix(length)))
      #expect(history.count == length / notes[0].count)
      #expect(history.wholeByteCount + history.tailByteCount == length)
      #expect(history.damageOffset == nil)
    }
  }

  @Test(
    "reads signed notes, and tells a torn one apart wherever it is torn", arguments: [1, 7, 4096])
  func signedTail(_ pieceByteCount: Int) throws {
    let notes = try [bare(5), signed(10).note.bytes, cosigned(20, [witness("w", 1)])]
    let whole = Array(notes.joined())
    let boundaries = [0, notes[0].count, notes[0].count + notes[1].count]
    // The third note is whole once its first signature is: what is missing is a cosignature.
    let firstLineEnd = try boundaries[2] + signed(20).note.bytes.count
    for length in 0...whole.count {
      let bytes = Array(whole.prefix(length))
      let history = try history(bytes, isSigned: true, pieceByteCount: pieceByteCount)
      let isCosigned = length == whole.count || length == firstLineEnd
      var expected = isCosigned ? [5, 10, 20] : length >= boundaries[2] ? [5, 10] : []
      // Before the second is whole, the bare body is the last: a note without its signature.
      if length == boundaries[1] + bare(10).count { expected = [5] }
      #expect(history.count == expected.count && history.newest?.checkpoint.size == expected.last)
      #expect(try sizes(bytes, isSigned: true) == expected, "\(length) bytes")
      #expect(history.wholeByteCount + history.tailByteCount == length)
      #expect(history.damageOffset == nil)
    }
  }

  @Test("a note that comes again brings signatures, not another checkpoint")
  func repetition() throws {
    let w = try witness("w", 1)
    let bytes =
      try signed(10).note.bytes + signed(20).note.bytes + cosigned(20, [w])
      + cosigned(10, [w])
    let history = try history(bytes, isSigned: true)
    #expect(try sizes(bytes, isSigned: true) == [10, 20])
    #expect(history.newest?.note?.signatures.count == 2)
    #expect(history.tailByteCount == 0)
  }

  @Test("what does not continue the notes before it is damage, at its offset")
  func damage() throws {
    let (first, second) = (try signed(10).note.bytes, try signed(20).note.bytes)
    let other = try signed(20, otherRoot).note.bytes
    for (later, expected) in [
      (bare(30), "a bare body between signed notes"),
      (try signed(15).note.bytes, "a size that was never signed"),
      (try signed(5).note.bytes, "a size before the first"),
      (other, "another root"),
    ] {
      let bytes = first + second + later + first
      #expect(try history(bytes).damageOffset == first.count + second.count, "\(expected)")
      #expect(try sizes(bytes) == [10, 20])
    }
    #expect(try history(bare(20) + bare(10)).damageOffset == bare(20).count)
    #expect(try history(bare(20) + bare(20)).damageOffset == bare(20).count)
  }

  @Test("a checkpoint of another log does not continue the file")
  func foreignOrigin() throws {
    let foreign = Checkpoint(origin: "edge-2", size: 20, root: root)
    let bytes = bare(10) + StoredCheckpoint(unsigned: foreign).historyBytes + bare(30)
    #expect(try sizes(bytes) == [10])
    #expect(try history(bytes).damageOffset == bare(10).count)
  }

  @Test("in a signed journal a bare body at the end is a note that lost its signature")
  func unsignedEnd() throws {
    let history = try history(bare(10) + bare(20), isSigned: true)
    #expect(history.count == 1 && history.first?.size == 10)
    #expect(history.newest?.checkpoint.size == 10)
    #expect(history.tailByteCount == bare(20).count)
    #expect(history.unsignedCount == 1)
  }

  @Test("a repetition is compared with what it repeats, however far back that is")
  func farRepetition() throws {
    // Bare bodies of 0, 3, … 1,197, then signed notes far enough to leave them behind.
    let whole = try (0..<400).flatMap { bare(3 * $0) } + signed(1_200).note.bytes
    func read(_ bytes: [UInt8], _ placeCountMax: Int) throws -> CheckpointHistory {
      try CheckpointHistory(CheckpointBytes(bytes), placeCountMax: placeCountMax)
    }
    for placeCountMax in [1, 7, 1_000] {
      let right = try (0...400).flatMap { try signed(3 * $0).note.bytes }
      let again = try read(whole + right, placeCountMax)
      #expect(again.damageOffset == nil && again.tailByteCount == 0 && again.count == 401)
      for size in [0, 3, 600, 1_005, 1_008, 1_011, 1_197] {
        for wrong in [try signed(size, otherRoot), try signed(size + 2)] {
          let refused = try read(whole + wrong.note.bytes, placeCountMax)
          #expect(refused.damageOffset == whole.count, "\(size) with \(placeCountMax)")
        }
      }
    }
  }

  @Test("hands out the checkpoints from any size on, and finds one by size")
  func sequence() throws {
    let bytes = CheckpointBytes((1...100).flatMap { bare($0 * 3) })
    for size in 0...301 {
      var sequence = CheckpointSequence(bytes, beyond: size - 1)
      let expected = size % 3 == 0 && (3...300).contains(size) ? size : nil
      #expect(try sequence.checkpoint(size: size)?.size == expected)
    }
  }

  @Test("the newest checkpoint with enough different witnesses meets the quorum")
  func quorum() throws {
    let (one, two) = (try witness("w1", 1), try witness("w2", 2))
    let alias = try witness("w3", 2)
    let bytes = try cosigned(10, [one, two]) + cosigned(20, [one]) + cosigned(30, [two, alias])
    func witnessed(_ keys: [NoteSigner], _ quorum: Int) throws -> Int? {
      let trust = CheckpointTrust(
        logKey: try signer().key, witnessKeys: keys.map(\.key), quorum: quorum)
      return try history(bytes, isSigned: true, trust: trust).witnessed?.checkpoint.size
    }
    #expect(try witnessed([one, two], 1) == 30)
    #expect(try witnessed([one], 1) == 20)
    #expect(try witnessed([one, two], 2) == 10)
    #expect(try witnessed([one, two, alias], 2) == 10, "one key under two names counts once")
    #expect(try witnessed([one, two, alias], 3) == nil)
    #expect(try witnessed([one, two], 0) == nil)
  }
}
