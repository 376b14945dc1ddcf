import Ingest
import TestSupport
import Testing

@Suite("VerifierKey")
struct VerifierKeyTests {
  static let published = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

  @Test("reads the published vkey and writes it again")
  func publishedVector() throws {
    let key = try VerifierKey(VerifierKeyTests.published)
    #expect(key.name == "example.com/foo")
    #expect(key.keyID == 0x530D_903A)
    #expect(key.kind == .ed25519)
    #expect(key.vkey == VerifierKeyTests.published)
  }

  @Test("the message about a refused text shows no control character of it")
  func legibleMessage() {
    let error = #expect(throws: VerifierKeyError.self) {
      try VerifierKey("a\u{9B}2J\u{202E}\u{1B}[0m+")
    }
    #expect(error?.description.contains("\"a\\u{9b}2J\\u{202e}\\u{1b}[0m+\"") == true)
  }

  /// Seed 00 01 … 1f; made with Python's cryptography 48.
  @Test("gives the ids of an independent implementation, one for each type")
  func independentVectors() throws {
    let key = try #require(Ed25519SigningKey(seed: Array(0...31)))
    let log = VerifierKey(
      name: "example.com/behind-the-sofa", kind: .ed25519, publicKey: key.publicKey)
    let witness = VerifierKey(
      name: "witness.example.com/w1", kind: .cosignature, publicKey: key.publicKey)
    #expect(
      log.vkey
        == "example.com/behind-the-sofa+1f59e8f5+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4")
    #expect(
      witness.vkey
        == "witness.example.com/w1+a0059f11+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4")
  }

  @Test("a key whose base64 holds plus signs reads back", arguments: UInt8(0)..<64)
  func plusSigns(_ seed: UInt8) throws {
    let signing = try #require(
      Ed25519SigningKey(seed: [UInt8](repeating: seed, count: 32)))
    let key = VerifierKey(name: "log", kind: .ed25519, publicKey: signing.publicKey)
    #expect(try VerifierKey(key.vkey) == key)
  }

  @Test("some of those keys do hold plus signs")
  func plusSignsOccur() throws {
    let count = try (UInt8(0)..<64).count { seed in
      let signing = try #require(
        Ed25519SigningKey(seed: [UInt8](repeating: seed, count: 32)))
      let key = VerifierKey(name: "log", kind: .ed25519, publicKey: signing.publicKey)
      return key.vkey.utf8.count { $0 == UInt8(ascii: "+") } > 2
    }
    #expect(count > 5)
  }

  @Test(
    "refuses every other text",
    arguments: [
      ("", VerifierKeyError.Fault.fieldCount), ("log", .fieldCount), ("log+00000000", .fieldCount),
      ("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .name),
      ("ex ample+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .name),
      ("log+530d903a+", .encoding), ("log+530d903a+AekyeRrm56hApGFkyQR4", .keyByteCount(14)),
      ("log+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2", .encoding),
      ("log+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=", .encoding),
      ("log+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .type(2)),
      (
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        .keyID(expected: "530d903a")
      ),
      (
        "example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        .keyID(expected: "530d903a")
      ),
      (
        "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        .keyID(expected: "7de3800f")
      ),
    ])
  func refusals(_ text: String, _ fault: VerifierKeyError.Fault) {
    let error = #expect(throws: VerifierKeyError.self) { try VerifierKey(text) }
    #expect(error?.fault == fault)
  }

  @Test("every change of one byte is refused")
  func mutations() {
    let bytes = Array(VerifierKeyTests.published.utf8)
    for offset in bytes.indices {
      for value in UInt8(0x20)..<0x7F where value != bytes[offset] {
        var altered = bytes
        altered[offset] = value
        let text = String(decoding: altered, as: UTF8.self)
        #expect(throws: VerifierKeyError.self, "\(text)") { try VerifierKey(text) }
      }
    }
  }

  @Test("a name of 255 bytes is the longest")
  func nameLimit() throws {
    let signing = try #require(Ed25519SigningKey(seed: [UInt8](repeating: 1, count: 32)))
    let name = String(repeating: "n", count: VerifierKey.nameByteCountMax)
    let key = VerifierKey(name: name, kind: .ed25519, publicKey: signing.publicKey)
    #expect(try VerifierKey(key.vkey) == key)
    let error = #expect(throws: VerifierKeyError.self) { try VerifierKey("n" + key.vkey) }
    #expect(error?.fault == .tooLong)
  }
}

@Suite("Cosignature")
struct CosignatureTests {
  private let text = Array(
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n".utf8)
  /// Seed 00 01 … 1f, made with Python's cryptography 48.
  private let line =
    "— witness.example.com/w1 oAWfEQAAAABkGFDLBuRDazBLVac2NE+Y+IjbjQOcXLfF9CSDZVUIoS83rE1nFZsVE8YiWV6N"
    + "gr7lV8H6bdoBQGP/l73euDMQ9k+bBQ==\n"

  private func witness() throws -> NoteSigner {
    NoteSigner(
      name: "witness.example.com/w1", kind: .cosignature,
      try #require(Ed25519SigningKey(seed: Array(0...31))))
  }

  @Test("is the line of an independent implementation, byte for byte")
  func independentVector() throws {
    let signature = try witness().sign(text, at: 1_679_315_147)
    #expect(signature.line == line)
    let note = SignedNote(text: text, signatures: [signature])
    #expect(try note.verified(under: [witness().key]).map(\.seconds) == [1_679_315_147])
  }

  @Test("the log's plain signature of the same key is that of an independent implementation")
  func plainVector() throws {
    let signer = NoteSigner(
      name: "example.com/behind-the-sofa",
      try #require(Ed25519SigningKey(seed: Array(0...31))))
    #expect(
      signer.sign(text, at: 1).line
        == "— example.com/behind-the-sofa H1no9Vbha/V7K+0nOUyOYWY2eeqkJO0R/8eVdJBP1U6klJ63rYHH36AjiNbqMeYZ"
        + "5wXtNMpYFqOQG4s/igFrnBBp3AU=\n")
  }

  @Test("neither its time nor any other bit can be changed")
  func flippedBits() throws {
    let key = try witness().key
    let blob = try witness().sign(text, at: 1_679_315_147).blob
    #expect(key.verifies(blob, on: text))
    for bit in 0..<8 * blob.count {
      var altered = blob
      altered[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!key.verifies(altered, on: text), "bit \(bit)")
    }
  }

  @Test("a time of 0 or beyond 2^63 - 1, and any other length, is no cosignature")
  func malformed() {
    let rest = [UInt8](repeating: 1, count: 64)
    #expect(Cosignature([UInt8](repeating: 0, count: 8) + rest) == nil)
    #expect(Cosignature([0x80] + [UInt8](repeating: 0, count: 7) + rest) == nil)
    #expect(Cosignature([0x7F] + [UInt8](repeating: 0xFF, count: 7) + rest)?.seconds == .max)
    #expect(Cosignature([UInt8](repeating: 1, count: 71)) == nil)
    #expect(Cosignature([UInt8](repeating: 1, count: 73)) == nil)
  }

  @Test("a plain signature does not pass for a cosignature, nor the other way round")
  func domainSeparation() throws {
    let signing = try #require(Ed25519SigningKey(seed: Array(0...31)))
    let (plain, cosigner) = (NoteSigner(name: "w", signing), try witness())
    #expect(!cosigner.key.verifies(plain.sign(text, at: 1).blob, on: text))
    #expect(!plain.key.verifies(cosigner.sign(text, at: 1).blob, on: text))
    #expect(plain.key.keyID != cosigner.key.keyID)
  }
}

@Suite("SignedCheckpoint")
struct SignedCheckpointTests {
  private func signer(_ name: String) throws -> NoteSigner {
    NoteSigner(name: name, try #require(Ed25519SigningKey(seed: Array(1...32))))
  }

  @Test("reads back what was signed, under the log's key only")
  func roundTrip() throws {
    let checkpoint = Checkpoint(origin: "log", size: 7, root: .zero)
    let signed = SignedCheckpoint(checkpoint, by: try signer("log"))
    let read = try SignedCheckpoint(signed.note.bytes, by: signer("log").key)
    #expect(read == signed)
    #expect(read.checkpoint == checkpoint)
  }

  @Test("a key of another name does not vouch for the log, though its signature is good")
  func otherName() throws {
    let signed = SignedCheckpoint(
      Checkpoint(origin: "log", size: 7, root: .zero), by: try signer("other"))
    #expect(throws: CheckpointError.origin(found: "log", expected: "other")) {
      try SignedCheckpoint(signed.note.bytes, by: signer("other").key)
    }
    #expect(throws: CheckpointError.note(.noKnownSignature)) {
      try SignedCheckpoint(signed.note.bytes, by: signer("log").key)
    }
  }

  @Test("a signed text that is no checkpoint is refused")
  func otherText() throws {
    let text = Array("log\n7\n".utf8)
    let note = SignedNote(text: text, signatures: [try signer("log").sign(text, at: 1)])
    #expect(throws: CheckpointError.body) { try SignedCheckpoint(note.bytes) }
  }
}
