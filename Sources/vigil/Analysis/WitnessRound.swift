import GatewayAndScheduler
import Ingest

/// One checkpoint shown to witnesses, one after the other.
///
/// Without a lock: the journal may grow meanwhile.
struct WitnessRound: ~Copyable {
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
  /// Made when the first witness asks for a proof: that costs a pass over the leaf hashes.
  private var maker: ProofMaker?

  /// - Parameter keys: the only ones whose cosignatures are taken; empty takes all.
  init(_ note: SignedCheckpoint, trusting keys: [VerifierKey], _ storage: any JournalStorage) {
    self.note = note
    self.keys = keys
    self.storage = storage
  }

  /// Asks one witness: at most `WitnessSubmission.conflictCountMax` calls.
  mutating func ask(_ address: WitnessAddress) -> Outcome {
    do throws(WitnessFailure) {
      let lines = try collect(address)
      return Outcome(address: address, result: .success(try trusted(lines)))
    } catch {
      return Outcome(address: address, result: .failure(error))
    }
  }

  private mutating func collect(_ address: WitnessAddress) throws(WitnessFailure) -> [NoteSignature]
  {
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

  /// None is needed from nothing.
  private mutating func proof(from oldSize: Int) throws(WitnessFailure) -> [Digest] {
    guard oldSize > 0 else { return [] }
    do throws(TilesError) {
      if maker == nil { maker = try ProofMaker(journal: storage, under: note) }
      return try maker?.consistency(from: oldSize).path ?? []
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
