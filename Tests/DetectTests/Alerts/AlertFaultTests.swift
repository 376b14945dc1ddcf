import Detect
import Ingest
import Synchronization
import TestSupport
import Testing

/// A receiver of a test: does what it is told, and counts what it got.
private final class ScriptedSink: AlertSink {
  enum Act { case take, fail, refuse, takeAndDie, dieFirst, hang }

  let events: Set<AlertNotification.Event> = [.raised, .resolved]
  private struct State {
    var received: [String: [String]] = [:]
    var attemptCount = 0
    var unequal = 0
    var random: SeededRandom
  }

  private let state: Mutex<State>
  private let act: @Sendable (inout SeededRandom) -> Act
  /// Ends the life of the dispatcher that called.
  private let kill: @Sendable () -> Void

  init(
    seed: UInt64, kill: @escaping @Sendable () -> Void = {},
    act: @escaping @Sendable (inout SeededRandom) -> Act
  ) {
    state = Mutex(State(random: SeededRandom(seed: seed)))
    self.kill = kill
    self.act = act
  }

  var received: [String: [String]] { state.withLock { $0.received } }
  var attemptCount: Int { state.withLock { $0.attemptCount } }
  /// Messages that came again under their key and said something else.
  var unequalCount: Int { state.withLock { $0.unequal } }

  func deliver(_ notification: AlertNotification) async -> AlertOutcome {
    let act = state.withLock { state in
      state.attemptCount += 1
      return self.act(&state.random)
    }
    switch act {
    case .take:
      take(notification)
      return .delivered
    case .takeAndDie:
      take(notification)
      kill()
      return .delivered
    case .dieFirst:
      kill()
      return .retry(reason: "reset", after: nil)
    case .fail: return .retry(reason: "503", after: nil)
    case .refuse: return .refused(reason: "400")
    case .hang:
      // As long as nobody cancels it.
      while !Task.isCancelled { await Task.yield() }
      return .retry(reason: "cancelled", after: nil)
    }
  }

  private func take(_ notification: AlertNotification) {
    state.withLock { state in
      let ids = notification.findings.map(\.findingID)
      if let before = state.received[notification.key], before != ids { state.unequal += 1 }
      state.received[notification.key] = ids
    }
  }
}

/// A journal in memory that outlives its dispatchers, and takes nothing from one that was killed.
private final class SharedJournal: Sendable {
  struct Killed: Error {}

  private let records = Mutex<[Record]>([])
  private let known = Mutex<Set<String>>([])
  /// Now and then keeps the beginning of what is appended, and the process dies.
  private let tears: Mutex<SeededRandom?>
  /// Writes before the next records of the one who lives.
  private let others = Mutex<[Record]>([])
  private let life = Mutex(0)
  private let clock = Mutex(Build.time(0))
  let isBroken = Atomic<Bool>(false)

  init(tearSeed: UInt64? = nil) { tears = Mutex(tearSeed.map { SeededRandom(seed: $0) }) }

  func precede(with record: Record) { others.withLock { $0.append(record) } }

  var now: Timestamp { clock.withLock { $0 } }
  func pass(_ seconds: Double) { clock.withLock { $0 = $0.advanced(bySeconds: seconds) } }

  var currentLife: Int { life.withLock { $0 } }
  /// Whoever lives now writes nothing more.
  func kill() { life.withLock { $0 += 1 } }

  func append(_ new: [Record], inLife number: Int?) throws -> [Int?] {
    if let number, number != currentLife || isBroken.load(ordering: .relaxed) { throw Killed() }
    let foreign = others.withLock { others in
      defer { others = [] }
      return number == nil ? [] : others
    }
    let kept = number == nil ? new.count : keptCount(new.count)
    let indexes = records.withLock { records in
      records += foreign
      // As a journal does, it keeps a record of one source and id once.
      return new.prefix(kept).map { record -> Int? in
        guard known.withLock({ $0.insert(record.header.id).inserted }) else { return nil }
        records.append(record)
        return records.count - 1
      }
    }
    guard kept == new.count else {
      kill()
      throw Killed()
    }
    return indexes
  }

