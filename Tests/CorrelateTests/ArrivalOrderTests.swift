import Correlate
import Ingest
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// A made-up hour: triggers of every answer, runs of every outcome, with and without each other,
/// twice told, out of step, with traces, tasks and error lines, sorted by time.
func madeUpRecords(seed: UInt64, count: Int) -> [IndexedRecord] {
  var random = SeededGenerator(state: seed)
  var records: [Record] = []
  for number in 0..<count {
    let at = Double(Int.random(in: 0..<3_600_000, using: &random)) / 1000
    let id = "\(number)"
    let status = [202, 202, 202, 202, 403, 413, 502, 0, 302][Int.random(in: 0..<9, using: &random)]
    let trace = Int.random(in: 0..<4, using: &random) == 0 ? "t\(number / 8)" : nil
    let named = Int.random(in: 0..<3, using: &random) == 0 ? "r" + id : nil
    let claims = Int.random(in: 0..<8, using: &random) == 0 ? nil : "q" + id
    if Int.random(in: 0..<10, using: &random) > 0 {
      records.append(request(at, "q" + id, status: status, run: named, trace: trace, port: number))
    }
    if status == 502 { records.append(failure(at - 0.0004, "EOF", port: number)) }
    if status == 413 { records.append(run(at - 0.001, .rejected, nil, request: claims)) }
    if status == 403 { records.append(decision(at - 0.002, .deny, request: "q" + id)) }
    guard status == 202 || Int.random(in: 0..<6, using: &random) == 0 else { continue }
    records += madeUpRun("r" + id, at: at, claims, trace, &random)
    // What the run needs: heard before it, beside it and long after.
    if number.isMultiple(of: 5) {
      let begin = at + [-0.5, 0, 70][number % 3]
      records.append(run(begin, .queued, "n" + id, request: claims, neededBy: "r" + id))
      records.append(run(begin + 40, .succeeded, "n" + id, request: claims))
    }
  }
  let order = records.indices.sorted {
    let (left, right) = (records[$0].header.timestamp, records[$1].header.timestamp)
    return left == right ? $0 < $1 : left < right
  }
  return order.enumerated().map { IndexedRecord(index: $0.offset, record: records[$0.element]) }
}

private func madeUpRun(
  _ id: String, at: Double, _ claims: String?, _ trace: String?, _ random: inout SeededGenerator
) -> [Record] {
  let ends: [RunRecord.Event?] = [.succeeded, .succeeded, .failed, .killed, .lost, .timedOut, nil]
  let length = Double(Int.random(in: 0..<200, using: &random))
  let start = at + Double(Int.random(in: -2..<100, using: &random))
  var records = [run(start, .started, id, request: claims, trace: trace)]
  if Int.random(in: 0..<2, using: &random) == 0 {
    records.append(run(start - 0.5, .queued, id, request: claims, trace: trace))
  }
  if Int.random(in: 0..<2, using: &random) == 0 {
    records.append(inside(start + 0.1, .started, id))
    records.append(task(start + length / 2, .started, "a", run: id))
    records.append(task(start + length * 0.9, .succeeded, "a", run: id))
    if Int.random(in: 0..<4, using: &random) > 0 {
      records.append(inside(start + length, .ended, id))
    }
  }
  if let end = ends[Int.random(in: 0..<ends.count, using: &random)] {
    records.append(run(start + length, end, id))
    if end == .failed { records.append(run(start + length + 30, .started, id)) }
    if Int.random(in: 0..<9, using: &random) == 0 {
      records.append(run(start + length, .failed, id))
    }
  }
  if Int.random(in: 0..<7, using: &random) == 0 { records.removeFirst() }
  return records
}

@Suite("The answer does not depend on the order of arrival") struct ArrivalOrderTests {
  private static let seeds: [UInt64] = [1, 2, 3, 5, 8, 13, 21, 34]

  /// Feeds `records` as they come, advancing after every `batch`.
  private func events(_ records: [IndexedRecord], batch: Int, window: JoinWindow) -> (
    [CorrelatedEvent], CorrelationSummary
  ) {
    var correlator = makeCorrelator(window)
    var events: [CorrelatedEvent] = []
    for (offset, record) in records.enumerated() {
      correlator.add(record)
      if (offset + 1) % batch == 0 { events += correlator.advance() }
    }
    events += correlator.finish()
    return (events, correlator.summary)
  }

