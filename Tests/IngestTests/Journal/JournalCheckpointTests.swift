import Ingest
import TestSupport
import Testing

@Suite("Journal: checkpoints on request")
struct JournalCheckpointTests {
  private func witness(_ seed: UInt8) throws -> NoteSigner {
    NoteSigner(
      name: "w\(seed)", kind: .cosignature,
      try #require(Ed25519SigningKey(seed: [UInt8](repeating: seed, count: 32))))
  }

  private func cosigned(_ note: SignedCheckpoint, _ seeds: UInt8...) throws -> SignedCheckpoint {
    var result = note
    for seed in seeds {
      _ = result.merge([try witness(seed).sign(note.note.text, at: 1_700_000_000)])
    }
    return result
  }

  @Test("a request is recorded as the last entry that the checkpoint covers")
  func recorded() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    #expect(try journal.signCheckpoint(at: fixture.clock.now) == nil, "nothing to sign yet")
    _ = try journal.append(Build.request("r"), at: fixture.clock.now)
    let signed = try #require(try journal.signCheckpoint(at: fixture.clock.now))
    #expect(signed.checkpoint.size == 3)
    let records = try JournalReader(fixture.storage).allRecords()
    #expect(records.map(\.header.id) == ["journal_opened/0", "r", "checkpoint_signed/2"])
    guard case .control(let control) = records[2].body else { throw TestFailure.unexpected }
    #expect(control.counts == [ControlRecord.Count("not_yet_covered", 2)])
  }

  @Test("without news a request adds nothing and answers the newest; nor does time alone")
  func withoutNews() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("r"), at: fixture.clock.now)
    let first = try journal.signCheckpoint(at: fixture.clock.now)
    for _ in 0..<3 {
      try journal.checkpoint()
      #expect(try journal.signCheckpoint(at: fixture.clock.now) == first)
    }
    #expect(journal.entryCount == 3)
    #expect(try CheckpointBytes(fixture.storage).checkpoints().count == 1)
  }

  @Test("cosignatures are kept in both files, and survive reopening")
  func cosignatures() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("r"), at: fixture.clock.now)
    let signed = try #require(try journal.signCheckpoint(at: fixture.clock.now))
    try journal.keep(try cosigned(signed, 1))
    try journal.keep(try cosigned(signed, 2))
    let expected = try cosigned(signed, 1, 2).note.bytes
    #expect(fixture.storage.bytes("checkpoint") == expected)
    try journal.keep(try cosigned(signed, 1))
    #expect(
      fixture.storage.bytes("checkpoints")?.count
        == signed.note.bytes.count + (try cosigned(signed, 1).note.bytes.count) + expected.count)
    try journal.close(at: fixture.clock.now)
    try fixture.open().close(at: fixture.clock.now)
    let trust = CheckpointTrust(
      witnessKeys: try [witness(1).key, witness(2).key, witness(3).key], quorum: 2)
    let verification = try fixture.verify(trust: trust)
    #expect(verification.hasPassed)
    #expect(verification.witnessed?.checkpoint == signed.checkpoint)
    #expect(verification.witnessed?.witnesses == ["w1", "w2"])
    #expect(verification.notWitnessed == 1)
  }

  @Test("cosignatures on an older checkpoint are kept beside the newer ones")
  func lateCosignatures() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("r"), at: fixture.clock.now)
    let old = try #require(try journal.signCheckpoint(at: fixture.clock.now))
    _ = try journal.append(Build.request("s"), at: fixture.clock.now)
    try journal.checkpoint()
    let newest = fixture.storage.bytes("checkpoint")
    try journal.keep(try cosigned(old, 1))
    #expect(fixture.storage.bytes("checkpoint") == newest)
    try journal.close(at: fixture.clock.now)
    let trust = CheckpointTrust(witnessKeys: [try witness(1).key], quorum: 1)
    #expect(try fixture.verify(trust: trust).witnessed?.checkpoint == old.checkpoint)
    #expect(try fixture.verify(trust: trust).hasPassed)
  }

  @Test(
    "of an older note only new lines are taken, into the note as it is kept", arguments: [1, 40])
  func laterLines(_ checkpointCount: Int) throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("r"), at: fixture.clock.now)
    let old = try #require(try journal.signCheckpoint(at: fixture.clock.now))
    for number in 0..<checkpointCount {
      _ = try journal.append(Build.request("s\(number)"), at: fixture.clock.now)
      try journal.checkpoint()
    }
    let own = old.note.signatures
    func note(_ lines: [NoteSignature]) -> SignedCheckpoint {
      SignedCheckpoint(old.checkpoint, SignedNote(text: old.note.text, signatures: lines))
    }
    let first = try cosigned(old, 1)
    let line = try #require(first.note.signatures.last)
    try journal.keep(note([line] + own + own))
    try journal.keep(note(own + [line, line]))
    let bad = NoteSignature(name: line.name, keyID: line.keyID, blob: [9])
    try journal.keep(note(own + [bad]))
    try journal.keep(try cosigned(old, 2))
    let expected = first.note.bytes + (try cosigned(old, 1, 2)).note.bytes
    #expect(Array(fixture.storage.bytes("checkpoints")?.suffix(expected.count) ?? []) == expected)
    try journal.close(at: fixture.clock.now)
    let trust = CheckpointTrust(witnessKeys: [try witness(1).key, try witness(2).key], quorum: 2)
    #expect(try fixture.verify(trust: trust).witnessed?.checkpoint == old.checkpoint)
    #expect(try fixture.verify(trust: trust).hasPassed)
  }

  @Test("cosignatures on what this journal never signed are refused")
  func foreign() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("r"), at: fixture.clock.now)
    _ = try journal.signCheckpoint(at: fixture.clock.now)
    let before = fixture.storage.bytes("checkpoints")
    let invented = Checkpoint(origin: "vigil/test", size: 2, root: .zero)
    #expect(throws: JournalError.foreignCheckpoint(nil)) {
      try journal.keep(SignedCheckpoint(invented, by: try fixture.signer()))
    }
    let other = NoteSigner(
      name: "vigil/test", try #require(Ed25519SigningKey(seed: [UInt8](repeating: 8, count: 32))))
    #expect(throws: JournalError.foreignCheckpoint(.note(.noKnownSignature))) {
      try journal.keep(SignedCheckpoint(invented, by: other))
    }
    #expect(fixture.storage.bytes("checkpoints") == before)
  }
}

