/// Whose signatures on a journal's checkpoints count.
package struct CheckpointTrust: Sendable {
  /// The log's own key; nil for an unsigned journal, whose signatures, if any, cannot be checked.
  package var logKey: VerifierKey?
  /// Keys of witnesses, of kind `cosignature`.
  package var witnessKeys: [VerifierKey] = []
  /// How many of the witnesses must have cosigned one and the same checkpoint; 0 asks for none.
  package var quorum = 0

  package init(logKey: VerifierKey? = nil, witnessKeys: [VerifierKey] = [], quorum: Int = 0) {
    self.logKey = logKey
    self.witnessKeys = witnessKeys
    self.quorum = quorum
  }

  /// What a checkpoint's signatures are worth.
  func judge(_ stored: StoredCheckpoint) -> CheckpointJudgement {
    guard let signed = stored.signed else { return CheckpointJudgement(.unsigned) }
    guard let logKey else { return CheckpointJudgement(.unchecked) }
    do throws(CheckpointError) {
      try signed.verify(by: logKey)
    } catch {
      return CheckpointJudgement(.refused(error))
    }
    guard !witnessKeys.isEmpty else { return CheckpointJudgement(.signed) }
    do throws(NoteError) {
      let cosignatures = try signed.note.verified(under: witnessKeys)
      return CheckpointJudgement(.signed, CheckpointTrust.oneForEachKey(cosignatures))
    } catch NoteError.noKnownSignature {
      return CheckpointJudgement(.signed)
    } catch {
      return CheckpointJudgement(.refused(.note(error)))
    }
  }

  /// A cosignature does not commit to the witness's name, so one key under two names counts once.
  private static func oneForEachKey(_ all: [VerifiedSignature]) -> [VerifiedSignature] {
    var seen: Set<Ed25519PublicKey> = []
    return all.filter { seen.insert($0.key.publicKey).inserted }
  }
}

/// What a checkpoint's signatures are worth.
struct CheckpointJudgement: Sendable {
  enum Signature: Sendable, Equatable {
    /// Of the time before the journal had a key.
    case unsigned
    /// Signed, but there is no key to check it under.
    case unchecked
    case signed
    /// The log's signature is absent or bad, or a known witness's is bad.
    case refused(CheckpointError)
  }

  let signature: Signature
  /// Valid ones of known witnesses, one a key.
  let cosignatures: [VerifiedSignature]

  init(_ signature: Signature, _ cosignatures: [VerifiedSignature] = []) {
    self.signature = signature
    self.cosignatures = cosignatures
  }
}

/// A checkpoint with the witnesses that vouch for it.
package struct WitnessedCheckpoint: Sendable, Equatable {
  package let checkpoint: Checkpoint
  /// Names of the witnesses, one for each key.
  package let witnesses: [String]
  /// The earliest time that one of them states, in Unix seconds: since then the past is fixed.
  package let seconds: Int64

  init?(_ checkpoint: Checkpoint, _ cosignatures: [VerifiedSignature]) {
    guard let seconds = cosignatures.compactMap(\.seconds).min() else { return nil }
    self.checkpoint = checkpoint
    witnesses = cosignatures.map(\.key.name)
    self.seconds = seconds
  }
}