  private func keptCount(_ count: Int) -> Int {
    tears.withLock { tears in
      guard var random = tears else { return count }
      let isTorn = Int.random(in: 0..<50, using: &random) == 0
      let kept = isTorn ? Int.random(in: 0..<max(count, 1), using: &random) : count
      tears = random
      return kept
    }
  }

  func news(from index: Int) -> [IndexedRecord] {
    records.withLock { records in
      records[index...].enumerated().map { IndexedRecord(index: index + $0, record: $1) }
    }
  }

  var count: Int { records.withLock { $0.count } }
  var alerts: [AlertRecord] { AlertWorld.alerts(records.withLock { $0 }) }
}

/// One life of a dispatcher over the journal.
private struct Life {
  let dispatcher: AlertDispatcher
  let journal: SharedJournal
  let number: Int
  private var readCount = 0

  init(_ journal: SharedJournal, _ settings: AlertSettings, _ sinks: [String: ScriptedSink]) {
    self.journal = journal
    let number = journal.currentLife
    self.number = number
    dispatcher = AlertDispatcher(
      AlertQueue(settings, sinkEvents: sinks.mapValues(\.events)), sinks: sinks,
      AlertSurroundings(
        now: { journal.now }, draw: { 0.5 },
        append: { try journal.append($0, inLife: number) }, report: { _ in }))
  }

  /// Reads, decides, and sends what the journal then holds. Throws once the process is dead.
  mutating func turn() async throws -> AlertDispatcher.Turn {
    var turn = try await look()
    let second = try await look()
    turn.writtenCount += second.writtenCount
    turn.startedCount += second.startedCount
    return turn
  }

  /// One turn.
  mutating func look() async throws -> AlertDispatcher.Turn {
    let news = journal.news(from: readCount)
    readCount += news.count
    await dispatcher.take(news)
    return try await dispatcher.turn()
  }
}

@Suite struct AlertFaultTests {
  private static func settings(_ sinks: [String]) -> AlertSettings {
    var settings = AlertSettings(sinkNames: sinks)
    (settings.groupWaitSeconds, settings.groupIntervalSeconds) = (0, 0)
    settings.rate = MessageRate(messageCount: 10_000, seconds: 1)
    settings.backoff.mostSeconds = 60
    return settings
  }

  private static func raise(
    _ count: Int, from first: Int = 0, episode: Int? = nil, _ journal: SharedJournal
  ) throws {
    for number in first..<first + count {
      var alert = AlertRecord(event: .raised)
      alert.findingID = "f\(number)"
      alert.finding =
        AlertWorld.finding(
          "f\(number)", episode: episode.map { "e\(number / $0)" }
        ).encoded()
      let header = RecordHeader(
        timestamp: journal.now, source: "vigil/detect", id: "alert/f\(number)/raised")
      _ = try journal.append([Record(header: header, body: .alert(alert))], inLife: nil)
    }
  }

