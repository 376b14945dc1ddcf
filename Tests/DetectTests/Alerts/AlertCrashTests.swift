import Detect
import Ingest
import TestSupport
import Testing

/// Random days of alerts: outcomes, clocks, people's words, and a process that dies at any record.
@Suite struct AlertCrashTests {
  /// What left the house under one key.
  private struct Sent: Equatable {
    let sink: String
    let event: AlertNotification.Event
    let group: String
    let findings: [String]
    let count: Int

    init(_ notification: AlertNotification) {
      sink = notification.sink
      event = notification.event
      group = notification.groupID
      findings = notification.findings.map(\.findingID)
      count = notification.findingCount
    }
  }

  private struct Chaos {
    var world: AlertWorld
    var random: SeededRandom
    var sent: [String: Sent] = [:]
    /// Keys that a receiver has.
    var received: Set<String> = []
    var repeatedCount = 0
    var raised: [Finding] = []
    var unequal: [String] = []
    /// Place in the journal of the last `raised` message that was begun, by sink and group.
    var begun: [String: Int] = [:]
    /// News that were begun behind a message that was decided after them.
    var late: [String] = []

    init(seed: UInt64, giveUpSeconds: Double = 30 * 86_400) throws {
      random = SeededRandom(seed: seed)
      var settings = AlertSettings(sinkNames: ["pager", "chat", "mail"])
      settings.rate = MessageRate(messageCount: 5, seconds: 1800)
      settings.giveUpSeconds = giveUpSeconds
      var pager = AlertRoute(sinks: ["pager"])
      (pager.severityMin, pager.goesOn) = (.high, true)
      var mail = AlertRoute(sinks: ["mail", "chat"])
      mail.quiet = QuietHours(try BusinessHours("mon-sun 20:00-06:00"), zone: .utc)
      settings.routing = AlertRouting([pager, mail])
      world = AlertWorld(settings)
    }

    mutating func chance(_ share: Double) -> Bool {
      Double.random(in: 0..<1, using: &random) < share
    }

    mutating func raise() {
      let severity = Finding.Severity.allCases.randomElement(using: &random) ?? .low
      let episode = chance(0.5) ? "e\(Int.random(in: 0..<8, using: &random))" : nil
      let finding = AlertWorld.finding(
        "f\(raised.count)", severity, rule: chance(0.2) ? "known" : "off_hours", episode: episode)
      raised.append(finding)
      world.raise(finding)
    }

    mutating func speak() {
      guard let finding = raised.randomElement(using: &random) else { return }
      let events: [AlertRecord.Event] = [.acknowledged, .resolved, .resolved]
      world.say(events.randomElement(using: &random) ?? .resolved, finding.findingID)
    }

    /// A turn as the dispatcher has it, which may end at any record.
    mutating func turn(faults: Bool) {
      if faults, chance(0.05) {
        world.decideAndDie(after: Int.random(in: 0..<4, using: &random))
        return
      }
      let records = world.decided()
      // Others write before what was decided is in the journal.
      if faults, chance(0.2) { speak() }
      if faults, chance(0.1) { raise() }
      for record in records { world.append(record) }
      for notification in world.due() {
        note(notification)
        switch Int.random(in: 0..<(faults ? 10 : 1), using: &random) {
        case 0...3: receive(notification)
        case 4, 5:
          world.settle(notification.key, .retry(reason: "down", after: nil), draw: draw())
        case 6: world.settle(notification.key, .refused(reason: "no"), draw: draw())
        case 7:
          // Received, and the word of it lost with the process.
          received.insert(notification.key)
          return world.restart()
        case 8: return world.restart()
        default: receive(notification)
        }
      }
    }

    private mutating func draw() -> Double { Double.random(in: 0..<1, using: &random) }

    private mutating func receive(_ notification: AlertNotification) {
      received.insert(notification.key)
      world.settle(notification.key, .delivered)
    }

    private mutating func note(_ notification: AlertNotification) {
      let sent = Sent(notification)
      if let before = self.sent[notification.key] {
        repeatedCount += 1
        if before != sent { unequal.append("\(before) and \(sent)") }
      }
      self.sent[notification.key] = sent
      noteOrder(notification)
    }

    private mutating func noteOrder(_ notification: AlertNotification) {
      let place = world.alerts.firstIndex {
        $0.event == .queued && $0.notification == notification.key
      }
      let group = "\(notification.sink) \(notification.groupID)"
      if notification.event == .raised {
        begun[group] = max(begun[group] ?? 0, place ?? 0)
      } else if begun[group] ?? 0 > place ?? 0 {
        late.append("\(notification.event) of \(group)")
      }
    }

