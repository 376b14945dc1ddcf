import Detect
import GatewayAndScheduler
import Ingest
import Synchronization

/// Delivers a journal's alerts beside whatever else the process does: reads what is new in the journal, asks
/// the queue, appends its records, lets sinks send.
///
/// What it knows it has read from the journal: a new one goes on where another one was killed.
final class AlertDelivery: Sendable {
  /// Looks at the journal.
  private static let pollPause = Duration.milliseconds(250)
  private static let retryPause = Duration.seconds(30)
  /// Waits for attempts under way at the end: 5 s.
  private static let landingLookCount = 50

  /// How long `run` goes on.
  enum Extent { case untilStopped, whileThereIsSomethingToDo }

  /// What came of a run.
  struct Outcome: Sendable {
    var endedCount = 0
    var failedCount = 0
  }

  private let directory: String
  private let settings: AlertSettings
  private let sinks: [String: any AlertSink]
  private let surroundings: AlertSurroundings
  /// Taken by `start` for as long as it delivers; throws while another process has it.
  private let lock: @Sendable () throws -> (any JournalFile)?
  private let threads = DeliveryThreads()
  private let isEnding = Atomic<Bool>(false)
  private let task = Mutex<Task<Void, Never>?>(nil)

  init(
    _ directory: String, _ settings: AlertSettings, _ sinks: [String: any AlertSink],
    _ surroundings: AlertSurroundings,
    lock: @escaping @Sendable () throws -> (any JournalFile)? = { nil }
  ) {
    self.directory = directory
    self.settings = settings
    self.sinks = sinks
    self.surroundings = surroundings
    self.lock = lock
  }

  /// Starts it in the background. Once.
  func start() {
    task.withLock { task in
      // Reading the journal blocks its thread.
      task = Task.detached(executorPreference: threads) { [self] in
        while !isEnding.load(ordering: .relaxed) {
          do {
            let held = try lock()
            _ = try await run(.untilStopped)
            withExtendedLifetime(held) {}
          } catch {
            surroundings.report(
              "alerts: \(Failure(error).message): tried again in \(AlertDelivery.retryPause)")
            await rest(AlertDelivery.retryPause)
          }
        }
      }
    }
  }

  /// Begins nothing more, waits up to 5 s for what is under way, and records what came of it.
  func stop() {
    isEnding.store(true, ordering: .relaxed)
    guard let task = task.withLock({ $0 }) else { return }
    Blocking.wait { await task.value }
  }

  /// Delivers until it is stopped, or nothing more is due.
  func run(_ extent: Extent) async throws -> Outcome {
    let feed = try AlertFeed(try JournalOpening.forReading(directory)) { [surroundings] damage in
      surroundings.report("alerts: \(damage): passed over")
    }
    let (looks, look) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let dispatcher = AlertDispatcher(
      AlertAssembly.queue(settings, sinks), sinks: sinks, surroundings, executor: threads,
      wake: { look.yield() })
    let ticks = Task.detached {
      while !Task.isCancelled {
        look.yield()
        try? await Task.sleep(for: AlertDelivery.pollPause)
      }
      look.finish()
    }
    defer { ticks.cancel() }
    do {
      for await _ in looks where try await isOver(dispatcher, feed, extent) { break }
    } catch {
      // Nothing of this life is to be on its way when the next one sends it again.
      await land(dispatcher)
      _ = try? await dispatcher.record()
      throw error
    }
    await land(dispatcher)
    // What is known of attempts that have ended is not to be forgotten.
    try await dispatcher.record()
    return Outcome(
      endedCount: await dispatcher.endedCount, failedCount: await dispatcher.failedCount)
  }

  /// One turn; whether it was the last.
  private func isOver(
    _ dispatcher: AlertDispatcher, _ feed: AlertFeed, _ extent: Extent
  ) async throws -> Bool {
    if isEnding.load(ordering: .relaxed) { return true }
    while let news = try feed.next() {
      await dispatcher.take(news)
      if isEnding.load(ordering: .relaxed) { return true }
    }
    let turn = try await dispatcher.turn()
    guard case .whileThereIsSomethingToDo = extent, turn.didNothing else { return false }
    return await dispatcher.hasLanded
  }

  private func land(_ dispatcher: AlertDispatcher) async {
    await dispatcher.stop()
    for _ in 0..<AlertDelivery.landingLookCount {
      guard await dispatcher.flightCount > 0 else { break }
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  /// In short steps, so that the end is not waited for.
  private func rest(_ pause: Duration) async {
    let clock = ContinuousClock()
    let end = clock.now + pause
    while !isEnding.load(ordering: .relaxed), clock.now < end {
      try? await Task.sleep(for: .milliseconds(50))
    }
  }
}

extension AlertDelivery {
  /// Beside a writer of this process.
  static func appending(
    to sink: any RecordSink
  ) -> @Sendable ([Record]) async throws -> [Int?] {
    { records in try await sink.append(contentsOf: records).map(\.index) }
  }

  /// Through the writer of another process, or with the journal's lock where none runs.
  static func appending(
    toJournal directory: String, now: @escaping @Sendable () -> Timestamp
  ) -> @Sendable ([Record]) async throws -> [Int?] {
    { records in
      let hand = try JournalHand(directory: directory, now: now)
      let indexes: [Int?]
      do { indexes = try records.map { try hand.append($0).index } } catch {
        // The first error is the one to tell.
        try? hand.close()
        throw error
      }
      try hand.close()
      return indexes
    }
  }
}

extension Acknowledgement {
  /// Nil for what was there before.
  var index: Int? {
    switch self {
    case .appended(let index), .conflict(let index): index
    case .duplicate: nil
    }
  }
}