  @Test(
    "1,000 alerts through sinks that fail, refuse, reset and kill: none lost, duplicates carry the same key"
  )
  func thousand() async throws {
    let journal = SharedJournal()
    let kill: @Sendable () -> Void = { journal.kill() }
    let sinks = [
      "down": ScriptedSink(
        seed: 1, kill: kill,
        act: {
          Int.random(in: 0..<3, using: &$0) == 0 ? .fail : .take
        }),
      "lossy": ScriptedSink(
        seed: 2, kill: kill,
        act: {
          switch Int.random(in: 0..<100, using: &$0) {
          case 0: .takeAndDie
          case 1: .dieFirst
          case 2...20: .refuse
          default: .take
          }
        }),
      "well": ScriptedSink(seed: 3, kill: kill, act: { _ in .take }),
    ]
    try Self.raise(1000, journal)
    var lifeCount = 0
    for _ in 0..<5000 {
      var life = Life(journal, Self.settings(sinks.keys.sorted()), sinks)
      lifeCount += 1
      do {
        repeat {
          _ = try await life.turn()
          await life.dispatcher.landing()
          journal.pass(1)
        } while await !life.dispatcher.isIdle
        break
      } catch is SharedJournal.Killed {
        // Between sending and recording, or before.
        await life.dispatcher.landing()
      }
    }
    #expect(lifeCount > 10, "\(lifeCount) lives")
    let all = Set((0..<1000).map { "f\($0)" })
    for (name, sink) in sinks {
      #expect(Set(sink.received.values.joined()) == all, "\(name)")
      #expect(sink.received.count == 1000, "\(name): a finding came under two keys")
      #expect(sink.unequalCount == 0, "\(name)")
      #expect(sink.attemptCount >= 1000)
    }
    #expect(journal.alerts.count { $0.event == .delivered } == 3000)
  }

  @Test("what lived and what is rebuilt are the same, also where others wrote before own records")
  func interleaved() async throws {
    let journal = SharedJournal()
    let sinks = ["a", "b"].reduce(into: [String: ScriptedSink]()) {
      $0[$1] = ScriptedSink(seed: 1, act: { _ in .take })
    }
    try Self.raise(4, episode: 2, journal)
    var settings = Self.settings(["a", "b"])
    settings.rates["b"] = MessageRate(messageCount: 1, seconds: 60)
    var life = Life(journal, settings, sinks)
    var alert = AlertRecord(event: .suppressed)
    (alert.suppressionID, alert.match, alert.reason) = ("s", AlertRecord.Match(), "known")
    alert.match?.rule = "off_*"
    alert.expiresAt = journal.now.advanced(bySeconds: 3600)
    let header = RecordHeader(timestamp: journal.now, source: "test", id: "suppressed")
    journal.precede(with: Record(header: header, body: .alert(alert)))
    for _ in 0..<6 {
      _ = try await life.turn()
      await life.dispatcher.landing()
      journal.pass(60)
    }
    _ = try await life.turn()
    let lived = await life.dispatcher.book
    #expect(lived.entries["f0"]?.state == .suppressed)
    var rebuilt = AlertQueue(settings, sinkEvents: sinks.mapValues(\.events))
    for news in journal.news(from: 0) { rebuilt.take(news.record, index: news.index) }
    #expect(lived.inOrder == rebuilt.book.inOrder)
    #expect(lived.messages == rebuilt.book.messages && lived.suppressions.count == 1)
    #expect(await life.dispatcher.isIdle && rebuilt.isIdle)
    #expect(rebuilt.decide(at: journal.now).isEmpty)
  }

  @Test("a journal that keeps the beginning of what is appended loses none and tells none twice")
  func torn() async throws {
    let journal = SharedJournal(tearSeed: 4)
    let sinks = ["well": ScriptedSink(seed: 1, act: { _ in .take })]
    try Self.raise(60, episode: 4, journal)
    var lifeCount = 0
    var isOver = false
    while !isOver, lifeCount < 200 {
      var life = Life(journal, Self.settings(["well"]), sinks)
      lifeCount += 1
      do {
        for _ in 0..<40 where await !life.dispatcher.isIdle || journal.count == 60 {
          _ = try await life.turn()
          await life.dispatcher.landing()
          journal.pass(1)
        }
        isOver = await life.dispatcher.isIdle
      } catch is SharedJournal.Killed { await life.dispatcher.landing() }
    }
    #expect(isOver && sinks["well"]?.received.count == 15)
    #expect(Set((sinks["well"]?.received ?? [:]).values.joined()).count == 60)
    #expect(sinks["well"]?.unequalCount == 0)
  }