    /// Findings of one sink that no message received there is about.
    func untold(_ sink: String) -> [String] {
      var told: Set<String> = []
      let abandoned = Set(
        world.alerts.filter { $0.event == .abandoned }.compactMap(\.notification))
      for alert in world.alerts where alert.event == .queued && alert.sink == sink {
        let key = alert.notification ?? ""
        guard received.contains(key) || abandoned.contains(key) else { continue }
        if alert.notificationEvent == .raised { told.formUnion(alert.findings) }
      }
      let handled = Set(
        world.alerts.filter {
          [.acknowledged, .resolved, .suppressed].contains($0.event)
        }.compactMap(\.findingID))
      return raised.filter { finding in
        let ways = world.settings.routing.ways(finding, owner: nil)
        return ways[sink] != nil && !told.contains(finding.findingID)
          && !handled.contains(finding.findingID)
      }.map(\.findingID)
    }

    /// Critical findings that a sink is not told of, though it was time.
    var heldCritical: [String] {
      var queued: [String: Set<String>] = [:]
      for alert in world.alerts where alert.event == .queued {
        queued[alert.sink ?? "", default: []].formUnion(alert.findings)
      }
      let handled = Set(
        world.alerts.filter {
          [.acknowledged, .resolved, .suppressed].contains($0.event)
        }.compactMap(\.findingID))
      return raised.filter { $0.severity == .critical && !handled.contains($0.findingID) }
        .filter { finding in
          world.settings.routing.ways(finding, owner: nil).keys
            .contains { !(queued[$0]?.contains(finding.findingID) ?? false) }
        }.map(\.findingID)
    }
  }

  @Test(
    "whatever fails and whenever the process dies: none is lost, a repetition is the same message, critical is never held",
    arguments: (1...12).map { UInt64($0) })
  func chaos(seed: UInt64) throws {
    var chaos = try Chaos(seed: seed, giveUpSeconds: seed.isMultiple(of: 2) ? 7200 : 30 * 86_400)
    for step in 0..<250 {
      chaos.world.pass(Double.random(in: 0..<900, using: &chaos.random))
      if chaos.chance(0.6) { chaos.raise() }
      if chaos.chance(0.1) { chaos.speak() }
      if step == 100 { chaos.world.suppress("s", for: 7200) { $0.rule = "known" } }
      if chaos.chance(0.03) { chaos.world.restart() }
      chaos.turn(faults: true)
      chaos.world.decide()
      #expect(chaos.heldCritical.isEmpty, "seed \(seed), step \(step)")
    }
    // Receivers are well again, and two days pass.
    for _ in 0..<300 {
      chaos.world.pass(600)
      chaos.turn(faults: false)
    }
    for sink in ["pager", "chat", "mail"] {
      #expect(chaos.untold(sink).isEmpty, "seed \(seed), \(sink)")
    }
    #expect(chaos.unequal.isEmpty, "seed \(seed)")
    #expect(chaos.late.isEmpty, "seed \(seed)")
    let events = Set(chaos.sent.values.map(\.event))
    #expect(events == [.raised, .acknowledged, .resolved], "seed \(seed)")
    #expect(chaos.repeatedCount > 0, "seed \(seed): nothing was repeated")
    #expect(chaos.world.queue.book.messages.isEmpty, "seed \(seed)")
    #expect(chaos.world.queue.isIdle, "seed \(seed)")
  }

  @Test(
    "a queue that is rebuilt from the journal says and does what the one that lived says and does")
  func rebuilt() throws {
    for seed in UInt64(100)..<104 {
      var chaos = try Chaos(seed: seed)
      for _ in 0..<120 {
        chaos.world.pass(Double.random(in: 0..<900, using: &chaos.random))
        if chaos.chance(0.7) { chaos.raise() }
        if chaos.chance(0.1) { chaos.speak() }
        chaos.turn(faults: true)
      }
      chaos.world.decide()
      var other = chaos.world
      other.restart()
      other.pass(3600)
      chaos.world.pass(3600)
      var (left, right) = (chaos.world.queue, other.queue)
      #expect(left.book.messages == right.book.messages, "seed \(seed)")
      let first = AlertWorld.alerts(left.decide(at: chaos.world.now))
      #expect(first == AlertWorld.alerts(right.decide(at: other.now)), "seed \(seed)")
      #expect(left.book.inOrder == right.book.inOrder, "seed \(seed)")
    }
  }
}
