import Detect
import Ingest
import TestSupport
import Testing

@Suite struct AlertQueueTests {
  private func ids(_ told: [AlertNotification]) -> [[String]] {
    told.map { $0.findings.map(\.findingID) }
  }

  // MARK: Grouping

  @Test("the first message of an episode waits for more of it, the next ones for the interval")
  func grouping() {
    var world = AlertWorld.plain {
      ($0.groupWaitSeconds, $0.groupIntervalSeconds) = (30, 300)
    }
    world.raise(AlertWorld.finding("1", episode: "e"), owner: "team")
    world.pass(20)
    world.raise(AlertWorld.finding("2", .low, episode: "e"))
    world.raise(AlertWorld.finding("3"))
    #expect(world.tell().isEmpty)
    world.pass(10)
    let first = world.tell()
    #expect(ids(first) == [["1", "2"]])
    #expect(first[0].groupID == "e" && first[0].owner == "team" && first[0].severity == .high)
    #expect(first[0].raisedAt == Build.time(0))
    world.pass(20)
    #expect(ids(world.tell()) == [["3"]])
    world.raise(AlertWorld.finding("4", episode: "e"))
    world.pass(270)
    #expect(world.tell().isEmpty)
    world.pass(10)
    let second = world.tell()
    #expect(ids(second) == [["4"]] && second[0].groupID == "e")
    #expect(second[0].key != first[0].key)
  }

  @Test("critical waits for nothing, and takes its episode along")
  func critical() {
    var world = AlertWorld.plain {
      $0.groupWaitSeconds = 3600
      $0.rate = MessageRate(messageCount: 1, seconds: 86_400)
    }
    world.raise(AlertWorld.finding("1", episode: "e"))
    #expect(world.tell().isEmpty)
    for number in 2...40 { world.raise(AlertWorld.finding("\(number)", .critical)) }
    world.raise(AlertWorld.finding("41", .critical, episode: "e"))
    let told = world.tell()
    #expect(told.count == 40)
    #expect(ids(told).contains(["1", "41"]))
  }

  @Test("an episode of many findings goes in messages that each carry theirs in full")
  func pieces() {
    var world = AlertWorld.plain()
    for number in 0..<120 { world.raise(AlertWorld.finding("\(number)", episode: "e")) }
    let told = world.tell()
    #expect(told.map(\.findingCount) == [50, 50, 20])
    #expect(ids(told).flatMap { $0 } == (0..<120).map { "\($0)" })
  }

  // MARK: Rates

  @Test("what exceeds the rate waits and goes as one digest, oldest first")
  func digest() {
    var world = AlertWorld.plain { $0.rate = MessageRate(messageCount: 3, seconds: 300) }
    for number in 0..<10 { world.raise(AlertWorld.finding("\(number)")) }
    let told = world.tell()
    #expect(ids(told) == [["0"], ["1"], (2..<10).map { "\($0)" }])
    #expect(told[2].groupID == "digest-\(told[2].key)" && told[2].findingCount == 8)
    for number in 10..<13 { world.raise(AlertWorld.finding("\(number)")) }
    world.restart()
    world.pass(99)
    #expect(world.tell().isEmpty)
    world.pass(1)
    #expect(ids(world.tell()) == [["10", "11", "12"]])
    world.pass(300)
    world.raise(AlertWorld.finding("13"))
    world.raise(AlertWorld.finding("14"))
    #expect(ids(world.tell()) == [["13"], ["14"]])
  }

  @Test("a digest has a limit, and what is beyond it comes with the next")
  func digestLimit() {
    var world = AlertWorld.plain { $0.rate = MessageRate(messageCount: 1, seconds: 60) }
    for number in 0..<1200 { world.raise(AlertWorld.finding("\(number)")) }
    var counts: [Int] = []
    for _ in 0..<4 {
      counts += world.tell().map(\.findingCount)
      world.pass(60)
    }
    #expect(counts == [500, 500, 200])
  }

  @Test("rates are each sink's own")
  func ownRates() {
    var world = AlertWorld.plain(["slow", "fast"]) {
      $0.rates["slow"] = MessageRate(messageCount: 1, seconds: 60)
    }
    for number in 0..<5 { world.raise(AlertWorld.finding("\(number)")) }
    let told = world.tell()
    #expect(told.filter { $0.sink == "fast" }.count == 5)
    #expect(told.filter { $0.sink == "slow" }.map(\.findingCount) == [5])
  }

