import GatewayAndScheduler
import Testing

@Suite struct WitnessTests {
  private let log = ToyLog()

  /// One request to a witness that has cosigned up to `latest`, and the answer due.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let latest: [Int]
    let body: [UInt8]
    let status: Int

    init(_ name: String, after latest: [Int], _ body: [UInt8], _ status: Int) {
      (testDescription, self.latest, self.body, self.status) = (name, latest, body, status)
    }
  }

  private static let log = ToyLog()
  private static let fork = ToyLog(branch: "fork")

  private static func body(_ old: Int, proof: [String] = [], _ note: [UInt8]) -> [UInt8] {
    AddCheckpointRequest.body(oldSize: old, proof: proof, note: note)
  }

  /// A hash, but the proof of nothing.
  private static let anyHash = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

  private static let cases = [
    Case("first checkpoint", after: [], log.request(from: 0, to: 5), 200),
    Case("first checkpoint of the empty tree", after: [], log.request(from: 0, to: 0), 200),
    Case("the empty tree again", after: [0], log.request(from: 0, to: 0), 200),
    Case("growth from the empty tree", after: [0], log.request(from: 0, to: 5), 200),
    Case("growth", after: [5], log.request(from: 5, to: 9), 200),
    Case("the same tree again", after: [5], log.request(from: 5, to: 5), 200),
    Case("not a request", after: [], Array("hello".utf8), 400),
    Case("nothing", after: [], [], 400),
    Case("old size beyond the checkpoint", after: [5], log.request(from: 5, to: 4), 400),
    Case("old size beyond the checkpoint, and wrong", after: [5], log.request(from: 7, to: 6), 400),
    Case("other key only", after: [], body(0, log.note(5, key: "stranger")), 403),
    Case(
      "bad signature of a trusted key", after: [], body(0, log.note(5, signature: anyHash)), 403),
    Case(
      "a good signature next to a bad one", after: [],
      body(0, log.note(5) + Array("— second-key \(anyHash)\n".utf8)), 403),
    Case(
      "a stranger's signature next to a good one", after: [],
      body(0, log.note(5) + Array("— stranger \(anyHash)\n".utf8)), 200),
    Case("unknown origin", after: [], ToyLog(origin: "nobody").request(from: 0, to: 5), 404),
    Case(
      "unknown origin with a bad signature", after: [],
      body(0, ToyLog(origin: "nobody").note(5, signature: anyHash)), 404),
    Case("old size behind", after: [5], log.request(from: 4, to: 9), 409),
    Case("old size ahead", after: [5], log.request(from: 6, to: 9), 409),
    Case("old size 0 to learn the latest", after: [5], log.request(from: 0, to: 9), 409),
    Case("old size without any record", after: [], log.request(from: 3, to: 9), 409),
    Case("going back", after: [5, 9], log.request(from: 5, to: 7), 409),
    Case(
      "wrong proof and wrong old size", after: [5], body(4, proof: [anyHash], log.note(9)), 409),
    Case("proof from the empty tree", after: [], body(0, proof: [anyHash], log.note(5)), 422),
    Case(
      "proof from the empty tree on record", after: [0], body(0, proof: [anyHash], log.note(5)), 422
    ),
    Case("wrong proof", after: [5], body(5, proof: [anyHash], log.note(9)), 422),
    Case("no proof", after: [5], body(5, log.note(9)), 422),
    Case("a fork", after: [5], fork.request(from: 5, to: 9), 422),
    Case("same size, other root", after: [5], fork.request(from: 5, to: 5), 422),
    Case("proof for the same size", after: [5], body(5, proof: [anyHash], log.note(5)), 422),
    Case(
      "empty tree with another root", after: [],
      body(0, signed("example.com/log\n0\n\(anyHash)\n")), 422),
  ]

  private static func signed(_ text: String) -> [UInt8] {
    Array("\(text)\n— log-key \(ToyCryptography().signature("log-key", text))\n".utf8)
  }

  @Test(arguments: cases)
  func `each request gets the status of the specification, and only 200 changes the record`(
    _ one: Case
  ) throws {
    let store = ToyStore()
    let witness = toyWitness(store)
    var old = 0
    for size in one.latest {
      #expect(witness.add(log.request(from: old, to: size)).response.status == .ok)
      old = size
    }
    let before = store.records
    let response = witness.add(one.body).response
    #expect(response.status.code == one.status)
    if one.status != 200 { #expect(store.records == before) }
    let text = String(decoding: response.body, as: UTF8.self)
    switch one.status {
    case 200: #expect(text.hasPrefix("— witness ") && text.hasSuffix("\n"))
    case 409:
      #expect(text == "\(old)\n")
      #expect(response.headers["Content-Type"] == "text/x.tlog.size")
    default: #expect(!text.contains("—"))
    }
  }

  @Test func `a larger tree that the record was told of is what monitors get`() throws {
    let witness = toyWitness()
    let hash = ToyStore.name(of: log.origin)
    #expect(witness.latestNote(originHash: hash) == nil)
    guard case .cosigned(let lines) = witness.add(log.request(from: 0, to: 5)) else {
      Issue.record("not cosigned")
      return
    }
    #expect(witness.latestNote(originHash: hash) == log.note(5) + Array(lines.utf8))
    #expect(witness.latestNote(originHash: "0") == nil)
  }

  @Test func `the cosignature carries the time, which must not be zero`() {
    let text = String(decoding: log.note(5), as: UTF8.self).components(before: "\n\n") + "\n"
    let line = "— witness \(ToyCryptography().signature("witness 17", text))\n"
    #expect(toyWitness(now: 17).add(log.request(from: 0, to: 5)) == .cosigned(lines: line))
    #expect(toyWitness(now: 0).add(log.request(from: 0, to: 5)) == .refused(.recordUnavailable))
  }

  @Test func `without a signature nothing is stored`() {
    let store = ToyStore()
    let witness = toyWitness(store, cryptography: ToyCryptography(canSign: false))
    #expect(witness.add(log.request(from: 0, to: 5)) == .refused(.recordUnavailable))
    #expect(store.records.isEmpty)
  }

  @Test func `origins have records of their own`() {
    let witness = toyWitness()
    let other = ToyLog(origin: "example.com/other")
    #expect(witness.add(log.request(from: 0, to: 5)).response.status == .ok)
    #expect(witness.add(other.request(from: 0, to: 3)).response.status == .ok)
    #expect(witness.add(log.request(from: 5, to: 9)).response.status == .ok)
    #expect(witness.add(other.request(from: 0, to: 9)) == .conflict(latestSize: 3))
  }

  @Test func `an origin without keys, or named twice, is a programmer's mistake`() async {
    await #expect(processExitsWith: .failure) {
      _ = Witness(
        of: [WitnessedOrigin(name: "a", keys: [])], store: ToyStore(),
        cryptography: ToyCryptography(), now: { 1 }, reportingTo: { _, _ in })
    }
  }
}

extension ToyStore {
  /// The name under which a witness keeps an origin's record.
  static func name(of origin: String) -> String {
    ToyCryptography().sha256(Array(origin.utf8)).map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0" + text : text
    }.joined()
  }
}

extension String {
  fileprivate func components(before separator: String) -> String {
    firstRange(of: separator).map { String(self[..<$0.lowerBound]) } ?? self
  }
}
