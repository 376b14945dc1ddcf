import GatewayAndScheduler
import Ingest

/// Who signs checkpoints for a command that is not the writer itself.
enum CheckpointWriting {
  /// Takes the journal's lock for each of the two steps. A writer that runs holds it, and is named in
  /// the error.
  static func writer(
    _ directory: String, keyPath: String?, _ tool: Tool
  ) throws -> any CheckpointWriter {
    let storage = try JournalOpening.forReading(directory)
    guard try JournalIdentity.exists(in: storage) else {
      throw JournalError.notAJournal(found: "no \(JournalLayout.settings)")
    }
    return LockingCheckpointWriter(directory: directory, keyPath: keyPath, tool: tool)
  }
}

/// Opens the journal, asks it, closes it: nobody is kept waiting while witnesses are asked.
private struct LockingCheckpointWriter: CheckpointWriter {
  let directory: String
  let keyPath: String?
  let tool: Tool

  /// The close signs once more, over its own record, when there was news: that one is the newest.
  func signCheckpoint(at now: Timestamp) throws -> SignedCheckpoint? {
    let journal = try open()
    _ = try journal.signCheckpoint(at: now)
    try journal.close(at: now)
    return journal.newestSignedCheckpoint
  }

  func keep(_ note: SignedCheckpoint) throws {
    let journal = try open()
    try journal.keep(note)
    try journal.close(at: tool.now())
  }

  private func open() throws -> Journal {
    try JournalOpening.forWriting(
      directory, origin: nil, keyPath: keyPath, now: tool.now(), tool)
  }
}

/// One checkpoint shown to witnesses, one after the other.
struct WitnessRound {
  /// What came of one witness.
  struct Outcome: CustomStringConvertible {
    let address: WitnessAddress
    let result: Result<[NoteSignature], WitnessFailure>

    var signatures: [NoteSignature] { (try? result.get()) ?? [] }
    var hasCosigned: Bool { !signatures.isEmpty }

    /// Whether the witness holds evidence against the journal.
    var contradicts: Bool {
      switch result {
      case .failure(.ahead), .failure(.refused(status: 422, _)): true
      case .success, .failure: false
      }
    }

    var description: String {
      switch result {
      case .success(let lines):
        "\(address): cosigned as \(lines.map(\.name).joined(separator: ", "))"
      case .failure(let failure): "\(address): failed: \(failure)"
      }
    }
  }

  private let note: SignedCheckpoint
  private let keys: [VerifierKey]
  private let storage: any JournalStorage
  private let client = HTTPClient()

  /// - Parameter keys: the only ones whose cosignatures are taken; empty takes all.
  init(_ note: SignedCheckpoint, trusting keys: [VerifierKey], _ storage: any JournalStorage) {
    self.note = note
    self.keys = keys
    self.storage = storage
  }

  /// Asks one witness: at most `WitnessSubmission.conflictCountMax` calls.
  func ask(_ address: WitnessAddress) -> Outcome {
    do throws(WitnessFailure) {
      let lines = try collect(address)
      return Outcome(address: address, result: .success(try trusted(lines)))
    } catch {
      return Outcome(address: address, result: .failure(error))
    }
  }

  private func collect(_ address: WitnessAddress) throws(WitnessFailure) -> [NoteSignature] {
    var submission = WitnessSubmission(note)
    while true {
      let request = submission.request(to: address, proof: try proof(from: submission.oldSize))
      let answer: HTTPClientResponse
      do throws(HTTPClientError) {
        answer = try Blocking.wait { [client] () async throws(HTTPClientError) in
          try await client.send(request)
        }
      } catch {
        throw .unreachable(error)
      }
      switch submission.take(answer) {
      case .send: continue
      case .cosigned(let lines): return lines
      case .failed(let failure): throw failure
      }
    }
  }

  private func proof(from oldSize: Int) throws(WitnessFailure) -> [Digest] {
    do throws(JournalError) {
      var leaves = try StoredLeaves(storage)
      return try leaves.consistency(from: oldSize, to: note.checkpoint.size)
    } catch {
      throw .noProof(error)
    }
  }

  /// Lines of known keys only, when keys are known; the log's own name is nobody else's to sign with.
  private func trusted(_ lines: [NoteSignature]) throws(WitnessFailure) -> [NoteSignature] {
    guard !keys.isEmpty else {
      return lines.filter { line in
        !note.note.signatures.contains { $0.isOfSameKey(as: line) && $0.blob != line.blob }
      }
    }
    guard !lines.isEmpty else { throw .malformedAnswer }
    do throws(NoteError) {
      let verified = try SignedNote(text: note.note.text, signatures: lines).verified(under: keys)
      return verified.map {
        NoteSignature(name: $0.key.name, keyID: $0.key.keyID, blob: $0.blob)
      }
    } catch {
      throw .untrusted(error)
    }
  }
}