  /// Delays each record by up to `lateness` and sorts by when it arrives.
  private func shuffled(_ records: [IndexedRecord], lateness: Double, seed: UInt64)
    -> [IndexedRecord]
  {
    var random = SeededGenerator(state: seed)
    return records.map { record -> (arrival: Double, record: IndexedRecord) in
      let delay = Double.random(in: 0...lateness, using: &random)
      return (seconds(record.record.header.timestamp) + delay, record)
    }
    .sorted { $0.arrival < $1.arrival }.map(\.record)
  }

  @Test("shuffles within the lateness, and any batch size, give the same events", arguments: seeds)
  func shuffles(seed: UInt64) {
    let window = JoinWindow(seconds: 60, latenessSeconds: 20, danglingSeconds: 600)
    let records = madeUpRecords(seed: seed, count: 150)
    let (expected, sums) = events(records, batch: 1, window: window)
    #expect(sums.lateRecords == 0)
    for shuffle in 0..<4 {
      let arrived = shuffled(records, lateness: 20, seed: seed &* 1000 &+ UInt64(shuffle))
      for batch in [1, 17, 100_000] {
        let (found, _) = events(arrived, batch: batch, window: window)
        #expect(found == expected, "seed \(seed), shuffle \(shuffle), batch \(batch)")
      }
    }
  }

  @Test("late records too give the same events whatever the batch size", arguments: seeds)
  func lateRecords(seed: UInt64) {
    let window = JoinWindow(seconds: 60, latenessSeconds: 5, danglingSeconds: 600)
    let arrived = shuffled(madeUpRecords(seed: seed, count: 150), lateness: 200, seed: seed)
    let (expected, sums) = events(arrived, batch: 1, window: window)
    #expect(sums.lateRecords > 0)
    #expect(sums.records == arrived.count)
    for batch in [7, 100_000] {
      #expect(events(arrived, batch: batch, window: window).0 == expected, "seed \(seed)")
    }
  }

  @Test(
    "time never runs back, and each activity is triggered once and settled once", arguments: seeds)
  func invariants(seed: UInt64) {
    let records = madeUpRecords(seed: seed, count: 300)
    let (all, sums) = events(records, batch: 10, window: .standard)
    #expect(zip(all, all.dropFirst()).allSatisfy { $0.at <= $1.at }, "seed \(seed)")
    var changes: [String: [ActivityUpdate.Change]] = [:]
    for update in updates(all) where update.change != .requested {
      changes[update.activity.activityID, default: []].append(update.change)
    }
    for (id, list) in changes {
      #expect(list.filter { $0 == .triggered }.count == 1, "seed \(seed), \(id): \(list)")
      #expect(list.filter { $0 == .settled }.count == 1, "seed \(seed), \(id): \(list)")
      #expect(list.last == .settled, "seed \(seed), \(id): \(list)")
      let ends = list.filter { $0 == .ended || $0 == .attemptEnded }.count
      #expect(ends <= max(1, list.filter { $0 == .started }.count), "seed \(seed), \(id): \(list)")
    }
    #expect(sums.openCount == 0)
    #expect(sums.settled == changes.count)
    let asked = updates(all).filter { $0.change == .requested }
    #expect(asked.count == changes.count, "seed \(seed)")
    for update in asked where !update.activity.activityID.isEmpty {
      #expect(changes[update.activity.activityID] != nil, "seed \(seed)")
    }
    let requests = all.filter { if case .request = $0 { true } else { false } }
    #expect(requests.count == sums.requests.values.reduce(0, +))
  }

  @Test("every record behind an activity is in its evidence, and in no other's", arguments: seeds)
  func evidence(seed: UInt64) {
    let records = madeUpRecords(seed: seed, count: 300)
    let (all, sums) = events(records, batch: 10, window: .standard)
    let indexes = settled(all).flatMap(\.evidence)
    #expect(Set(indexes).count == indexes.count, "seed \(seed)")
    let beside = records.filter { record in
      guard case .control = record.record.body else { return false }
      return !indexes.contains(record.index)
    }
    #expect(indexes.count + beside.count == records.count, "seed \(seed)")
    #expect(beside.count == sums.failureRecords - sums.failedRequestsExplained)
  }
}
