import Ingest
import TestSupport
import Testing

private func smallJournal() throws -> JournalFixture {
  let fixture = JournalFixture()
  try fixture.write((0..<3).map { Build.request("r\($0)") })
  return fixture
}

private func snapshot(_ storage: SimulatedStorage) -> [String: [UInt8]] {
  Dictionary(
    uniqueKeysWithValues: storage.paths.filter { $0 != "lock" }.map {
      ($0, storage.bytes($0) ?? [])
    })
}

@Suite("Journal's signing key")
struct JournalKeyTests {
  @Test("a new journal has a key of 32 bytes, mode 0600, and names it in journal.json")
  func creation() throws {
    let fixture = try smallJournal()
    #expect(fixture.storage.bytes("key")?.count == 32)
    #expect(try fixture.storage.open("key", .reading).permissions() == 0o600)
    let identity = try JournalReader(fixture.storage).identity
    #expect(identity.vkey == (try fixture.signer().key))
    #expect(identity.vkey?.name == "vigil/test")
  }

  @Test("every checkpoint is a note signed by that key, the same for the same seed")
  func signedNotes() throws {
    let (first, second) = (try smallJournal(), try smallJournal())
    let bytes = try #require(first.storage.bytes("checkpoint"))
    let signed = try SignedCheckpoint(bytes, by: first.signer().key)
    #expect(signed.checkpoint.size == 5)
    #expect(first.storage.bytes("checkpoints") == bytes)
    #expect(second.storage.bytes("checkpoint") == bytes)
    let verification = try first.verify()
    #expect(verification.vkey == (try first.signer().key))
    #expect(verification.unsignedCheckpointCount == 0)
  }

  /// How the key of an existing journal is spoilt, and what opening says.
  static let refusals: [(String, @Sendable (SimulatedStorage) -> Void, JournalError)] = [
    (
      "missing", { $0.delete("key") },
      .key(SigningKeyError(.missing, "key"))
    ),
    (
      "too short", { $0.put("key", [UInt8](repeating: 1, count: 31)) },
      .key(SigningKeyError(.byteCount(31), "key"))
    ),
    (
      "too long", { $0.put("key", [UInt8](repeating: 1, count: 64)) },
      .key(SigningKeyError(.byteCount(33), "key"))
    ),
    (
      "readable by its group", { $0.setPermissions("key", 0o640) },
      .key(SigningKeyError(.permissions(0o640), "key"))
    ),
    (
      "writable by others", { $0.setPermissions("key", 0o602) },
      .key(SigningKeyError(.permissions(0o602), "key"))
    ),
  ]

  @Test(
    "an existing journal without a usable key is refused, and nothing changes", arguments: refusals)
  func refused(
    _ name: String, _ spoil: @Sendable (SimulatedStorage) -> Void, _ expected: JournalError
  ) throws {
    let fixture = try smallJournal()
    spoil(fixture.storage)
    let before = snapshot(fixture.storage)
    #expect(throws: expected, "\(name)") { try fixture.open() }
    #expect(snapshot(fixture.storage) == before)
    #expect(try fixture.verify().hasPassed, "reading needs no key")
  }

  @Test("another key than the one of journal.json is refused")
  func otherKey() throws {
    let fixture = try smallJournal()
    let expected = try fixture.signer().key.vkey
    fixture.storage.put("key", [UInt8](repeating: 9, count: 32))
    let found = try fixture.signer().key.vkey
    let before = snapshot(fixture.storage)
    #expect(throws: JournalError.otherKey(found: found, expected: expected)) {
      try fixture.open()
    }
    #expect(snapshot(fixture.storage) == before)
  }

  @Test("a key kept elsewhere is made there, needed there, and not in the directory")
  func keyElsewhere() throws {
    let fixture = JournalFixture()
    let vault = SimulatedStorage()
    let file = SigningKeyFile(vault, "edge-1.key")
    func open(_ keyFile: SigningKeyFile?) throws -> Journal {
      try Journal.open(fixture.storage, fixture.settings, at: fixture.clock.now, keyFile: keyFile) {
        [UInt8](repeating: 4, count: $0)
      }
    }
    let journal = try open(file)
    _ = try journal.append(Build.request("r"), at: fixture.clock.now)
    try journal.close(at: fixture.clock.now)
    #expect(fixture.storage.bytes("key") == nil)
    #expect(vault.bytes("edge-1.key")?.count == 32)
    #expect(throws: JournalError.key(SigningKeyError(.missing, "key"))) { try open(nil) }
    try open(file).close(at: fixture.clock.now)
    #expect(try fixture.verify().hasPassed)
  }

  @Test("a key that is there already is used for a new journal, not replaced")
  func existingKey() throws {
    let vault = SimulatedStorage()
    let first = try SigningKeyFile(vault, "k").readOrMake { [UInt8](repeating: 5, count: $0) }
    let fixture = JournalFixture()
    let journal = try Journal.open(
      fixture.storage, fixture.settings, at: fixture.clock.now, keyFile: SigningKeyFile(vault, "k")
    ) { [UInt8](repeating: 6, count: $0) }
    #expect(journal.vkey.publicKey == first.publicKey)
  }

  @Test("no random bytes, no key")
  func noRandomBytes() {
    let fixture = JournalFixture()
    #expect(throws: JournalError.self) {
      try Journal.open(fixture.storage, fixture.settings, at: fixture.clock.now) { _ in nil }
    }
    #expect(throws: SigningKeyError(.noRandomBytes, "key")) {
      try SigningKeyFile(fixture.storage).readOrMake { _ in [] }
    }
  }

  @Test("a damaged vkey in journal.json is refused, and does not pass for none")
  func damagedSettings() throws {
    let fixture = try smallJournal()
    let bytes = try #require(fixture.storage.bytes("journal.json"))
    let text = String(decoding: bytes, as: UTF8.self)
    for altered in [
      text.replacing("vigil/test+", with: "vigil/tesu+"),
      text.replacing("\"vkey\":\"", with: "\"vkey\":1,\"x\":\""),
      text.replacing("\"vkey\":\"", with: "\"vkey\":\"x"),
    ] {
      #expect(altered != text)
      fixture.storage.put("journal.json", Array(altered.utf8))
      #expect(throws: JournalError.self) { try fixture.open() }
      #expect(throws: JournalError.self) { try fixture.verify() }
    }
  }
}

