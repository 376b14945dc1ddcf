import GatewayAndScheduler
import Testing

/// The witness over HTTP, with its records in a directory.
@Suite struct WitnessRoutesTests {
  private let client = HTTPClient()
  private let log = ToyLog()

  private func router(_ store: WitnessDirectory) -> Router {
    var router = Router()
    router.addWitness(
      Witness(
        of: [WitnessedOrigin(name: "example.com/log", keys: ["log-key"])], store: store,
        cryptography: ToyCryptography(), now: { 1_700_000_000 }, reportingTo: { _, _ in }),
      prefix: "/w")
    return router
  }

  @Test func `the calls of the protocol work over HTTP, and survive a restart`() async throws {
    let directory = try TemporaryDirectory()
    let socket = HTTPEndpoint.unixSocket(path: directory.path + "/s")
    let hash = ToyStore.name(of: log.origin)
    weak var first: WitnessDirectory?
    do {
      let store = try WitnessDirectory(directory.path)
      first = store
      let router = router(store)
      try await TestServer(endpoint: socket, handler: { await router.respond(to: $0) }).use { _ in
        #expect(try await get(directory, "/w/\(hash)/checkpoint").status == .notFound)
        let added = try await add(directory, log.request(from: 0, to: 5))
        #expect(added.status == .ok)
        #expect(added.headers["content-type"] == "text/plain; charset=utf-8")
        let latest = try await get(directory, "/w/\(hash)/checkpoint")
        #expect(latest.body == log.note(5) + added.body)
      }
    }
    // The last handler's task may let go of the store a moment after its answer.
    while first != nil { await Task.yield() }
    let router = router(try WitnessDirectory(directory.path))
    try await TestServer(endpoint: socket, handler: { await router.respond(to: $0) }).use { _ in
      let conflict = try await add(directory, log.request(from: 0, to: 9))
      #expect(conflict.status == .conflict)
      #expect(conflict.headers["content-type"] == "text/x.tlog.size")
      #expect(conflict.body == Array("5\n".utf8))
      #expect(try await add(directory, log.request(from: 5, to: 9)).status == .ok)
      let fork = ToyLog(branch: "fork")
      #expect(try await add(directory, fork.request(from: 9, to: 9)).status.code == 422)
      #expect(try await add(directory, []).status == .badRequest)
      #expect(try await get(directory, "/w/add-checkpoint").status == .methodNotAllowed)
    }
  }

  @Test(arguments: WitnessRefusal.allCases)
  func `each refusal has a status of the specification and one line of text`(
    refusal: WitnessRefusal
  ) {
    let response = WitnessAnswer.refused(refusal).response
    #expect([400, 403, 404, 422, 500].contains(response.status.code))
    #expect(response.body.last == 0x0A && response.body.count { $0 == 0x0A } == 1)
  }

  private func add(
    _ directory: TemporaryDirectory, _ body: [UInt8]
  ) async throws -> HTTPClientResponse {
    try await client.send(
      HTTPClientRequest(
        .post, "http://w/w/add-checkpoint", body: body, socketPath: directory.path + "/s"))
  }

  private func get(
    _ directory: TemporaryDirectory, _ path: String
  ) async throws -> HTTPClientResponse {
    try await client.send(
      HTTPClientRequest(.get, "http://w" + path, socketPath: directory.path + "/s"))
  }
}