  // MARK: What people say

  @Test("a finding that was handled before its message was decided is not told, nor is there news")
  func handledBefore() {
    for event in [AlertRecord.Event.acknowledged, .resolved, .suppressed] {
      var world = AlertWorld.plain { $0.groupWaitSeconds = 30 }
      world.raise(AlertWorld.finding("1", episode: "e"))
      world.raise(AlertWorld.finding("2", episode: "e"))
      world.say(event, "1")
      world.pass(30)
      #expect(ids(world.tell()) == [["2"]], "\(event)")
    }
  }

  @Test("a message that was decided goes out whatever was said since, and the news go behind it")
  func handledMeanwhile() {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("1"))
    world.decide()
    let first = world.due()
    world.settle(first[0].key, .retry(reason: "down", after: nil))
    world.say(.resolved, "1", reason: "fixed")
    #expect(world.decide().isEmpty)
    world.pass(3600)
    let told = world.tell()
    #expect(told.map(\.event) == [.raised, .resolved])
    #expect(told[0] == first[0] && told[1].groupID == told[0].groupID)
    #expect(told[1].principal == "kim" && told[1].reason == "fixed")
  }

  @Test("news come once all findings that a sink was told of in one group are so far, and once")
  func news() {
    var world = AlertWorld.plain()
    for id in ["1", "2"] { world.raise(AlertWorld.finding(id, episode: "e")) }
    world.tell()
    world.say(.acknowledged, "1")
    #expect(world.tell().isEmpty)
    world.say(.acknowledged, "2")
    let acknowledged = world.tell()
    #expect(acknowledged.map(\.event) == [.acknowledged] && ids(acknowledged) == [["1", "2"]])
    world.say(.acknowledged, "2")
    world.say(.resolved, "1")
    world.restart()
    #expect(world.tell().isEmpty)
    world.say(.resolved, "2")
    #expect(world.tell().map(\.event) == [.resolved])
    world.raise(AlertWorld.finding("3", episode: "e"))
    world.say(.resolved, "2")
    #expect(ids(world.tell()) == [["3"]])
    world.say(.resolved, "3")
    #expect(ids(world.tell()) == [["3"]])
  }

  @Test("news go to the sinks that take them, and to none that never heard of the finding")
  func takers() {
    var settings = AlertSettings(sinkNames: ["pager", "chat", "mail"])
    settings.groupWaitSeconds = 0
    settings.routing = AlertRouting([AlertRoute(sinks: ["pager", "chat"])])
    var world = AlertWorld(
      settings,
      events: ["pager": [.raised, .resolved], "chat": [.raised], "mail": [.raised, .resolved]])
    world.raise(AlertWorld.finding("1"))
    #expect(world.tell().map(\.sink).sorted() == ["chat", "pager"])
    world.say(.acknowledged, "1")
    #expect(world.tell().isEmpty)
    world.say(.resolved, "1")
    #expect(world.tell().map { "\($0.sink) \($0.event)" } == ["pager resolved"])
  }

  // MARK: Suppressions

  @Test("what a suppression covers is not told, the journal says why, and its end delivers no past")
  func suppressed() {
    var world = AlertWorld.plain { $0.groupWaitSeconds = 30 }
    world.raise(AlertWorld.finding("0"))
    world.suppress(for: 100) { $0.rule = "off_*" }
    world.raise(AlertWorld.finding("1"))
    world.raise(AlertWorld.finding("2", rule: "runaway"))
    let written = world.decide()
    #expect(written.map(\.event) == [.suppressed, .suppressed])
    #expect(written.map(\.findingID) == ["0", "1"])
    #expect(written.allSatisfy { $0.suppressionID == "s1" && $0.expiresAt == nil })
    world.restart()
    world.pass(99)
    #expect(ids(world.tell()) == [["2"]])
    world.raise(AlertWorld.finding("3"))
    world.pass(1)
    world.raise(AlertWorld.finding("4"))
    world.pass(60)
    #expect(ids(world.tell()) == [["4"]])
    #expect(world.queue.book.entries["3"]?.state == .suppressed)
  }

  @Test("a suppression that is lifted early withholds nothing more")
  func lifted() {
    var world = AlertWorld.plain()
    world.suppress { $0.owner = "team" }
    world.raise(AlertWorld.finding("1"), owner: "team")
    world.raise(AlertWorld.finding("2"))
    var lift = AlertRecord(event: .lifted)
    (lift.suppressionID, lift.principal) = ("s1", "kim")
    world.append(world.record(lift))
    world.raise(AlertWorld.finding("3"), owner: "team")
    #expect(ids(world.tell()) == [["2"], ["3"]])
    #expect(world.queue.book.suppressions[0].liftedBy == "kim")
  }

  @Test("news of many findings, and a digest of long ids, fit an entry and read back as they were")
  func entryLimit() throws {
    var world = AlertWorld.plain { $0.rate = MessageRate(messageCount: 10_000, seconds: 1) }
    for number in 0..<2500 { world.raise(AlertWorld.finding("\(number)", episode: "e")) }
    world.tell()
    for number in 0..<2500 { world.say(.resolved, "\(number)") }
    let news = try #require(world.tell().first)
    #expect(news.event == .resolved && news.findingCount == 500)
    var digest = AlertWorld.plain { $0.rate = MessageRate(messageCount: 1, seconds: 60) }
    let long = String(repeating: "\"\u{1}", count: 100)
    for number in 0..<500 { digest.raise(AlertWorld.finding("\(number)\(long)")) }
    var told = 0
    for _ in 0..<20 {
      told += digest.tell().map(\.findingCount).reduce(0, +)
      digest.pass(60)
    }
    #expect(told == 500)
    for record in world.journal + digest.journal {
      var document = JSONDocument()
      try document.parse(record.encoded().span)
      guard case .alert(let before) = record.body,
        case .alert(let after) = try Record(document).body
      else { continue }
      #expect(before.findings == after.findings)
    }
  }

  @Test("two lists of ids have two keys, whatever the ids hold")
  func keys() {
    let lists = [["a", "b"], ["a\nb"], ["a1:b"], ["a", "", "b"], ["a", "b", ""], ["1:a", "b"]]
    #expect(Set(lists.map { AlertNotification.key("s", "raised", $0) }).count == lists.count)
  }

  @Test("nothing is said to be over while something of its group was forgotten open")
  func forgottenOpen() {
    var world = AlertWorld.plain()
    for id in ["1", "2"] { world.raise(AlertWorld.finding(id, episode: "e")) }
    world.tell()
    world.pass(80 * 86_400)
    world.say(.acknowledged, "2")
    world.pass(20 * 86_400)
    for number in 0..<2100 { world.say(.acknowledged, "unknown \(number)") }
    #expect(world.queue.book.inOrder.map(\.finding.findingID) == ["2"])
    world.say(.resolved, "2")
    #expect(world.tell().isEmpty)
  }

  @Test("records of another journal's alerts, brought in from a file, change nothing")
  func imported() {
    var world = AlertWorld.plain()
    var alert = AlertRecord(event: .raised)
    alert.findingID = "1"
    var record = world.record(alert)
    record.header.isImported = true
    world.append(record)
    #expect(world.queue.book.entries.isEmpty && world.tell().isEmpty)
  }

  @Test("a finding whose record is unreadable is told all the same, as high")
  func unreadable() {
    var world = AlertWorld.plain()
    var alert = AlertRecord(event: .raised)
    (alert.findingID, alert.finding) = ("1", Array("{\"rule\":7}".utf8))
    world.append(world.record(alert))
    let told = world.tell()
    #expect(ids(told) == [["1"]] && told[0].severity == .high)
  }

  @Test("an id from outside is legible in what is said of a finding that cannot be read")
  func unreadableID() {
    var world = AlertWorld.plain()
    var alert = AlertRecord(event: .raised)
    alert.findingID = "x\u{1B}[2J\u{202E}y"
    world.append(world.record(alert))
    let said = world.tell().first?.findings.first?.explanation ?? ""
    #expect(said.contains("x\\u{1b}[2J\\u{202e}y") && !said.contains("\u{1B}"))
  }
}
