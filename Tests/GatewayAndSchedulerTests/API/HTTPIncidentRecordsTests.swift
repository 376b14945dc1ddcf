import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport
import Testing

/// What no handler saw is in the journal: so many of a kind, the others as a count.
@Suite final class HTTPIncidentRecordsTests: Sendable {
  private static let start = Build.time(0)

  private let sink = MemorySink()
  private let clock = Mutex(HTTPIncidentRecordsTests.start)

  private func records() -> HTTPIncidentRecords {
    let serial = Mutex<UInt8>(0)
    return HTTPIncidentRecords(
      "http", sink: sink,
      surroundings: Surroundings(
        now: { [self] in clock.withLock { $0 } },
        randomBytes: { count in
          let number = serial.withLock { number -> UInt8 in
            number &+= 1
            return number
          }
          return [UInt8](repeating: number, count: count)
        }))
  }

  private var controls: [ControlRecord] {
    sink.records.compactMap { if case .control(let control) = $0.body { control } else { nil } }
  }

  private func wait(for count: Int) async {
    for _ in 0..<100_000 where sink.records.count < count { await Task.yield() }
  }

  private func incident(_ target: String) -> HTTPIncident {
    HTTPIncident(
      .refused, peer: .loopback(port: 9), target: Array(target.utf8), status: .headersTooLarge,
      reason: "more than 20 header fields")
  }

  @Test("a record says what was answered, and of the target no query and nothing that ends a line")
  func record() async throws {
    records().note(incident("/a\nb\"\u{202E}?token=secret"))
    await wait(for: 1)
    let control = try #require(controls.first)
    #expect(control.event == .requestFailed && control.status == 431)
    #expect(control.path == "/a\\u{a}b\\u{22}\\u{202e}")
    #expect(control.reason == "more than 20 header fields, from a loopback connection")
    #expect(control.counts == [.init("refused", 1)])
    #expect(control.remoteIP == nil, "the proxy's address is not the client's")
  }

  @Test("a flood fills no journal: thirty in a minute, and the next one tells of the others")
  func flood() async throws {
    let records = records()
    for _ in 0..<1000 { records.note(incident("/x")) }
    await wait(for: 30)
    #expect(controls.count == 30)
    clock.withLock { $0 = $0.advanced(bySeconds: 61) }
    records.note(incident("/x"))
    await wait(for: 31)
    #expect(controls.last?.counts == [.init("refused", 1), .init("unrecorded", 970)])
    // One kind does not use up another's.
    records.note(
      HTTPIncident(.noRequest, peer: .unnamed, target: nil, status: nil, reason: "no request line"))
    await wait(for: 32)
    #expect(controls.last?.counts == [.init("no_request", 1)] && controls.last?.path == nil)
  }

  @Test(
    "a path that is not there and a method that is not one of its path are recorded with the answer"
  )
  func unrouted() async throws {
    var router = Router()
    router.add(.get, "/jobs") { _ in .text(.ok, "jobs") }
    let records = records()
    let surroundings = Surroundings(
      now: { HTTPIncidentRecordsTests.start }, randomBytes: { [UInt8](repeating: 1, count: $0) })
    let handler = APIFront.handler(router, surroundings: surroundings, incidents: records)
    for (method, path, status) in [
      (HTTPMethod.get, "/nothing?secret=1", 404), (.post, "/jobs", 405), (.get, "/jobs", 200),
    ] {
      let target = try HTTPTarget(Array(path.utf8))
      let answer = await handler(
        HTTPRequest(method: method, target: target, headers: [:], peer: .loopback(port: 9)))
      #expect(answer.status.code == status)
    }
    #expect(controls.map(\.status) == [404, 405])
    #expect(controls.map(\.path) == ["/nothing", "/jobs"])
  }

  @Test("a record that cannot be written is counted by the next")
  func broken() async throws {
    let records = records()
    sink.breakDown()
    let lost = APIFront.handler(
      Router(),
      surroundings: Surroundings(
        now: { HTTPIncidentRecordsTests.start }, randomBytes: { [UInt8](repeating: 1, count: $0) }),
      incidents: records)
    let request = HTTPRequest(
      method: .get, target: try HTTPTarget(Array("/a".utf8)), headers: [:], peer: .unnamed)
    #expect(await lost(request).status == .notFound)
    sink.breakDown(false)
    #expect(await lost(request).status == .notFound)
    #expect(controls.map(\.counts) == [[.init("refused", 1), .init("unrecorded", 1)]])
  }
}
