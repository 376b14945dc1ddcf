import Ingest
import TestSupport
import Testing

private let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
private let example = """
  This is an example message.

  — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

  """
private let line = String(example.split(separator: "\n")[1])

private func signer(_ name: String, _ seed: UInt8) throws -> NoteSigner {
  NoteSigner(
    name: name,
    try #require(Ed25519SigningKey(seed: [UInt8](repeating: seed, count: 32))))
}

@Suite("SignedNote")
struct SignedNoteTests {
  @Test("a line that no note may hold is no signature line, so none can be added that hides a note")
  func controlCharactersInNames() throws {
    #expect(NoteSignature(line: Array("\u{2014} na\u{1}me AAAAAQI=".utf8)[...]) == nil)
    #expect(NoteSignature(line: Array("\u{2014} na\u{0}me AAAAAQI=".utf8)[...]) == nil)
    let text = Array("text\n".utf8)
    var note = SignedNote(text: text, signatures: [try signer("log", 1).sign(text, at: 1)])
    let lines = ["a\u{1F}", "\u{7F}b", "\u{9B}c"].compactMap {
      NoteSignature(line: Array("\u{2014} \($0) AAAAAQI=".utf8)[...])
    }
    #expect(note.merge(lines) == 2)
    #expect(try SignedNote(note.bytes) == note)
  }

  @Test("the published vkey verifies the published note")
  func publishedVector() throws {
    let note = try SignedNote(Array(example.utf8))
    let key = try VerifierKey(vkey)
    #expect(note.text == Array("This is an example message.\n".utf8))
    #expect(try note.verified(under: [key]).map(\.key) == [key])
    #expect(note.bytes == Array(example.utf8))
  }

  @Test(
    "reads every well-formed note, and gives its bytes back",
    arguments: [
      example, "\n\n\(line)\n", "a\n\n\n\(line)\n", "a\n\nb\n\n\(line)\n",
      "text\n\n\(line)\n\(line)\n", "ü\n\n— näme AAAAAQI=\n",
      "text\n\n\(line)\n— other.example/post-quantum \(Base64.text([UInt8](repeating: 9, count: 5000)))\n",
    ])
  func wellFormed(_ text: String) throws {
    #expect(try SignedNote(Array(text.utf8)).bytes == Array(text.utf8))
  }

  @Test(
    "refuses everything else",
    arguments: [
      ("", NoteError.noSignatures), ("\n", .noSignatures), ("text\n", .noSignatures),
      ("text\n\n", .noSignatures), ("\n\n", .noSignatures),
      ("text\n\(line)\n", .noSignatures), ("text\n\n\(line)", .noSignatures),
      ("\n\(line)\n", .noSignatures),
      ("text\n\n\(line)\n\n", .noSignatures),
      ("text\n\n\(line)\nmore\n", .malformedSignature(position: 1)),
      ("text\r\n\n\(line)\n", .controlCharacter(byteOffset: 4)),
      ("te\txt\n\n\(line)\n", .controlCharacter(byteOffset: 2)),
      ("te\0xt\n\n\(line)\n", .controlCharacter(byteOffset: 2)),
      ("text\n\n- example.com/foo AAAAAQI=\n", .malformedSignature(position: 0)),
      ("text\n\n—example.com/foo AAAAAQI=\n", .malformedSignature(position: 0)),
      ("text\n\n—  AAAAAQI=\n", .malformedSignature(position: 0)),
      ("text\n\n— example.com/foo\n", .malformedSignature(position: 0)),
      ("text\n\n— example.com/foo \n", .malformedSignature(position: 0)),
      ("text\n\n— example.com/foo  AAAAAQI=\n", .malformedSignature(position: 0)),
      ("text\n\n— example.com/foo AAAAAQI= \n", .malformedSignature(position: 0)),
      ("text\n\n— example+com/foo AAAAAQI=\n", .malformedSignature(position: 0)),
      ("text\n\n— example\u{A0}com AAAAAQI=\n", .malformedSignature(position: 0)),
      ("text\n\n— example.com/foo AAAAAQI\n", .malformedSignature(position: 0)),
      ("text\n\n— example.com/foo AAAAAQJ=\n", .malformedSignature(position: 0)),
      ("text\n\n— example.com/foo AAAA\n", .malformedSignature(position: 0)),
      ("text\n\n— example.com/foo AAAAAA==\n", .malformedSignature(position: 0)),
      ("text\n\n— example.com/foo AAAA-QI=\n", .malformedSignature(position: 0)),
    ])
  func malformed(_ text: String, _ expected: NoteError) {
    #expect(throws: expected) { try SignedNote(Array(text.utf8)) }
  }

  @Test("refuses bytes that are no UTF-8")
  func notUTF8() {
    let bytes = Array("te".utf8) + [0xFF] + Array("xt\n\n\(line)\n".utf8)
    #expect(throws: NoteError.notUTF8) { try SignedNote(bytes) }
  }

  @Test("takes as many lines and bytes as stated, and not one more")
  func limits() throws {
    func note(lines: Int) -> [UInt8] {
      Array("text\n\n".utf8) + (0..<lines).flatMap { Array("— k\($0) AAAAAQI=\n".utf8) }
    }
    #expect(try SignedNote(note(lines: SignedNote.signatureCountMax)).signatures.count == 64)
    #expect(throws: NoteError.tooManySignatures(count: 65)) { try SignedNote(note(lines: 65)) }
    let room = SignedNote.byteCountMax - note(lines: 1).count
    let full = [UInt8](repeating: 0x61, count: room) + note(lines: 1)
    #expect(try SignedNote(full).bytes.count == SignedNote.byteCountMax)
    #expect(throws: NoteError.tooLong(byteCount: full.count + 1)) { try SignedNote([0x61] + full) }
  }

  @Test("every change of one byte is refused, or leaves no signature that counts")
  func mutations() throws {
    let key = try VerifierKey(vkey)
    let original = try SignedNote(Array(example.utf8))
    var refusedCount = 0
    for offset in original.bytes.indices {
      for value in UInt8.min...UInt8.max where value != original.bytes[offset] {
        var altered = original.bytes
        altered[offset] = value
        let verified = (try? SignedNote(altered)).flatMap { try? $0.verified(under: [key]) }
        #expect(verified == nil, "byte \(offset) as \(value)")
        refusedCount += 1
      }
    }
    #expect(refusedCount == original.bytes.count * 255)
  }

  @Test("every note cut short or with a byte more is refused")
  func truncations() throws {
    let key = try VerifierKey(vkey)
    let bytes = Array(example.utf8)
    for length in bytes.indices {
      let verified = (try? SignedNote(Array(bytes.prefix(length)))).flatMap {
        try? $0.verified(under: [key])
      }
      #expect(verified == nil, "\(length) bytes")
    }
    for value in UInt8.min...UInt8.max {
      #expect((try? SignedNote(bytes + [value])) == nil, "byte \(value) behind")
    }
  }
}

@Suite("SignedNote: whose signatures count")
struct NoteTrustTests {
  private let text = Array("text\n".utf8)

  @Test("unknown keys are ignored, even with a known key's name or id, but not both")
  func unknownKeys() throws {
    let (known, other) = (try signer("log", 1), try signer("log", 2))
    let sameID = NoteSignature(name: "elsewhere", keyID: known.key.keyID, blob: [1, 2, 3])
    let note = SignedNote(
      text: text, signatures: [other.sign(text, at: 1), sameID, known.sign(text, at: 1)])
    #expect(try note.verified(under: [known.key]).map(\.key) == [known.key])
    let strangers = SignedNote(text: text, signatures: [other.sign(text, at: 1), sameID])
    #expect(throws: NoteError.noKnownSignature) { try strangers.verified(under: [known.key]) }
    #expect(throws: NoteError.noKnownSignature) { try note.verified(under: []) }
  }

  @Test("a known key's bad signature rejects the note, whatever else is on it")
  func badSignature() throws {
    let (first, second) = (try signer("log", 1), try signer("log", 2))
    let good = first.sign(text, at: 1)
    let bad = NoteSignature(
      name: "log", keyID: second.key.keyID, blob: [UInt8](repeating: 0, count: 64))
    let expected = NoteError.badSignature(name: "log", keyID: second.key.keyIDHex)
    for lines in [[good, bad], [bad, good], [second.sign(text, at: 1), good, bad]] {
      let note = SignedNote(text: text, signatures: lines)
      #expect(throws: expected) { try note.verified(under: [first.key, second.key]) }
      #expect(try note.verified(under: [first.key]).count == 1, "the second is unknown here")
    }
  }

  @Test("a key counts once, however often it signed or is named")
  func countedOnce() throws {
    let log = try signer("log", 1)
    let note = SignedNote(text: text, signatures: [log.sign(text, at: 1), log.sign(text, at: 2)])
    #expect(try note.verified(under: [log.key, log.key]).count == 1)
  }

  @Test("a good signature under another key's id is that key's bad signature")
  func borrowedID() throws {
    let log = try signer("log", 1)
    let line = NoteSignature(
      name: "log", keyID: try signer("log", 2).key.keyID, blob: log.sign(text, at: 1).blob)
    let note = SignedNote(text: text, signatures: [log.sign(text, at: 1), line])
    #expect(throws: NoteError.self) {
      try note.verified(under: [log.key, try signer("log", 2).key])
    }
  }

  @Test("merging adds the lines of new keys, leaves those there are, and stops at the limit")
  func merging() throws {
    let log = try signer("log", 1)
    var note = SignedNote(text: text, signatures: [log.sign(text, at: 1)])
    let forged = NoteSignature(name: "log", keyID: log.key.keyID, blob: [1])
    let added = note.merge([NoteSignature(name: "w", keyID: 1, blob: [1]), forged])
    let addedAgain = note.merge([NoteSignature(name: "w", keyID: 1, blob: [2])])
    #expect(added == 1 && addedAgain == 0)
    #expect(note.signatures.map(\.blob.count) == [64, 1])
    #expect(note.signatures.last?.blob == [1])
    #expect(try note.verified(under: [log.key]).count == 1)
    let many = (0..<80).map { NoteSignature(name: "x\($0)", keyID: 1, blob: [1]) }
    #expect(note.merge(many) == SignedNote.signatureCountMax - 2)
    let long = NoteSignature(
      name: "y", keyID: 1, blob: [UInt8](repeating: 1, count: SignedNote.byteCountMax))
    var short = SignedNote(text: text, signatures: [log.sign(text, at: 1)])
    #expect(short.merge([long]) == 0)
    #expect(try SignedNote(note.bytes) == note)
  }

  @Test("the same seed and text give the same bytes")
  func determinism() throws {
    let notes = try (0..<2).map { _ in
      try signer("log", 9).note(Checkpoint(origin: "log", size: 3, root: .zero)).bytes
    }
    #expect(notes[0] == notes[1])
  }
}