@Suite("JournalVerifier: signatures")
struct SignatureVerificationTests {
  private func journal() throws -> JournalFixture {
    let fixture = JournalFixture()
    for session in 0..<3 { try fixture.write([Build.request("s\(session)")]) }
    return fixture
  }

  private func kind(_ verification: JournalVerification) -> VerificationFailure.Kind? {
    guard case .failed(let first, _) = verification.completeness else { return nil }
    return first.kind
  }

  @Test("a history rewritten without the key is refused, though its tree is sound")
  func rewrittenWithoutKey() throws {
    let fixture = try journal()
    let other = NoteSigner(
      name: "vigil/test", try #require(Ed25519SigningKey(seed: [UInt8](repeating: 8, count: 32))))
    let history = try CheckpointBytes(fixture.storage).checkpoints()
    let notes = history.map { other.note($0).bytes }
    fixture.storage.put("checkpoints", Array(notes.joined()))
    fixture.storage.put("checkpoint", try #require(notes.last))
    let verification = try fixture.verify()
    #expect(verification.integrity.hasPassed)
    #expect(kind(verification) == .signatureRefused)
    guard case .failed(_, let count) = verification.completeness else {
      throw TestFailure.unexpected
    }
    #expect(count == 4, "three notes, and the newest once more")
    #expect(throws: JournalError.self) { try fixture.open() }
  }

  @Test("signatures taken off are noticed: one, all of them, in either file")
  func strippedSignatures() throws {
    let fixture = try journal()
    let (all, newest) = (
      fixture.storage.bytes("checkpoints") ?? [], fixture.storage.bytes("checkpoint") ?? []
    )
    let history = try CheckpointBytes(all).checkpoints()
    let bodies = history.map { StoredCheckpoint(unsigned: $0) }
    let lastBody = try #require(bodies.last)
    let signed = try history.map { SignedCheckpoint($0, by: try fixture.signer()).note.bytes }
    for (first, second) in [
      (bodies.flatMap(\.historyBytes), lastBody.bytes), (bodies.flatMap(\.historyBytes), newest),
      (all, lastBody.bytes),
      (signed[0] + bodies[1].historyBytes + signed[2], newest),
      (signed[0] + signed[1] + bodies[2].historyBytes, newest),
    ] {
      fixture.storage.put("checkpoints", first)
      fixture.storage.put("checkpoint", second)
      #expect(try !fixture.verify().completeness.hasPassed)
      #expect(throws: JournalError.self) { try fixture.open() }
    }
    // Bare bodies before the first signed note are an adopted journal: told, not refused.
    fixture.storage.put("checkpoints", bodies[0].historyBytes + signed[1] + signed[2])
    fixture.storage.put("checkpoint", newest)
    #expect(try fixture.verify().unsignedCheckpointCount == 1)
    #expect(try fixture.verify().hasPassed)
  }

  @Test("a journal stripped of key and signatures is found by the key or a note kept outside")
  func strippedJournal() throws {
    let fixture = try journal()
    let key = try fixture.signer().key
    let kept = try #require(StoredCheckpoint(fixture.storage.bytes("checkpoint") ?? []))
    try fixture.stripSignatures()
    #expect(try fixture.verify().hasPassed, "inside nothing shows it")
    #expect(try fixture.verify(trust: CheckpointTrust(logKey: key)).completeness.hasPassed == false)
    let verification = try JournalVerifier(fixture.storage).verify(
      outside: [OutsideCheckpoint(kept, name: "kept.note")])
    #expect(kind(verification) == .signatureRefused)
    #expect(verification.firstFailure?.damage.file == "kept.note")
  }

  @Test("a key handed in counts in place of the journal's own, which must be the same")
  func keyFromOutside() throws {
    let fixture = try journal()
    let key = try fixture.signer().key
    #expect(try fixture.verify(trust: CheckpointTrust(logKey: key)).hasPassed)
    let other = NoteSigner(
      name: "vigil/test", try #require(Ed25519SigningKey(seed: [UInt8](repeating: 8, count: 32))))
    let verification = try fixture.verify(trust: CheckpointTrust(logKey: other.key))
    #expect(kind(verification) == .signatureRefused)
    #expect(verification.firstFailure?.damage.file == "journal.json")
  }

  @Test("a note from outside must bear the log's signature, and be continued")
  func outsideNotes() throws {
    let fixture = try journal()
    let checkpoints = try CheckpointBytes(fixture.storage).checkpoints()
    let other = NoteSigner(
      name: "vigil/test", try #require(Ed25519SigningKey(seed: [UInt8](repeating: 8, count: 32))))
    func verify(_ signed: SignedCheckpoint) throws -> JournalVerification {
      try JournalVerifier(fixture.storage).verify(
        outside: [OutsideCheckpoint(StoredCheckpoint(signed))])
    }
    #expect(try verify(SignedCheckpoint(checkpoints[1], by: try fixture.signer())).hasPassed)
    #expect(
      kind(try verify(SignedCheckpoint(checkpoints[1], by: other))) == .signatureRefused)
    let longer = Checkpoint(origin: "vigil/test", size: 99, root: .zero)
    #expect(
      kind(try verify(SignedCheckpoint(longer, by: try fixture.signer()))) == .entriesMissing)
  }

  @Test("a quorum that no checkpoint has fails, and says how many there were")
  func quorumMissed() throws {
    let fixture = try journal()
    let witness = NoteSigner(
      name: "w1", kind: .cosignature,
      try #require(Ed25519SigningKey(seed: [UInt8](repeating: 1, count: 32))))
    let trust = CheckpointTrust(witnessKeys: [witness.key], quorum: 1)
    let missed = try fixture.verify(trust: trust)
    #expect(kind(missed) == .quorumMissed)
    #expect(missed.firstFailure?.damage.found == "at most 0")
    #expect(missed.witnessed == nil)
    // A witnessed checkpoint that was kept outside counts, once the journal continues it.
    var note = try SignedCheckpoint(fixture.storage.bytes("checkpoint") ?? [])
    _ = note.merge([witness.sign(note.note.text, at: 1_700_000_000)])
    let met = try JournalVerifier(fixture.storage).verify(
      outside: [OutsideCheckpoint(StoredCheckpoint(note))], trust: trust)
    #expect(met.hasPassed)
    #expect(met.witnessed?.seconds == 1_700_000_000)
  }

  @Test("a known witness's bad signature is refused, an unknown one's is not looked at")
  func badCosignature() throws {
    let fixture = try journal()
    let witness = NoteSigner(
      name: "w1", kind: .cosignature,
      try #require(Ed25519SigningKey(seed: [UInt8](repeating: 1, count: 32))))
    var note = try SignedCheckpoint(fixture.storage.bytes("checkpoint") ?? [])
    let forged = NoteSignature(
      name: "w1", keyID: witness.key.keyID, blob: [UInt8](repeating: 1, count: 72))
    _ = note.merge([forged])
    try fixture.open().keep(note)
    #expect(try fixture.verify().hasPassed)
    let trust = CheckpointTrust(witnessKeys: [witness.key], quorum: 1)
    #expect(kind(try fixture.verify(trust: trust)) == .signatureRefused)
  }
}
