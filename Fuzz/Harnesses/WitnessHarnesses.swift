import GatewayAndScheduler
import Ingest
import Synchronization

extension Harness {
  static let witness: [Harness] = [
    Harness(
      "witness-request", words: ["old ", "\n\n", "\u{2014} ", "\n", "old 0\n\n"],
      seeds: {
        [7, 100, Ledger.leafCount].map { WitnessProperties.body(from: $0) }
          + [
            AddCheckpointRequest.body(oldSize: 0, proof: [], note: Ledger.signed.note.bytes),
            AddCheckpointRequest.body(oldSize: 256, proof: [], note: Ledger.cosigned.note.bytes),
          ]
      }, run: WitnessProperties.request),
    Harness(
      "witness-answer", words: ["\u{2014} witness/fuzz ", "\n", "256\n", "300\n"],
      seeds: {
        [[0] + Ledger.witness.sign(Ledger.signed.note.text, at: 1).line.utf8]
          + texts("\u{1}256\n", "\u{2}no such log\n")
      }, run: WitnessProperties.answer),
    Harness(
      "witness-address", byteCountMax: 256, words: ["unix:/", "http://", "https://", "/", "?"],
      seeds: { texts("unix:/run/witness.sock", "https://host/prefix/", "http://127.0.0.1:80") },
      run: WitnessProperties.address),
  ]
}

/// A witness cosigns what the log's key signed and what continues its own record: nothing else.
enum WitnessProperties {
  private static let recorded = 7

  static func body(from oldSize: Int) -> [UInt8] {
    let proof = oldSize == Ledger.leafCount ? [] : Ledger.consistency(oldSize)
    return AddCheckpointRequest.body(
      oldSize: oldSize, proof: proof.map { Base64.text($0.bytes) }, note: Ledger.signed.note.bytes)
  }

  static func request(_ bytes: [UInt8]) throws {
    let cryptography = NoteCryptography(Ledger.witness)
    if let request = AddCheckpointRequest(bytes, cryptography) {
      let again = AddCheckpointRequest.body(
        oldSize: request.oldSize, proof: request.proof.map { Base64.text($0) },
        note: request.checkpoint.note)
      try require(again == bytes, "written as other bytes")
      try require(request.proof.count <= AddCheckpointRequest.proofHashCountMax, "long proof")
    }
    let store = OneRecord()
    let witness = Witness(
      of: [WitnessedOrigin(name: Ledger.origin, keys: [Ledger.signer.key.vkey])], store: store,
      cryptography: cryptography, now: { 1_795_477_219 }, reportingTo: { _, _ in })
    let first = SignedCheckpoint(Ledger.checkpoints[1], by: Ledger.signer)
    let start = AddCheckpointRequest.body(oldSize: 0, proof: [], note: first.note.bytes)
    guard case .cosigned = witness.add(start) else {
      throw BrokenProperty(description: "the witness does not take its first checkpoint")
    }
    let before = store.bytes
    switch witness.add(bytes) {
    case .cosigned(let lines):
      let text = AddCheckpointRequest(bytes, cryptography)?.checkpoint.text ?? []
      let isGenuine = [first, Ledger.signed].contains { $0.note.text == text }
      try require(isGenuine, "cosigned: \(text.text)")
      let note = try SignedNote(text + [0x0A] + Array(lines.utf8))
      _ = try note.verified(under: [Ledger.witness.key])
    case .conflict(let size):
      try require(size == recorded && store.bytes == before, "conflict with \(size)")
    case .refused:
      try require(store.bytes == before, "refused, and recorded")
    }
  }

  /// The client's side: an answer gives signature lines, another try, or an end.
  static func answer(_ input: [UInt8]) throws {
    let (choices, body) = input.split(after: 1)
    let status: HTTPStatus = [.ok, .conflict, .notFound][Int(choices[0]) % 3]
    var submission = WitnessSubmission(Ledger.signed)
    for _ in 0..<WitnessSubmission.conflictCountMax {
      let answer = HTTPClientResponse(status: status, headers: [:], body: body)
      switch submission.take(answer) {
      case .send(let oldSize):
        try require((0...Ledger.leafCount).contains(oldSize), "old size \(oldSize)")
      case .failed(let failure): return try requireLegible("\(failure)")
      case .cosigned(let lines):
        try require(lines.map(\.line).joined().utf8.elementsEqual(body), "other lines")
        var merged = Ledger.signed
        _ = merged.merge(lines)
        return try require(try SignedNote(merged.note.bytes) == merged.note, "no note any more")
      }
    }
    throw BrokenProperty(description: "no end after \(WitnessSubmission.conflictCountMax) answers")
  }

  static func address(_ bytes: [UInt8]) throws {
    guard let address = WitnessAddress(bytes.text) else { return }
    if let path = address.socketPath {
      try require(path.utf8.count <= HTTPEndpoint.pathByteCountMax, "a long path")
    } else {
      try require(address.url.hasPrefix("http"), address.url)
    }
  }
}

/// The one record of a witness, in memory.
private final class OneRecord: WitnessStore {
  private let record = Mutex<[UInt8]?>(nil)

  var bytes: [UInt8]? { record.withLock { $0 } }

  func load(_ name: String) throws(WitnessStoreError) -> [UInt8]? { bytes }

  func replace(_ name: String, with bytes: [UInt8]) throws(WitnessStoreError) {
    record.withLock { $0 = bytes }
  }
}
