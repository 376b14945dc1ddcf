import Detect
import Ingest
import TestSupport
import Testing

/// When a message is tried, and tried again: receivers that are not there, order within a group, clocks that
/// are wrong.
@Suite struct AlertReceiverTests {
  private func ids(_ told: [AlertNotification]) -> [[String]] {
    told.map { $0.findings.map(\.findingID) }
  }

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
}
