import GatewayAndScheduler
import Ingest
import Testing

private let log = SeededLog()
private let fork = SeededLog(forkIndex: 3, branch: "fork")
private let secondKey = SeededLog.signer("example.com/log", .ed25519, 2)
private let cosigner = SeededLog.signer("witness.example/w", .cosignature, 3)

private func realWitness(
  _ store: ToyStore = ToyStore(), now: Int64 = 1_700_000_000
) -> Witness<ToyStore, NoteCryptography> {
  Witness(
    of: [WitnessedOrigin(name: log.origin, keys: [log.signer.key.vkey, secondKey.key.vkey])],
    store: store, cryptography: NoteCryptography(cosigner), now: { now },
    reportingTo: { _, _ in })
}

private func body(_ old: Int, proof: [Digest] = [], _ note: [UInt8]) -> [UInt8] {
  AddCheckpointRequest.body(
    oldSize: old, proof: proof.map { Base64.text($0.bytes) }, note: note)
}

@Suite("Witness with real signatures and proofs")
struct NoteCryptographyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let latest: [Int]
    let body: [UInt8]
    let status: Int

    init(_ name: String, after latest: [Int], _ body: [UInt8], _ status: Int) {
      (testDescription, self.latest, self.body, self.status) = (name, latest, body, status)
    }
  }

  private static let stranger = SeededLog.signer("example.com/log", .ed25519, 9)
  private static let anyHash = Digest.zero
  private static let truncated = Array(log.proof(from: 5, to: 9).dropLast())

  static let cases = [
    Case("first checkpoint", after: [], log.request(from: 0, to: 5), 200),
    Case("first checkpoint of the empty tree", after: [], log.request(from: 0, to: 0), 200),
    Case("the empty tree again", after: [0], log.request(from: 0, to: 0), 200),
    Case("growth from the empty tree", after: [0], log.request(from: 0, to: 5), 200),
    Case("growth", after: [5], log.request(from: 5, to: 9), 200),
    Case("growth from a perfect tree", after: [4], log.request(from: 4, to: 9), 200),
    Case("the same tree again", after: [5], log.request(from: 5, to: 5), 200),
    Case(
      "signed by the origin's second key", after: [], body(0, log.note(5, by: [secondKey])), 200),
    Case("signed by both keys", after: [], body(0, log.note(5, by: [log.signer, secondKey])), 200),
    Case(
      "a stranger's signature of the same name beside it", after: [],
      body(0, log.note(5, by: [stranger, log.signer])), 200),
    Case("not a request", after: [], Array("hello".utf8), 400),
    Case("nothing", after: [], [], 400),
    Case("old size beyond the checkpoint", after: [5], body(5, log.note(4)), 400),
    Case("a control character in the note", after: [], body(0, log.note(5) + [0x09, 0x0A]), 400),
    Case("a stranger's signature only", after: [], body(0, log.note(5, by: [stranger])), 403),
    Case("a cosignature only", after: [], body(0, log.note(5, by: [cosigner])), 403),
    Case("a bad signature", after: [], body(0, log.badNote(5)), 403),
    Case(
      "another checkpoint's signature", after: [],
      body(
        0,
        SignedNote(
          text: Array(log.checkpoint(6).body.utf8), signatures: log.signed(5).note.signatures
        ).bytes),
      403),
    Case(
      "unknown origin", after: [], SeededLog(origin: "nobody").request(from: 0, to: 5), 404),
    Case("old size behind", after: [5], log.request(from: 4, to: 9), 409),
    Case("old size ahead", after: [5], log.request(from: 6, to: 9), 409),
    Case("old size 0 to learn the latest", after: [5], log.request(from: 0, to: 9), 409),
    Case("old size without any record", after: [], log.request(from: 3, to: 9), 409),
    Case("going back", after: [5, 9], log.request(from: 5, to: 7), 409),
    Case("proof from the empty tree", after: [], body(0, proof: [anyHash], log.note(5)), 422),
    Case("wrong proof", after: [5], body(5, proof: [anyHash], log.note(9)), 422),
    Case("no proof", after: [5], body(5, log.note(9)), 422),
    Case("a proof cut short", after: [5], body(5, proof: truncated, log.note(9)), 422),
    Case(
      "a proof with a hash too many", after: [5],
      body(5, proof: log.proof(from: 5, to: 9) + [anyHash], log.note(9)), 422),
    Case(
      "the proof of another size", after: [5],
      body(5, proof: log.proof(from: 4, to: 9), log.note(9)), 422),
    Case("a fork within what was cosigned", after: [5], fork.request(from: 5, to: 9), 422),
    Case("same size, other root", after: [5], fork.request(from: 5, to: 5), 422),
    Case("proof for the same size", after: [5], body(5, proof: [anyHash], log.note(5)), 422),
    Case(
      "empty tree with another root", after: [],
      body(
        0,
        SignedCheckpoint(Checkpoint(origin: log.origin, size: 0, root: .zero), by: log.signer).note
          .bytes),
      422),
  ]

  @Test(
    "each request gets the status of the specification; only 200 changes the record",
    arguments: cases)
  func statusTable(_ one: Case) throws {
    let store = ToyStore()
    let witness = realWitness(store)
    var old = 0
    for size in one.latest {
      #expect(witness.add(log.request(from: old, to: size)).response.status == .ok)
      old = size
    }
    let before = store.records
    let response = witness.add(one.body).response
    #expect(response.status.code == one.status)
    if one.status != 200 { #expect(store.records == before) }
    if one.status == 409 { #expect(response.body == Array("\(old)\n".utf8)) }
  }

  @Test("the lines are cosignatures that verify on the checkpoint, at the time given")
  func cosignatures() throws {
    guard case .cosigned(let lines) = realWitness().add(log.request(from: 0, to: 5)) else {
      Issue.record("not cosigned")
      return
    }
    let note = try SignedNote(log.note(5) + Array(lines.utf8))
    let verified = try note.verified(under: [log.signer.key, cosigner.key])
    #expect(verified.map(\.seconds) == [nil, 1_700_000_000])
  }

  @Test("no byte of a request can be changed into one that is cosigned for another tree")
  func mutations() throws {
    let request = log.request(from: 5, to: 9)
    let store = ToyStore()
    #expect(realWitness(store).add(log.request(from: 0, to: 5)).response.status == .ok)
    for offset in request.indices {
      for bit in 0..<8 {
        var altered = request
        altered[offset] ^= 1 << UInt8(bit)
        let answer = realWitness(ToyStore(records: store.records)).add(altered)
        // Only a signature line turned into a stranger's could pass, and there is but one line.
        #expect(answer.response.status != .ok, "byte \(offset) bit \(bit)")
      }
    }
  }
}
