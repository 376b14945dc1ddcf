/// A checkpoint kept outside the journal, which the journal must continue.
package struct OutsideCheckpoint: Sendable {
  /// What reports call it: a file's name.
  package let name: String
  package let stored: StoredCheckpoint

  package init(_ stored: StoredCheckpoint, name: String = "outside checkpoint") {
    self.name = name
    self.stored = stored
  }
}

/// What a journal's checkpoints claim, and what their signatures are worth, before any entry is
/// looked at.
struct CheckpointReview {
  /// A size and root that the entries must give.
  struct Claim {
    let checkpoint: Checkpoint
    let file: String
    let isFromOutside: Bool
  }

  /// Those of the file `checkpoints`, sizes strictly rising; there may be millions.
  let history: CheckpointSequence
  /// All others.
  private(set) var claims: [Claim] = []
  let newest: Checkpoint?
  private var failures: [VerificationFailure] = []
  let checkpointCount: Int
  private let unsignedCount: Int
  private let trust: CheckpointTrust
  private var witnessed: WitnessedCheckpoint?
  private var witnessCountMax: Int

  /// Reads both files. Cost: with a key, one signature check a note, about 0.1 ms.
  init(
    _ storage: any JournalStorage, _ identity: JournalIdentity, _ wanted: CheckpointTrust,
    outside: [OutsideCheckpoint]
  ) throws(JournalError) {
    var trust = wanted
    trust.logKey = wanted.logKey ?? identity.vkey
    let isSigned = trust.logKey != nil
    let files = try CheckpointFiles.read(storage, isSigned: isSigned, trust: trust)
    self.trust = trust
    history = CheckpointSequence(files.historyBytes, endOffset: files.history.wholeByteCount)
    newest = files.history.newest?.checkpoint ?? files.current?.checkpoint
    checkpointCount = files.history.count
    unsignedCount = files.history.unsignedCount
    witnessed = files.history.witnessed
    witnessCountMax = files.history.witnessCountMax
    if let damage = files.damage(origin: identity.origin, isSigned: isSigned) {
      failures.append(VerificationFailure(.checkpointAltered, damage))
    }
    addKeyFailure(identity)
    addHistory(files.history)
    if let current = files.current { add(current, JournalLayout.checkpoint, isFromOutside: false) }
    for checkpoint in outside { add(checkpoint, origin: identity.origin) }
    addQuorumFailure()
  }

  /// Puts failures and counts where they are reported.
  func fill(_ result: inout JournalVerification) {
    for failure in failures { result.completeness.add(failure) }
    result.checkpointCount = checkpointCount
    result.unsignedCheckpointCount = unsignedCount
    result.coveredCount = newest?.size ?? 0
    result.vkey = trust.logKey
    result.quorum = trust.quorum
    result.witnessed = witnessed
  }

  /// The key handed in decides; a journal that names another, or none, is not the one it vouches for.
  private mutating func addKeyFailure(_ identity: JournalIdentity) {
    guard let key = trust.logKey, identity.vkey != key else { return }
    refuse(JournalLayout.settings, 0, "vkey \(key.vkey)", identity.vkey?.vkey ?? "none")
  }

  private mutating func addHistory(_ history: CheckpointHistory) {
    guard let refusal = history.refusal else { return }
    let key = trust.logKey?.vkey ?? "none"
    for _ in 0..<history.refusedCount {
      refuse(JournalLayout.checkpoints, refusal.offset, "signature of \(key)", "\(refusal.error)")
    }
  }

  private mutating func add(_ outside: OutsideCheckpoint, origin: String) {
    let found = outside.stored.checkpoint.origin
    if found != origin {
      failures.append(
        VerificationFailure(
          .checkpointAltered,
          JournalDamage(
            file: outside.name, index: nil, byteOffset: 0, expected: "origin \(origin)",
            found: found)))
    }
    add(outside.stored, outside.name, isFromOutside: true)
  }

  private mutating func add(_ stored: StoredCheckpoint, _ file: String, isFromOutside: Bool) {
    claims.append(
      Claim(checkpoint: stored.checkpoint, file: file, isFromOutside: isFromOutside))
    let judgement = trust.judge(stored)
    switch judgement.signature {
    case .refused(let error):
      refuse(file, 0, "signature of \(trust.logKey?.vkey ?? "none")", "\(error)")
    case .unchecked where isFromOutside:
      // Somebody got it signed: a journal that has no key now is not the one it was.
      refuse(file, 0, "a vkey to check it under", "none in \(JournalLayout.settings)")
    case .signed, .unsigned, .unchecked: break
    }
    witnessCountMax = max(witnessCountMax, judgement.cosignatures.count)
    guard trust.quorum > 0, judgement.cosignatures.count >= trust.quorum,
      stored.checkpoint.size >= witnessed?.checkpoint.size ?? 0
    else { return }
    witnessed = WitnessedCheckpoint(stored.checkpoint, judgement.cosignatures)
  }

  private mutating func addQuorumFailure() {
    guard trust.quorum > 0, witnessed == nil else { return }
    failures.append(
      VerificationFailure(
        .quorumMissed,
        JournalDamage(
          file: JournalLayout.checkpoints, index: nil, byteOffset: 0,
          expected: "\(trust.quorum) of \(trust.witnessKeys.count) witnesses on one checkpoint",
          found: "at most \(witnessCountMax)")))
  }

  private mutating func refuse(
    _ file: String, _ offset: Int, _ expected: String, _ found: String
  ) {
    failures.append(
      VerificationFailure(
        .signatureRefused,
        JournalDamage(
          file: file, index: nil, byteOffset: offset, expected: expected, found: found)))
  }
}