@Suite("Adoption of an unsigned journal")
struct AdoptionTests {
  private func unsignedJournal() throws -> JournalFixture {
    let fixture = JournalFixture()
    for session in 0..<3 { try fixture.write([Build.request("s\(session)")]) }
    try fixture.stripSignatures()
    return fixture
  }

  @Test("is explicit: opening refuses, changes nothing, and says how")
  func refusal() throws {
    let fixture = try unsignedJournal()
    let before = snapshot(fixture.storage)
    let error = #expect(throws: JournalError.unsigned) { try fixture.open() }
    #expect("\(try #require(error))".contains("init --adopt"))
    #expect(snapshot(fixture.storage) == before)
    let verification = try fixture.verify()
    #expect(verification.hasPassed)
    #expect(verification.vkey == nil)
    #expect(verification.unsignedCheckpointCount == 3)
  }

  @Test("makes the key, records it, signs over everything, and goes on as any other journal")
  func adoption() throws {
    let fixture = try unsignedJournal()
    let before = try #require(fixture.storage.bytes("checkpoints"))
    let journal = try fixture.adopt()
    try journal.close(at: fixture.clock.now)
    let after = try #require(fixture.storage.bytes("checkpoints"))
    #expect(after.starts(with: before), "what was stays as it was")
    let verification = try fixture.verify()
    #expect(verification.hasPassed, "\(String(describing: verification.firstFailure))")
    #expect(verification.unsignedCheckpointCount == 3)
    #expect(verification.checkpointCount > 3)
    #expect(verification.notYetCovered == 0)
    let record = try #require(
      try JournalReader(fixture.storage).allRecords().first { $0.header.id == "key_rotated/10" })
    guard case .control(let control) = record.body else { throw TestFailure.unexpected }
    #expect(control.subject == (try fixture.signer().key.vkey))
    #expect(control.counts.map(\.value) == [9, 3])
    try fixture.write([Build.request("later")])
    #expect(try fixture.verify().hasPassed)
    #expect(throws: JournalError.alreadySigned(vkey: try fixture.signer().key.vkey)) {
      try fixture.adopt()
    }
  }

  @Test("refuses what is damaged, and what is no journal")
  func damaged() throws {
    let fixture = try unsignedJournal()
    fixture.storage.flipBit("segments/000000000000.jsonl", byte: 30, bit: 0)
    #expect(throws: JournalError.self) { try fixture.adopt() }
    #expect(try JournalReader(fixture.storage).identity.vkey == nil)
    #expect(throws: JournalError.self) { try JournalFixture().adopt() }
  }

  @Test(
    "interrupted at any operation, it is done by doing it again",
    arguments: [
      (.powerLoss, .dropped), (.powerLoss, .kept), (.powerLoss, .torn), (.powerLoss, .reordered),
      (.failedAndNotDone, .dropped), (.failedAndNotDone, .kept), (.failedButDone, .kept),
    ] as [(SimulatedStorage.Fault, SimulatedStorage.Loss)])
  func interrupted(_ fault: SimulatedStorage.Fault, _ loss: SimulatedStorage.Loss) throws {
    let start = try unsignedJournal()
    func run(_ storage: SimulatedStorage) throws {
      let fixture = JournalFixture(storage)
      try fixture.adopt().close(at: fixture.clock.now)
    }
    let dry = start.storage.copy()
    try run(dry)
    for index in 0..<dry.operationCount {
      let storage = start.storage.copy()
      storage.fault = fault
      storage.faultIndex = index
      #expect(throws: (any Error).self) { try run(storage) }
      let after = storage.afterPowerLoss(loss, seed: UInt64(index))
      let fixture = JournalFixture(after)
      let story = "\(fault) at operation \(index), then \(loss)"
      let between = try fixture.verify()
      #expect(between.hasPassed, "\(story): \(String(describing: between.firstFailure))")
      if try JournalReader(after).identity.vkey == nil {
        #expect(throws: JournalError.unsigned, "\(story)") { try fixture.open() }
        try run(after)
      }
      try fixture.write([Build.request("later")])
      let verification = try fixture.verify()
      #expect(verification.hasPassed, "\(story): \(String(describing: verification.firstFailure))")
      #expect(verification.unsignedCheckpointCount == 3, "\(story)")
    }
  }
}
