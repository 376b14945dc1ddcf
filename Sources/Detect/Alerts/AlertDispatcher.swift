package import Ingest

/// What a dispatcher is given from outside.
package struct AlertSurroundings: Sendable {
  package var now: @Sendable () -> Timestamp
  /// In [0, 1), anew each time: spreads the pauses between attempts.
  package var draw: @Sendable () -> Double
  /// Returns once all are on stable storage, with the index of each; nil for one that was there before.
  /// Throws when one is not: nothing is then sent on the strength of it.
  package var append: @Sendable ([Record]) async throws -> [Int?]
  /// Gets a line about what should not go unnoticed.
  package var report: @Sendable (String) -> Void

  package init(
    now: @escaping @Sendable () -> Timestamp, draw: @escaping @Sendable () -> Double,
    append: @escaping @Sendable ([Record]) async throws -> [Int?],
    report: @escaping @Sendable (String) -> Void
  ) {
    self.now = now
    self.draw = draw
    self.append = append
    self.report = report
  }
}

/// Does what an `AlertQueue` says: writes its records, and then lets sinks send.
///
/// Each attempt is a task of its own, so that no sink waits for another. Whoever drives it reads the
/// journal, hands over what is new there, and calls `turn`. Its own records too count from where the journal
/// has them, between those of others: what lived here and what is rebuilt from the journal are the same.
package actor AlertDispatcher {
  /// What one turn did.
  package struct Turn: Sendable, Equatable {
    package var writtenCount = 0
    package var startedCount = 0

    package var didNothing: Bool { writtenCount == 0 && startedCount == 0 }
  }

  /// An attempt that takes longer is cancelled: 5 minutes.
  private static let attemptSecondsMax = 300.0
  /// Turns that wait for an own record which the journal does not hand over, as one that was damaged.
  private static let behindTurnCountMax = 400

  private struct Flight {
    let task: Task<Void, Never>
    let since: Timestamp
  }

  private var queue: AlertQueue
  private let sinks: [String: any AlertSink]
  private let surroundings: AlertSurroundings
  private let executor: (any TaskExecutor)?
  private let wake: @Sendable () -> Void
  private var flights: [String: Flight] = [:]
  private var outcomes: [(key: String, outcome: AlertOutcome)] = []
  /// Index of the last own record that is in the journal and was not handed over yet; nil where none is.
  private var awaited: Int?
  private var behindTurnCount = 0
  private var isStopped = false
  /// Attempts whose outcome is recorded, and those among them that failed.
  package private(set) var endedCount = 0
  package private(set) var failedCount = 0

  /// - Parameters:
  ///   - queue: built with these sinks' events.
  ///   - executor: where attempts run, if a sink may block its thread; nil for the common pool.
  ///   - wake: called when an attempt has ended: a turn is due.
  package init(
    _ queue: AlertQueue, sinks: [String: any AlertSink], _ surroundings: AlertSurroundings,
    executor: (any TaskExecutor)? = nil, wake: @escaping @Sendable () -> Void = {}
  ) {
    self.queue = queue
    self.sinks = sinks
    self.surroundings = surroundings
    self.executor = executor
    self.wake = wake
  }

  /// Whether nothing is left that would be done at some time.
  package var isIdle: Bool { queue.isIdle && hasLanded }

  /// Attempts under way.
  package var flightCount: Int { flights.count }

  /// Whether no attempt is under way, every outcome is recorded, and every own record was read again.
  package var hasLanded: Bool { flights.isEmpty && outcomes.isEmpty && awaited == nil }

  package var book: AlertBook { queue.book }

  /// Takes in what is new in the journal, in its order, own records among it.
  package func take(_ news: [IndexedRecord]) {
    for indexed in news {
      queue.take(indexed.record, index: indexed.index)
      if let awaited, indexed.index >= awaited { self.awaited = nil }
    }
  }

  /// Records what came of attempts and what is due, and begins the attempts that the journal allows.
  /// One turn at a time, and none before all of the journal was taken. Where it has written something it asks
  /// for the next turn, which begins what that allows.
  ///
  /// Throws what `append` throws; the next turn does again what this one could not.
  package func turn() async throws -> Turn {
    var turn = Turn()
    turn.writtenCount += try await record()
    // What was decided before is to be known first: it would be decided again.
    if !isBehind() {
      let decided = queue.decide(at: surroundings.now())
      try await write(decided)
      turn.writtenCount += decided.count
    }
    if turn.writtenCount > 0 { wake() }
    guard !isStopped else { return turn }
    cancelStale()
    for notification in queue.due(at: surroundings.now()) {
      start(notification)
      turn.startedCount += 1
    }
    return turn
  }

  private func isBehind() -> Bool {
    guard let awaited else {
      behindTurnCount = 0
      return false
    }
    behindTurnCount += 1
    guard behindTurnCount > AlertDispatcher.behindTurnCountMax else { return true }
    surroundings.report(
      "alerts: entry \(awaited) of the journal was written and does not come back: passed over")
    (self.awaited, behindTurnCount) = (nil, 0)
    return false
  }

  /// Records the outcomes that have come; those that could not be written stay.
  @discardableResult
  package func record() async throws -> Int {
    let ended = outcomes
    guard !ended.isEmpty else { return 0 }
    let now = surroundings.now()
    var next = queue
    let records = ended.compactMap { key, outcome in
      next.outcome(of: key, outcome, at: now, draw: surroundings.draw())
    }
    let indexes = try await surroundings.append(records)
    queue = next
    outcomes.removeFirst(ended.count)
    wait(for: indexes)
    endedCount += ended.count
    failedCount += ended.count { $0.outcome != .delivered }
    return records.count
  }

  private func write(_ records: [Record]) async throws {
    guard !records.isEmpty else { return }
    wait(for: try await surroundings.append(records))
    for case .alert(let alert) in records.map(\.body) where alert.event == .abandoned {
      let what =
        alert.findings.isEmpty
        ? "notification \(alert.notification ?? "") for \(alert.sink ?? ""): given up after "
          + "\(alert.attempt ?? 0) attempts"
        : "\(Legible.count(alert.findings.count, "finding")): not told to \(alert.sink ?? "")"
      surroundings.report("\(what): \(alert.reason ?? "")")
    }
  }

  /// One that was there before, which has no index here, comes, or came, from the journal.
  private func wait(for indexes: [Int?]) {
    guard let last = indexes.compactMap({ $0 }).max() else { return }
    awaited = max(awaited ?? last, last)
  }

  private func start(_ notification: AlertNotification) {
    guard let sink = sinks[notification.sink] else {
      outcomes.append(
        (notification.key, .retry(reason: "no sink of this name is configured", after: nil)))
      return
    }
    let key = notification.key
    let task = Task.detached(executorPreference: executor) { [self, wake] in
      let outcome = await sink.deliver(notification)
      await end(key, outcome)
      wake()
    }
    flights[key] = Flight(task: task, since: surroundings.now())
  }

  private func end(_ key: String, _ outcome: AlertOutcome) {
    flights[key] = nil
    outcomes.append((key, outcome))
  }

  private func cancelStale() {
    let now = surroundings.now()
    for flight in flights.values
    where now.seconds(since: flight.since) > AlertDispatcher.attemptSecondsMax {
      flight.task.cancel()
    }
  }

  /// Begins nothing more, and cancels what is under way: its messages are sent again by the next life.
  package func stop() {
    isStopped = true
    for flight in flights.values { flight.task.cancel() }
  }

  /// Waits until every attempt that is under way has ended.
  package func landing() async {
    for flight in flights.values { await flight.task.value }
  }
}