  @Test("an own record that the journal does not hand over stops nothing for good, and is told")
  func missing() async throws {
    let journal = SharedJournal()
    let said = Mutex<[String]>([])
    let sinks = ["well": ScriptedSink(seed: 1, act: { _ in .take })]
    try Self.raise(1, journal)
    let dispatcher = AlertDispatcher(
      AlertQueue(Self.settings(["well"]), sinkEvents: sinks.mapValues(\.events)), sinks: sinks,
      AlertSurroundings(
        now: { journal.now }, draw: { 0.5 },
        append: { try journal.append($0, inLife: 0) },
        report: { line in said.withLock { $0.append(line) } }))
    await dispatcher.take(journal.news(from: 0))
    #expect(try await dispatcher.turn().writtenCount == 1)
    for _ in 0..<400 { #expect(try await dispatcher.turn().didNothing) }
    #expect(await !dispatcher.hasLanded)
    _ = try await dispatcher.turn()
    #expect(said.withLock { $0 }.first?.contains("does not come back") ?? false)
    #expect(await dispatcher.hasLanded)
  }

  @Test("a sink that hangs keeps no other from sending, and the end does not wait for it")
  func hanging() async throws {
    let journal = SharedJournal()
    let sinks = [
      "hung": ScriptedSink(seed: 1, act: { _ in .hang }),
      "well": ScriptedSink(seed: 2, act: { _ in .take }),
    ]
    try Self.raise(40, journal)
    var life = Life(journal, Self.settings(["hung", "well"]), sinks)
    // Turn by turn until the well one has everything: what hangs is never waited for.
    var turnCount = 0
    while sinks["well"]?.received.count != 40, turnCount < 1_000_000 {
      _ = try await life.turn()
      turnCount += 1
      await Task.yield()
    }
    #expect(sinks["well"]?.received.count == 40)
    #expect(sinks["hung"]?.attemptCount == 1)
    await life.dispatcher.stop()
    await life.dispatcher.landing()
    #expect(await life.dispatcher.flightCount == 0)
    let written = try await life.dispatcher.record()
    #expect(written >= 1)
    #expect(journal.alerts.contains { $0.event == .deliveryFailed && $0.sink == "hung" })
  }

  @Test("nothing is sent while the journal cannot be written, and all of it once it can")
  func brokenJournal() async throws {
    let journal = SharedJournal()
    let sinks = ["well": ScriptedSink(seed: 1, act: { _ in .take })]
    try Self.raise(5, journal)
    journal.isBroken.store(true, ordering: .relaxed)
    var life = Life(journal, Self.settings(["well"]), sinks)
    for _ in 0..<3 {
      await #expect(throws: SharedJournal.Killed.self) { _ = try await life.turn() }
    }
    #expect(sinks["well"]?.attemptCount == 0 && journal.count == 5)
    journal.isBroken.store(false, ordering: .relaxed)
    while await !life.dispatcher.isIdle {
      _ = try await life.turn()
      await life.dispatcher.landing()
    }
    #expect(sinks["well"]?.received.count == 5 && sinks["well"]?.attemptCount == 5)
  }

  @Test("an outcome that could not be recorded is recorded later, and not sent again meanwhile")
  func lateOutcome() async throws {
    let journal = SharedJournal()
    let sinks = ["well": ScriptedSink(seed: 1, act: { _ in .take })]
    try Self.raise(1, journal)
    var life = Life(journal, Self.settings(["well"]), sinks)
    _ = try await life.turn()
    await life.dispatcher.landing()
    journal.isBroken.store(true, ordering: .relaxed)
    for _ in 0..<3 {
      await #expect(throws: SharedJournal.Killed.self) { _ = try await life.turn() }
    }
    journal.isBroken.store(false, ordering: .relaxed)
    _ = try await life.turn()
    #expect(sinks["well"]?.attemptCount == 1)
    #expect(journal.alerts.map(\.event) == [.raised, .queued, .delivered])
  }
}
