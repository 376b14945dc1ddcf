package import Ingest

/// One checkpoint on its way to one witness (C2SP tlog-witness, the client's side).
///
/// Pure: `request` is what to send, `take` what follows from the answer. The first request says old
/// size 0 unless told better; a witness that knows the log answers 409 with the right one.
package struct WitnessSubmission: Sendable {
  /// Answers of 409 before giving up: one tells the size, a second means that others submit too.
  package static let conflictCountMax = 3
  /// Bytes of the longest answer read.
  package static let answerByteCountMax = 64 << 10
  /// Most signature lines taken from one witness.
  package static let lineCountMax = 16
  /// Longest wait for one answer.
  package static let timeout: Duration = .seconds(30)

  /// What to do next.
  package enum Step: Sendable, Equatable {
    /// Send a request with the consistency proof from this size; empty for 0 and for the full size.
    case send(oldSize: Int)
    /// The witness's lines. Nothing vouches for them but the witness's word so far.
    case cosigned([NoteSignature])
    case failed(WitnessFailure)
  }

  private let checkpoint: SignedCheckpoint
  private var conflictCount = 0
  /// The size that the next request is to start from.
  package private(set) var oldSize: Int

  /// Precondition: an old size from 0 to the checkpoint's.
  package init(_ checkpoint: SignedCheckpoint, oldSize: Int = 0) {
    precondition((0...checkpoint.checkpoint.size).contains(oldSize), "old size \(oldSize)")
    self.checkpoint = checkpoint
    self.oldSize = oldSize
  }

  /// The call, with the proof from `oldSize`.
  package func request(to address: WitnessAddress, proof: [Digest]) -> HTTPClientRequest {
    HTTPClientRequest(
      .post, address.url + "/add-checkpoint",
      headers: ["Content-Type": "text/plain; charset=utf-8"],
      body: AddCheckpointRequest.body(
        oldSize: oldSize, proof: proof.map { Base64.text($0.bytes) }, note: checkpoint.note.bytes),
      timeout: WitnessSubmission.timeout,
      responseByteCountMax: WitnessSubmission.answerByteCountMax, socketPath: address.socketPath)
  }

  /// What follows from the answer to the last request.
  package mutating func take(_ answer: HTTPClientResponse) -> Step {
    switch answer.status {
    case .ok:
      guard let lines = WitnessSubmission.lines(answer.body) else {
        return .failed(.malformedAnswer)
      }
      return .cosigned(lines)
    case .conflict: return takeConflict(answer.body)
    default:
      return .failed(.refused(status: answer.status.code, WitnessSubmission.sentence(answer.body)))
    }
  }

  private mutating func takeConflict(_ body: [UInt8]) -> Step {
    guard body.last == 0x0A, let size = SubmittedCheckpoint.decimal(body.dropLast()) else {
      return .failed(.malformedAnswer)
    }
    guard size <= checkpoint.checkpoint.size else { return .failed(.ahead(size: size)) }
    conflictCount += 1
    guard conflictCount < WitnessSubmission.conflictCountMax else {
      return .failed(.conflicts(count: conflictCount))
    }
    oldSize = size
    return .send(oldSize: size)
  }

  /// Nil unless the body is signature lines and nothing else.
  private static func lines(_ body: [UInt8]) -> [NoteSignature]? {
    guard body.last == 0x0A else { return nil }
    let lines = body.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
    let signatures = lines.compactMap { NoteSignature(line: $0) }
    guard signatures.count == lines.count, lines.count <= lineCountMax else { return nil }
    return signatures
  }

  /// The first line of what a witness says, as far as it is printable.
  private static func sentence(_ body: [UInt8]) -> String {
    let line = body.prefix { $0 != 0x0A }.prefix(120).filter { (0x20..<0x7F).contains($0) }
    return String(decoding: line, as: UTF8.self)
  }
}

/// Why a witness gave no cosignature.
package enum WitnessFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// The witness has cosigned a larger tree of this log: entries are missing here, or the journal
  /// was rewritten.
  case ahead(size: Int)
  case conflicts(count: Int)
  case refused(status: Int, String)
  case malformedAnswer
  /// No line of a key that is trusted, or a bad one.
  case untrusted(NoteError)
  case unreachable(HTTPClientError)
  /// The proof that the witness needs cannot be made.
  case noProof(TilesError)

  package var description: String {
    switch self {
    case .ahead(let size): "has cosigned \(size) entries already: more than this checkpoint has"
    case .conflicts(let count): "answered 409 \(count) times: others submit at the same time"
    case .refused(let status, let sentence): "answered \(status): \(sentence)"
    case .malformedAnswer: "answered what is no list of signature lines, nor a size"
    case .untrusted(let error): "cosignature not trusted: \(error)"
    case .unreachable(let error): "\(error)"
    case .noProof(let error): "\(error)"
    }
  }
}
