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

  // MARK: Receivers

  @Test("at a sink that nobody answers at there is one attempt at a time, ever later")
  func probes() {
    var world = AlertWorld.plain()
    for number in 0..<50 { world.raise(AlertWorld.finding("\(number)")) }
    world.decide()
    var pauses: [Double] = []
    var tried: Set<String> = []
    var due = world.due()
    for _ in 0..<12 {
      #expect(due.count == 1 && world.due().isEmpty)
      tried.formUnion(due.map(\.key))
      for notification in due {
        world.settle(notification.key, .retry(reason: "refused", after: nil))
      }
      var waited = 0.0
      repeat {
        world.pass(1)
        waited += 1
        due = world.due()
      } while due.isEmpty && waited < 1000
      pauses.append(waited)
    }
    #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
    #expect(tried.count == 12, "each with another message")
  }

  @Test(
    "a message that always fails holds up no other, whatever it is, and is tried ever later itself",
    arguments: [Finding.Severity.low, .critical], [true, false])
  func poison(_ severity: Finding.Severity, restarts: Bool) {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("poison", severity))
    world.decide()
    var attempts = 0
    var late: [Double] = []
    var since: [String: Timestamp] = [:]
    for second in 0..<7200 {
      if second.isMultiple(of: 60), second < 7140 {
        world.raise(AlertWorld.finding("\(second)"))
        world.decide()
      }
      if restarts, second.isMultiple(of: 600) { world.restart() }
      for notification in world.due() {
        guard notification.findings[0].findingID != "poison" else {
          attempts += 1
          world.settle(notification.key, .retry(reason: "500", after: nil))
          continue
        }
        late.append(world.now.seconds(since: since[notification.key] ?? notification.raisedAt))
        since[notification.key] = world.now
        world.settle(notification.key, .delivered)
      }
      world.pass(1)
    }
    #expect(late.count == 119 && (late.max() ?? 0) <= 3, "\(late)")
    #expect((10..<60).contains(attempts), "\(attempts)")
  }

  @Test(
    "a message that failed while others passed is not the next probe, also for one who restarts")
  func probeOrder() {
    var world = AlertWorld.plain()
    for id in ["1", "2", "3"] { world.raise(AlertWorld.finding(id)) }
    world.raise(AlertWorld.finding("4", .critical))
    world.decide()
    var order: [String] = []
    for step in 0..<8 {
      if step == 6 { world.restart() }
      world.pass(3600)
      let due = world.due()
      order += due.map { $0.findings[0].findingID }
      for notification in due {
        world.settle(notification.key, .retry(reason: "down", after: nil))
      }
    }
    #expect(order == ["4", "1", "2", "3", "4", "1", "2", "3"])
  }

  @Test("the number of an attempt on a record from outside counts for no more than it can")
  func attemptNumber() throws {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("1"))
    world.decide()
    let key = try #require(world.due().first?.key)
    var alert = AlertRecord(event: .deliveryFailed)
    (alert.notification, alert.sink, alert.attempt) = (key, "ops", .max)
    world.append(world.record(alert))
    world.append(world.record(alert))
    world.pass(3600)
    #expect(world.due().map(\.key) == [key])
    world.settle(key, .retry(reason: "500", after: nil))
    #expect(world.alerts.last?.attempt == 1_000_000_001)
    world.restart()
    world.pass(3600)
    #expect(world.tell().map(\.key) == [key])
  }

  // MARK: Order within a group

  @Test(
    "news that wait are dropped once their group is told of more, and never close what is open",
    arguments: [Finding.Severity.medium, .critical])
  func overtaken(_ severity: Finding.Severity) {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("1", episode: "e"))
    world.tell()
    world.say(.resolved, "1")
    world.decide()
    // The receiver is down when the news are sent.
    let news = world.due()
    #expect(news.map(\.event) == [.resolved])
    world.raise(AlertWorld.finding("2", severity, episode: "e"))
    world.decide()
    #expect(world.due().isEmpty, "the news are on their way")
    world.settle(news[0].key, .retry(reason: "down", after: nil))
    world.restart()
    world.pass(600)
    let written = world.decide()
    #expect(written.map(\.event) == [.abandoned])
    #expect(written.first?.reason == "overtaken by a newer message of its group")
    #expect(world.tell().map(\.event) == [.raised])
    world.say(.resolved, "2")
    let last = world.tell()
    #expect(last.map(\.event) == [.resolved] && last.map(\.groupID) == ["e"])
  }

  @Test("news are not decided beside a message that opens their group again")
  func reopened() {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("1", episode: "e"))
    world.tell()
    world.say(.resolved, "1")
    world.raise(AlertWorld.finding("2", .critical, episode: "e"))
    #expect(world.tell().map(\.event) == [.raised])
    world.say(.resolved, "2")
    let told = world.tell()
    #expect(told.map(\.event) == [.resolved] && ids(told) == [["1", "2"]])
  }

  @Test("of news about one group the later ones count")
  func laterNews() {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("1"))
    world.tell()
    world.say(.acknowledged, "1")
    world.decide()
    let first = world.due()
    world.settle(first[0].key, .refused(reason: "400"))
    world.say(.resolved, "1")
    #expect(world.tell().map(\.event) == [.resolved])
    world.pass(3600)
    #expect(world.tell().isEmpty && world.queue.isIdle)
  }

  @Test(
    "pauses double up to their most, are spread by the draw, and heed the receiver within an hour")
  func pauses() {
    let backoff = AlertBackoff()
    #expect(
      (1...10).map { backoff.seconds(after: $0, draw: 1) }
        == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
    #expect(backoff.seconds(after: 4, draw: 0) == 4)
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("1"))
    world.decide()
    let key = world.due()[0].key
    world.settle(key, .retry(reason: "busy", after: .seconds(600)))
    world.pass(599)
    #expect(world.due().isEmpty)
    world.pass(1)
    #expect(world.due().count == 1)
    world.settle(key, .retry(reason: "busy", after: .seconds(1_000_000)))
    world.pass(3600)
    #expect(world.due().count == 1)
  }

  @Test("a message that is refused lets others pass, and is tried again by itself")
  func refused() {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("1"))
    world.raise(AlertWorld.finding("2"))
    world.decide()
    let first = world.due()
    #expect(first.count == 1)
    world.settle(first[0].key, .refused(reason: "400"))
    let second = world.due()
    #expect(second.count == 1 && second[0].key != first[0].key)
    world.settle(second[0].key, .delivered)
    #expect(world.due().isEmpty)
    world.pass(1)
    #expect(world.due() == first)
    world.settle(first[0].key, .refused(reason: "400"))
    world.restart()
    world.pass(0.9)
    #expect(world.due().isEmpty)
    world.pass(1.1)
    #expect(world.due() == first)
  }

  @Test("a message that nobody takes for the give-up time is abandoned, and the journal says so")
  func abandoned() throws {
    var world = AlertWorld.plain { $0.giveUpSeconds = 3600 }
    world.raise(AlertWorld.finding("1"))
    world.decide()
    let due = world.due()
    world.settle(due[0].key, .retry(reason: "no route to host", after: nil))
    #expect(world.passInTurns(3599).isEmpty)
    world.pass(1)
    let record = try #require(world.decide().first)
    #expect(record.event == .abandoned && record.reason == "no route to host")
    #expect(record.notification == due[0].key && record.attempt == 1 && record.sink == "ops")
    #expect(world.queue.isIdle && world.tell().isEmpty)
    world.say(.resolved, "1")
    #expect(world.tell().isEmpty)
  }

  @Test("a message for a sink that is gone from the configuration is abandoned in the end")
  func goneSink() throws {
    var world = AlertWorld.plain(["old"])
    world.raise(AlertWorld.finding("1"))
    world.decide()
    var other = AlertWorld.plain(["new"]) { $0.giveUpSeconds = 60 }
    for record in world.journal { other.append(record) }
    other.now = world.now
    #expect(other.due().isEmpty)
    let abandoned = other.passInTurns(60).first { $0.event == .abandoned }
    #expect(abandoned?.reason == "no sink of this name is configured any more")
  }

  @Test("a clock that is set back holds nothing up")
  func clock() {
    var world = AlertWorld.plain {
      ($0.groupWaitSeconds, $0.rate) = (30, MessageRate(messageCount: 1, seconds: 60))
    }
    world.raise(AlertWorld.finding("1"))
    world.pass(30)
    world.tell()
    world.raise(AlertWorld.finding("2"))
    world.pass(-86_400)
    world.tell()
    world.pass(60)
    world.tell()
    #expect(world.queue.book.entries["2"]?.state == .delivered)
  }

  @Test(
    "what was raised more than eight days before anybody could be told is not told, and the journal says so"
  )
  func tooOld() throws {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("old", .critical))
    world.pass(60)
    world.raise(AlertWorld.finding("new"))
    world.pass(8 * 86_400)
    #expect(ids(world.tell()) == [["new"]])
    #expect(world.queue.book.entries["old"]?.state == .raised && world.queue.isIdle)
    let record = try #require(world.alerts.first { $0.event == .abandoned })
    #expect(record.findings == ["old"] && record.sink == "ops" && record.findingID == nil)
    #expect(record.reason == "raised more than 8 days before this sink could be told of it")
    world.restart()
    #expect(world.queue.isIdle && world.decide().isEmpty)
  }

  @Test("what the rate cannot carry in eight days is told or abandoned, each finding once")
  func tooMany() {
    var world = AlertWorld.plain { $0.rate = MessageRate(messageCount: 1, seconds: 7 * 86_400) }
    for number in 0..<1100 { world.raise(AlertWorld.finding("\(number)")) }
    var told: [String] = []
    for hour in 0..<240 {
      world.decide()
      for notification in world.due() {
        world.settle(notification.key, .delivered)
        told += world.alerts.first { $0.notification == notification.key }?.findings ?? []
      }
      if hour == 100 { world.restart() }
      world.pass(3600)
    }
    let abandoned = world.alerts.filter { $0.event == .abandoned }.map(\.findings)
    #expect(told.count == 1000 && abandoned.map(\.count) == [100])
    #expect(Set(told + abandoned.joined()).count == 1100 && world.queue.isIdle)
  }

  @Test("a clock that leaps ahead and is set back gives up nothing and forgets nothing")
  func leap() {
    var world = AlertWorld.plain { $0.groupWaitSeconds = 60 }
    world.raise(AlertWorld.finding("queued", .critical))
    world.decide()
    let first = world.due()
    world.settle(first[0].key, .retry(reason: "down", after: nil))
    world.raise(AlertWorld.finding("waiting"))
    world.decide()
    world.pass(30 * 86_400)
    // Nothing is abandoned; what waits is told, if anything too early.
    #expect(world.decide().map(\.event) == [.queued])
    for _ in 0..<20 {
      world.pass(10)
      for notification in world.due() {
        world.settle(notification.key, .retry(reason: "down", after: nil))
      }
      #expect(world.decide().isEmpty)
    }
    world.pass(-30 * 86_400)
    world.restart()
    world.pass(3600)
    #expect(world.tell().count == 2)
    #expect(!world.alerts.contains { $0.event == .abandoned })
  }

  @Test("people's words from a host whose clock is wrong age no message")
  func foreignClock() {
    var world = AlertWorld.plain()
    world.raise(AlertWorld.finding("1"))
    world.decide()
    for _ in 0..<20 {
      world.pass(30 * 86_400)
      world.say(.acknowledged, "unknown")
      world.pass(-30 * 86_400)
      world.pass(1)
      world.decide()
    }
    #expect(!world.alerts.contains { $0.event == .abandoned })
    #expect(world.tell().count == 1)
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
