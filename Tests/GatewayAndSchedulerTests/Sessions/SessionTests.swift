import GatewayAndScheduler
import Ingest
import Synchronization
import Testing

/// Cookies that change, limits that hold, and sessions that outlive the process.
@Suite struct SessionTests {
  private func isIn(_ bench: GatewayBench) async throws -> Bool {
    try await bench.verify().status == .ok
  }

  @Test func `a cookie is replaced at its age, and the old one counts for a grace`() async throws {
    let bench = try GatewayBench()
    try await bench.logIn()
    let first = bench.cookies
    bench.world.advance(899)
    #expect(try await isIn(bench) && bench.cookies == first)
    bench.world.advance(1)
    #expect(try await isIn(bench))
    let second = bench.cookies
    #expect(second != first)
    // The new one comes back: from here on the old one has a minute.
    #expect(try await isIn(bench))
    bench.setCookies(first)
    bench.world.advance(59)
    #expect(try await isIn(bench))
    bench.world.advance(1)
    bench.setCookies(first)
    #expect(try await !isIn(bench))
    #expect(bench.world.decisions.last?.reason == "rotated_away")
    #expect(bench.world.decisions.last?.principal == "alice")
    bench.setCookies(second)
    #expect(try await isIn(bench))
  }

  @Test func `an answer that got lost costs nobody the session`() async throws {
    let bench = try GatewayBench()
    try await bench.logIn()
    let first = bench.cookies
    for _ in 0..<20 {
      bench.world.advance(900)
      // The browser never keeps what it is sent.
      bench.setCookies(first)
      #expect(try await isIn(bench))
    }
  }

  @Test func `parallel requests are sent one new cookie`() async throws {
    let bench = try GatewayBench()
    try await bench.logIn()
    bench.world.advance(900)
    let sent = try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<20 {
        group.addTask { try await bench.verify().headers["X-Vigil-Set-Cookie"] }
      }
      return try await group.reduce(into: 0) { $0 += $1?.isEmpty == false ? 1 : 0 }
    }
    #expect(sent == 1)
  }

  @Test func `sessions end by idleness and by age`() async throws {
    let bench = try GatewayBench()
    try await bench.logIn()
    bench.world.advance(12 * 3600 - 1)
    #expect(try await isIn(bench))
    bench.world.advance(12 * 3600)
    #expect(try await !isIn(bench))
    #expect(bench.world.decisions.last?.reason == "expired: idle")
    #expect(bench.sessions.count == 0 && bench.archive.contents.isEmpty)
    try await bench.logIn()
    for _ in 0..<(7 * 3 - 1) {
      bench.world.advance(8 * 3600)
      #expect(try await isIn(bench))
    }
    bench.world.advance(8 * 3600)
    #expect(try await !isIn(bench))
    #expect(bench.world.decisions.last?.reason == "expired: absolute limit")
  }

  @Test func `a restart keeps sessions, and what it keeps cannot be read`() async throws {
    let bench = try GatewayBench()
    try await bench.logIn()
    let file = try #require(bench.archive.contents.values.first)
    let text = String(decoding: file, as: UTF8.self)
    for secret in ["refresh-", "alice", "id_token"] { #expect(!text.contains(secret)) }
    let after = try GatewayBench(archive: bench.archive, continuing: bench)
    #expect(after.sessions.count == 1)
    after.world.advance(250)
    #expect(try await isIn(after))
    #expect(after.simulated.count("/token") == 1)
  }

  @Test func `a rotated refresh token is kept before anyone is answered`() async throws {
    let bench = try GatewayBench()
    try await bench.logIn()
    bench.world.advance(250)
    #expect(try await isIn(bench))
    // The process dies here, and its successor must hold the newest token: the provider takes no other.
    let after = try GatewayBench(archive: bench.archive, continuing: bench)
    after.world.advance(bench.world.now.seconds(since: after.world.now) + 250)
    #expect(try await isIn(after))
    #expect(after.simulated.count("/token") == 1)
  }

  @Test func `files that were changed or are another's are left out and removed`() async throws {
    let bench = try GatewayBench()
    try await bench.logIn()
    let (name, bytes) = try #require(bench.archive.contents.first)
    for place in stride(from: 0, to: bytes.count, by: 37) {
      let archive = MemoryArchive()
      var changed = bytes
      changed[place] ^= 1
      try archive.save(name, changed)
      #expect(try GatewayBench(archive: archive).sessions.count == 0)
      #expect(archive.contents.isEmpty)
    }
    let archive = MemoryArchive()
    try archive.save("another-name", bytes)
    try archive.save("empty", [])
    #expect(try GatewayBench(archive: archive).sessions.count == 0)
  }

  @Test func `there are only so many sessions, and ended ones make room`() async throws {
    var limits = SessionLimits()
    limits.countMax = 2
    let bench = try GatewayBench(limits: limits)
    func another() async throws -> HTTPStatus {
      bench.setCookies([:])
      return try await bench.logIn().status
    }
    for _ in 0..<2 { #expect(try await another() == .seeOther) }
    #expect(try await another() == .serviceUnavailable)
    bench.world.advance(12 * 3600)
    #expect(try await another() == .seeOther)
    #expect(bench.sessions.count == 1)
  }

  @Test(arguments: [
    "x", "", "AAAA", String(repeating: "A", count: 43), String(repeating: "A", count: 44),
    String(repeating: "A", count: 100_000), "../../session-key",
  ])
  func `a made-up cookie leads nowhere`(value: String) async throws {
    let bench = try GatewayBench()
    bench.setCookies(["__Host-vigil": value])
    #expect(try await bench.verify().status == .unauthorized)
    #expect(bench.world.decisions.last?.reason == "unknown")
  }

  @Test func `two cookies of the name are refused`() async throws {
    let bench = try GatewayBench()
    try await bench.logIn()
    let cookie = try #require(bench.cookies["__Host-vigil"])
    let twice: HTTPHeaders = ["Cookie": "__Host-vigil=\(cookie); __Host-vigil=x"]
    let answer = try await bench.verify(.get, "/jobs", twice, sendsCookies: false)
    #expect(answer.status == .unauthorized)
    let split: HTTPHeaders = ["Cookie": "a=b", "cookie": "c=d;__Host-vigil=\(cookie)"]
    #expect(try await bench.verify(.get, "/jobs", split, sendsCookies: false).status == .ok)
  }

  @Test func `the directory's files are the owner's alone, and the key is made once`() throws {
    let directory = try TemporaryDirectory()
    let world = TestWorld()
    let first = try SessionKey(stateDirectory: directory.path, surroundings: world.surroundings)
    let storage = try PosixStorage(directory: directory.path, creating: false)
    #expect(try storage.open("session-key", .reading).permissions() == 0o600)
    let bytes = try #require(try storage.contents("session-key", byteCountMax: 100))
    _ = try SessionKey(stateDirectory: directory.path, surroundings: world.surroundings)
    #expect(try storage.contents("session-key", byteCountMax: 100) == bytes)
    #expect(!"\(first)".contains("bytes") && "\(first)" == "session key")
    let archive = try SessionDirectory(directory.path + "/sessions")
    try archive.save("ab12", [1, 2, 3])
    #expect(try archive.load().map(\.name) == ["ab12"])
    #expect(try storage.open("sessions/ab12.session", .reading).permissions() == 0o600)
    try archive.remove("ab12")
    #expect(try archive.load().isEmpty)
    try storage.replace("session-key", with: [1, 2, 3].span, .owner)
    #expect(throws: SessionKeyError.self) {
      try SessionKey(stateDirectory: directory.path, surroundings: world.surroundings)
    }
  }
}
