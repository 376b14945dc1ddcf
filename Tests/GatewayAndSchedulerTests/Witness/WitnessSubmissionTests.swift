import GatewayAndScheduler
import Ingest
import Testing

private let log = SeededLog()

private func answer(_ status: HTTPStatus, _ text: String) -> HTTPClientResponse {
  HTTPClientResponse(status: status, headers: [:], body: Array(text.utf8))
}

@Suite("WitnessSubmission")
struct WitnessSubmissionTests {
  private let line = NoteSignature(name: "w", keyID: 7, blob: [1, 2])

  @Test("begins at 0, takes the size that a witness names, and ends with its lines")
  func wholeWay() throws {
    var submission = WitnessSubmission(log.signed(9))
    let address = try #require(WitnessAddress("http://w.example/prefix/"))
    let first = submission.request(to: address, proof: [])
    #expect(first.url == "http://w.example/prefix/add-checkpoint")
    #expect(first.body == log.request(from: 0, to: 9))
    #expect(submission.take(answer(.conflict, "5\n")) == .send(oldSize: 5))
    let second = submission.request(to: address, proof: log.proof(from: 5, to: 9))
    #expect(second.body == log.request(from: 5, to: 9))
    #expect(submission.take(answer(.ok, line.line)) == .cosigned([line]))
  }

  @Test("a witness that has seen more than the checkpoint is evidence, not a retry")
  func ahead() {
    var submission = WitnessSubmission(log.signed(9))
    #expect(submission.take(answer(.conflict, "10\n")) == .failed(.ahead(size: 10)))
  }

  @Test("a witness that answers 409 for ever is given up")
  func conflictLimit() {
    var submission = WitnessSubmission(log.signed(9))
    for size in 1..<WitnessSubmission.conflictCountMax {
      #expect(submission.take(answer(.conflict, "\(size)\n")) == .send(oldSize: size))
    }
    #expect(
      submission.take(answer(.conflict, "8\n"))
        == .failed(.conflicts(count: WitnessSubmission.conflictCountMax)))
  }

  @Test(
    "an answer of another shape is no answer",
    arguments: [
      (HTTPStatus.ok, ""), (.ok, "\n"), (.ok, "— w AAAABwEC"), (.ok, "w AAAABwEC\n"),
      (.ok, "— w AAAABwEC\n\n"), (.ok, "— w AAAABwEC\nhello\n"),
      (.ok, String(repeating: "— w AAAABwEC\n", count: WitnessSubmission.lineCountMax + 1)),
      (.conflict, "5"), (.conflict, "05\n"), (.conflict, "-1\n"), (.conflict, ""),
      (.conflict, "99999999999999999999\n"),
    ])
  func malformed(_ status: HTTPStatus, _ text: String) {
    var submission = WitnessSubmission(log.signed(9))
    #expect(submission.take(answer(status, text)) == .failed(.malformedAnswer))
  }

  @Test("a refusal is told with its status and one printable line")
  func refusal() {
    var submission = WitnessSubmission(log.signed(9))
    #expect(
      submission.take(answer(.unprocessableContent, "no\u{1B}[31m proof\nmore"))
        == .failed(.refused(status: 422, "no[31m proof")))
  }

  @Test(
    "addresses are URLs or absolute socket paths",
    arguments: [
      ("https://w.example", "https://w.example", nil), ("http://h:80/a/", "http://h:80/a", nil),
      ("unix:/run/w.sock", "http://witness", "/run/w.sock"),
    ] as [(String, String, String?)])
  func addresses(_ text: String, _ url: String, _ socket: String?) throws {
    let address = try #require(WitnessAddress(text))
    #expect(address.url == url)
    #expect(address.socketPath == socket)
    #expect(address.description == text)
  }

  @Test(
    "anything else is no address",
    arguments: [
      "", "w.example", "ftp://w", "unix:", "unix:relative", "http://w?x", "https://w#x",
      "unix:/" + String(repeating: "p", count: 107),
    ])
  func otherAddresses(_ text: String) {
    #expect(WitnessAddress(text) == nil)
  }
}

@Suite("Witness and submission over a socket")
struct WitnessSocketTests {
  private let client = HTTPClient()

  @Test("a log grows, and its witness keeps up from what it last saw")
  func growth() async throws {
    let directory = try TemporaryDirectory()
    let cosigner = SeededLog.signer("w", .cosignature, 3)
    let witness = Witness(
      of: [WitnessedOrigin(name: log.origin, keys: [log.signer.key.vkey])], store: ToyStore(),
      cryptography: NoteCryptography(cosigner), now: { 1_700_000_000 },
      reportingTo: { _, _ in })
    var router = Router()
    router.addWitness(witness)
    let (address, handlers) = (
      try #require(WitnessAddress("unix:\(directory.path)/s")), router
    )
    let server = TestServer(
      endpoint: .unixSocket(path: directory.path + "/s"),
      handler: { await handlers.respond(to: $0) })
    try await server.use { _ in
      for size in [5, 5, 9, 64] {
        let lines = try await submit(log.signed(size), log, to: address)
        var note = log.signed(size)
        #expect(note.merge(try lines.get()) == 1)
        #expect(try note.note.verified(under: [cosigner.key]).count == 1)
      }
      #expect(try await submit(log.signed(9), log, to: address) == .failure(.ahead(size: 64)))
      let fork = SeededLog(forkIndex: 3, branch: "fork")
      let refused = try await submit(fork.signed(70), fork, to: address)
      #expect(
        refused == .failure(.refused(status: 422, "consistency proof does not verify")))
    }
  }

  private func submit(
    _ note: SignedCheckpoint, _ log: SeededLog, to address: WitnessAddress
  ) async throws -> Result<[NoteSignature], WitnessFailure> {
    var submission = WitnessSubmission(note)
    while true {
      let proof = log.proof(from: submission.oldSize, to: note.checkpoint.size)
      switch submission.take(try await client.send(submission.request(to: address, proof: proof))) {
      case .send: continue
      case .cosigned(let lines): return .success(lines)
      case .failed(let failure): return .failure(failure)
      }
    }
  }
}
