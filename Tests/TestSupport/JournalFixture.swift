package import Ingest

/// A journal on a simulated disk, with everything random or timed fixed.
package struct JournalFixture {
  /// The disk.
  package var storage: SimulatedStorage
  /// What the journal is opened with; segments of 4,096 bytes, so that small tests have several.
  package var settings: JournalSettings
  /// The clock given to every call.
  package var clock = ManualClock()
  /// What a new journal's secret is made from.
  package var secretSeed: UInt64 = 7

  /// Over an empty disk unless told otherwise.
  package init(_ storage: SimulatedStorage = SimulatedStorage()) {
    self.storage = storage
    settings = JournalSettings(origin: "vigil/test")
    settings.segmentByteCount = 4096
  }

  /// Opens the journal; its secret, when it is made, is a fixed one.
  package func open() throws(JournalError) -> Journal {
    try Journal.open(storage, settings, at: clock.now) { count in
      var random = SeededRandom(seed: secretSeed)
      return random.bytes(count: count)
    }
  }

  /// Takes over an unsigned journal, with the same fixed bytes for its key.
  package func adopt() throws(JournalError) -> Journal {
    try Journal.adopt(storage, settings, at: clock.now) { count in
      var random = SeededRandom(seed: secretSeed)
      return random.bytes(count: count)
    }
  }

  /// The signer whose key the journal has.
  package func signer() throws -> NoteSigner {
    NoteSigner(name: "vigil/test", try SigningKeyFile(storage).read())
  }

  /// Makes the journal what the version before signing would have written.
  package func stripSignatures() throws {
    let settings = String(decoding: storage.bytes("journal.json") ?? [], as: UTF8.self)
    let vkey = try signer().key.vkey
    storage.put(
      "journal.json",
      Array(settings.replacing("\"vkey\":\"\(vkey)\",", with: "", maxReplacements: 1).utf8))
    storage.delete("key")
    let history = try CheckpointBytes(storage).checkpoints()
    let bodies = history.map { StoredCheckpoint(unsigned: $0) }
    if let last = bodies.last { storage.put("checkpoint", last.bytes) }
    storage.put("checkpoints", bodies.flatMap(\.historyBytes))
  }

  /// Opens, appends, commits, closes.
  @discardableResult
  package func write(_ records: [Record]) throws(JournalError) -> [AppendOutcome] {
    let journal = try open()
    var outcomes: [AppendOutcome] = []
    for record in records { outcomes.append(try journal.append(record, at: clock.now)) }
    try journal.close(at: clock.now)
    return outcomes
  }

  /// Every entry, as text.
  package func entries() throws(JournalError) -> [String] {
    try JournalReader(storage).allEntries()
  }

  /// Verifies what is on the disk.
  package func verify(
    outside: [Checkpoint] = [], trust: CheckpointTrust = CheckpointTrust()
  ) throws(JournalError) -> JournalVerification {
    let kept = outside.map { OutsideCheckpoint(StoredCheckpoint(unsigned: $0)) }
    // On the calling thread: thousands of tiny journals are verified, and a thread each costs more.
    return try JournalVerifier(storage, helperCount: 0).verify(outside: kept, trust: trust)
  }
}

extension JournalReader {
  /// Every entry, as text.
  package func allEntries() throws(JournalError) -> [String] {
    var result: [String] = []
    var cursor = try cursor()
    while try cursor.next() != nil {
      var bytes: [UInt8] = []
      bytes.append(copying: cursor.bytes)
      result.append(String(decoding: bytes, as: UTF8.self))
    }
    return result
  }

  /// Every record, parsed whole.
  package func allRecords() throws -> [Record] {
    var document = JSONDocument()
    var result: [Record] = []
    for entry in try allEntries() {
      let bytes = Array(entry.utf8)
      try document.parse(bytes.span)
      result.append(try Record(document))
    }
    return result
  }
}

extension CheckpointBytes {
  /// Every checkpoint as far as the file is sound.
  package func checkpoints(isSigned: Bool = false) throws(StorageError) -> [Checkpoint] {
    let history = try CheckpointHistory(self, isSigned: isSigned)
    var sequence = CheckpointSequence(self, endOffset: history.wholeByteCount)
    var result: [Checkpoint] = []
    while let next = try sequence.next() { result.append(next) }
    return result
  }
}
