import Detect
import Ingest
import TestSupport
import Testing

@Suite struct AlertBookTests {
  private func state(_ world: AlertWorld, _ id: String = "1") -> AlertEntry.State? {
    world.queue.book.entries[id]?.state
  }

  @Test("a finding goes from raised over delivered and acknowledged to resolved, and stays there")
  func lifecycle() {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("1"), owner: "team")
    #expect(state(world) == .raised)
    world.decide()
    let due = world.due()
    #expect(state(world) == .raised, "on its way")
    world.settle(due[0].key, .delivered)
    #expect(state(world) == .delivered)
    #expect(world.queue.book.entries["1"]?.deliveredSinks == ["ops"])
    world.say(.acknowledged, "1", reason: "looking")
    #expect(state(world) == .acknowledged)
    #expect(world.queue.book.entries["1"]?.reason == "looking")
    world.say(.resolved, "1", reason: "fixed")
    world.say(.acknowledged, "1")
    world.suppress(finding: "1")
    #expect(state(world) == .resolved)
    #expect(world.queue.book.entries["1"]?.reason == "fixed")
  }

  @Test("the same records again, and records about nothing known, change nothing")
  func repetitions() {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("1"))
    world.raise(AlertWorld.finding("1", .critical))
    #expect(world.queue.book.inOrder.map(\.finding.severity) == [.high])
    world.say(.acknowledged, "unknown")
    for event in [AlertRecord.Event.delivered, .deliveryFailed, .abandoned, .lifted, .queued] {
      var alert = AlertRecord(event: event)
      (alert.notification, alert.suppressionID) = ("unknown", "unknown")
      world.append(world.record(alert))
    }
    #expect(world.queue.book.inOrder.count == 1 && world.queue.book.messages.isEmpty)
  }

  @Test("a suppression of one finding ends nothing that was told before, and covers no other")
  func ofOneFinding() {
    var world = AlertWorld.plain()
    for id in ["1", "2"] { world.raise(AlertWorld.finding(id)) }
    world.suppress(finding: "1")
    #expect(state(world, "1") == .suppressed && state(world, "2") == .raised)
    #expect(world.tell().map { $0.findings.map(\.findingID) } == [["2"]])
    world.suppress("s2") { $0.job = "et*" }
    #expect(state(world, "2") == .delivered)
  }

  @Test(
    "a suppression by match covers what every one of its globs matches",
    arguments: [
      ("rule", "off_*", true), ("rule", "runaway", false), ("job", "etl", true),
      ("job", "*x*", false), ("principal", "a*e", true), ("owner", "data-*", true),
      ("owner", "web", false),
    ])
  func match(_ key: String, _ glob: String, _ expected: Bool) {
    var world = AlertWorld.plain()
    world.suppress { match in
      match.rule = key == "rule" ? glob : "*"
      switch key {
      case "job": match.job = glob
      case "principal": match.principal = glob
      case "owner": match.owner = glob
      default: break
      }
    }
    world.raise(AlertWorld.finding("1"), owner: "data-eng")
    #expect((state(world) == .suppressed) == expected)
    world.raise(AlertWorld.finding("2", job: nil, principal: nil))
    #expect((state(world, "2") == .suppressed) == (expected && key == "rule"))
  }

  @Test(
    "what was settled is forgotten after its time, what waits is not, and a list forgets nothing")
  func forgetting() {
    var world = AlertWorld.plain { $0.giveUpSeconds = 1000 * 86_400 }
    world.raise(AlertWorld.finding("waits"))
    world.decide()
    world.raise(AlertWorld.finding("resolved"))
    world.say(.resolved, "resolved")
    world.raise(AlertWorld.finding("open"))
    world.say(.acknowledged, "open")
    world.suppress(for: 60) { $0.rule = "none" }
    world.pass(8 * 86_400)
    func fill() {
      for number in 0..<2100 { world.say(.acknowledged, "unknown \(number)") }
    }
    fill()
    #expect(world.queue.book.inOrder.map(\.finding.findingID) == ["waits", "open"])
    #expect(world.queue.book.suppressions.isEmpty)
    world.pass(90 * 86_400)
    fill()
    #expect(world.queue.book.inOrder.map(\.finding.findingID) == ["waits"])
    var list = AlertBook(limits: .none)
    for record in world.journal { list.take(record, index: nil) }
    #expect(list.inOrder.count == 3 && list.suppressions.count == 1)
  }

  @Test("records that are dated far ahead make the book forget nothing")
  func farDated() {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("open"))
    world.suppress(for: 60) { $0.rule = "none" }
    for number in 0..<3000 {
      let isFar = number % 1000 < 990
      world.pass(isFar ? 400 * 86_400 : 0)
      world.say(.acknowledged, "unknown \(number)")
      world.pass(isFar ? -400 * 86_400 : 0)
    }
    #expect(world.queue.book.inOrder.count == 1 && world.queue.book.suppressions.count == 1)
  }

  @Test(
    "what a suppression withholds is written down a thousand a turn, in time that grows with it")
  func manyWithheld() {
    var world = AlertWorld.plain()
    world.suppress { $0.rule = "off_*" }
    for number in 0..<20_000 { world.raise(AlertWorld.finding("\(number)")) }
    var counts: [Int] = []
    let spent = ContinuousClock().measure {
      for _ in 0..<21 { counts.append(world.decide().count) }
    }
    #expect(counts == Array(repeating: 1000, count: 20) + [0])
    // Quadratic it was 20 s.
    #expect(spent < .seconds(10), "\(spent)")
    #expect(world.alerts.suffix(20_000).compactMap(\.findingID) == (0..<20_000).map { "\($0)" })
  }

  @Test(
    "a suppression withholds critical findings only where it names their rule, or the one finding",
    arguments: [("*", false), ("off_*", false), ("off_hours", true), (nil, false)])
  func criticalSuppressed(_ rule: String?, _ expected: Bool) {
    var world = AlertWorld.plain()
    world.suppress { ($0.rule, $0.job) = (rule, "etl") }
    world.raise(AlertWorld.finding("1", .critical))
    world.raise(AlertWorld.finding("2", .high))
    #expect((state(world) == .suppressed) == expected)
    #expect(state(world, "2") == .suppressed)
    world.suppress("s2", finding: "1")
    #expect(state(world) == .suppressed)
  }

  @Test("a book has a most: what was told goes first, and what waits is told by its id")
  func countMax() {
    var limits = AlertBook.Limits()
    limits.countMax = 100
    var book = AlertBook(limits: limits)
    var world = AlertWorld.plain()
    for number in 0..<1024 {
      world.raise(AlertWorld.finding("\(number)"))
      if number < 50 { world.say(.acknowledged, "\(number)") }
    }
    for record in world.journal.prefix(1023) { book.take(record, index: nil) }
    #expect(book.inOrder.count == 973)
    book.take(world.journal[1023], index: nil)
    #expect(book.inOrder.map(\.finding.findingID) == (873...973).map { "\($0)" })
  }

  @Test("a raised record without an owner, a sink or a message reads as records always did")
  func oldRecords() throws {
    let line =
      #"{"v":1,"kind":"alert","ts":"2026-11-24T05:28:54.000000Z","source":"vigil/detect","id":"alert/f/raised","finding_id":"f","event":"raised","finding":{"finding_id":"f"}}"#
    var document = JSONDocument()
    try document.parse(Array(line.utf8).span)
    let record = try Record(document)
    #expect(String(decoding: record.encoded(), as: UTF8.self) == line)
    var book = AlertBook()
    #expect(book.take(record, index: 0) == .raised("f"))
    #expect(book.entries["f"]?.owner == nil)
  }
}
