internal import Ingest

/// The state machine behind the correlator: takes records in event order and deadlines when they are
/// due, and appends what they mean to `output`.
///
/// Records of one instant are applied before the deadlines of that instant.
struct ActivityMachine: Sendable, Codable {
  /// Where a record stands, without its contents.
  struct Arrival {
    let index: Int
    let timestamp: Timestamp
    let source: Int
    let isLate: Bool
    let header: RecordHeader
  }

  /// An activity's place in the order of births.
  private struct Birth: Sendable, Codable {
    let serial: Int
    let slot: Int
  }

  let window: JoinWindow
  private let identify: IdentifierFunction

  /// Open activities by slot; vacant slots hold an entry of serial -1.
  var entries: [OpenActivity] = []
  private var vacantSlots: [Int] = []
  private var nextSerial = 0
  /// Every activity since the oldest that is open, in order of birth; the settled ones are swept out
  /// when they are more than half.
  private var births: [Birth] = []
  private var deadlines = DeadlineQueue()

  var index = JoinIndex()
  var failures = FailureJoin()
  var sources = SourceLedger()
  var offsets = ClockOffsets()
  var settled = SettledNames()
  var summary = CorrelationSummary()
  var output: [CorrelatedEvent] = []
  /// Event time reached; never steps back.
  var now = Timestamp.earliest
  /// Start of the first request heard: before it, a run without a request proves nothing.
  var firstRequestAt: Timestamp?
  /// Some run has been heard of: before that, a request without a run proves nothing.
  var isRunHeard = false
  /// Only the last word on each activity is told. Asked for anew by each reader, and so not saved.
  private(set) var tellsOnlySettled = false

  /// Everything but what a reader asks for.
  private enum CodingKeys: String, CodingKey {
    case window, identify, entries, vacantSlots, nextSerial, births, deadlines, index, failures
    case sources, offsets, settled, summary, output, now, firstRequestAt, isRunHeard
  }

  init(window: JoinWindow, identify: IdentifierFunction, tellsOnlySettled: Bool) {
    self.window = window
    self.identify = identify
    self.tellsOnlySettled = tellsOnlySettled
  }

  /// Applies one record. Precondition: in event order, unless late.
  mutating func apply(_ record: IndexedRecord, isLate: Bool) {
    let header = record.record.header
    let arrival = Arrival(
      index: record.index, timestamp: header.timestamp,
      source: sources.number(of: header.source), isLate: isLate, header: header)
    now = max(now, header.timestamp)
    summary.records += 1
    if isLate { summary.lateRecords += 1 }
    switch record.record.body {
    case .request(let request): apply(request, record, arrival)
    case .run(let run): apply(run, arrival)
    case .task(let task): apply(task, arrival)
    case .decision(let decision):
      tell(.record(record))
      apply(decision, arrival)
    case .approval(let approval):
      tell(.record(record))
      apply(approval, arrival)
    case .control(let control):
      tell(.record(record))
      apply(control, arrival)
    case .alert: tell(.record(record))
    }
    while summary.openCount > window.openCountMax { evict() }
  }

  /// Every open activity as it stands, in order of birth.
  var standing: [Activity] {
    entries.filter { $0.serial >= 0 }.sorted { $0.serial < $1.serial }.map { entry in
      var entry = entry
      entry.refresh()
      if entry.snapshot.activityID.isEmpty { entry.snapshot.activityID = identify(entry.name) }
      return entry.snapshot
    }
  }

  /// Hands over what has been told since the last time.
  mutating func takeOutput() -> [CorrelatedEvent] {
    var told: [CorrelatedEvent] = []
    swap(&told, &output)
    return told
  }
}

// Slots and deadlines.
extension ActivityMachine {
  /// A new activity that waits for its other side until `windowEnd`.
  mutating func open(
    until windowEnd: Timestamp, run: String?, request: String?, _ arrival: Arrival
  ) -> Int {
    let hasName = run != nil || request != nil
    let isReopened = settled.contains(run) || settled.contains(request)
    if isReopened { summary.reopened += 1 }
    let entry = OpenActivity(
      serial: nextSerial, windowEnd: windowEnd,
      fallbackName: hasName ? "" : arrival.header.source + "\n" + arrival.header.id,
      isBornLate: arrival.isLate || isReopened)
    nextSerial += 1
    summary.openCount += 1
    summary.openCountMax = max(summary.openCountMax, summary.openCount)
    let slot: Int
    if let vacant = vacantSlots.popLast() {
      slot = vacant
      entries[slot] = entry
    } else {
      slot = entries.count
      entries.append(entry)
    }
    births.append(Birth(serial: entry.serial, slot: slot))
    if births.count > 2 * summary.openCount + 1024 { sweepBirths() }
    return slot
  }

  private mutating func sweepBirths() {
    births.removeAll { entries[$0.slot].serial != $0.serial }
  }

  /// Forgets an activity; its keys go to `heir`, or to nobody.
  mutating func vacate(_ slot: Int, heir: Int? = nil) {
    index.removeCandidate(trace: entries[slot].snapshot.traceID, slot: slot)
    index.removeNeeded(by: entries[slot].run.neededBy, slot: slot)
    index.remove(
      run: entries[slot].snapshot.runID, request: entries[slot].snapshot.requestID, slot: slot,
      heir: heir)
    entries[slot] = OpenActivity(
      serial: -1, windowEnd: .earliest, fallbackName: "", isBornLate: false)
    vacantSlots.append(slot)
    summary.openCount -= 1
  }

  /// Makes sure that the activity is looked at when it is next due.
  mutating func rearm(_ slot: Int) {
    let due = entries[slot].nextDue(window)
    if let armed = entries[slot].armedAt, armed <= due { return }
    entries[slot].armedAt = due
    deadlines.push(Deadline(at: due, serial: entries[slot].serial, slot: slot))
  }

  /// The earliest deadline; it may prove out of date when it is taken.
  var nextDeadline: Timestamp? { deadlines.first?.at }

  /// Takes the earliest deadline and does what is due.
  mutating func fireNext() {
    guard let deadline = deadlines.pop(), isValid(deadline) else { return }
    now = max(now, deadline.at)
    entries[deadline.slot].armedAt = nil
    fire(deadline.slot)
  }

  private func isValid(_ deadline: Deadline) -> Bool {
    entries[deadline.slot].serial == deadline.serial
      && entries[deadline.slot].armedAt == deadline.at
  }

  /// Closes the oldest activities, an eighth of what may be open, for want of room.
  private mutating func evict() {
    sweepBirths()
    for birth in births.prefix(max(window.openCountMax / 8, 1)) {
      // Closing one may have taken another along.
      guard entries[birth.slot].serial == birth.serial else { continue }
      summary.evicted += 1
      closeOut(birth.slot)
    }
  }

  /// Closes everything that is open, in order of birth.
  mutating func closeAll(at end: Timestamp) {
    now = max(now, end)
    sweepBirths()
    for birth in births where entries[birth.slot].serial == birth.serial { closeOut(birth.slot) }
    births.removeAll()
  }
}

// Telling.
extension ActivityMachine {
  mutating func tell(_ event: CorrelatedEvent) {
    if !tellsOnlySettled { output.append(event) }
  }

  mutating func say(_ change: ActivityUpdate.Change, _ slot: Int) {
    if entries[slot].snapshot.activityID.isEmpty {
      entries[slot].snapshot.activityID = identify(entries[slot].name)
    }
    guard !tellsOnlySettled || change == .settled else { return }
    entries[slot].refresh()
    output.append(
      .activity(ActivityUpdate(at: now, change: change, activity: entries[slot].snapshot)))
  }

  /// Tells once that somebody asked. The id is told where it can no longer become another.
  mutating func sayRequested(_ slot: Int) {
    guard !entries[slot].isRequested else { return }
    entries[slot].isRequested = true
    if entries[slot].snapshot.runID != nil, entries[slot].snapshot.activityID.isEmpty {
      entries[slot].snapshot.activityID = identify(entries[slot].name)
    }
    guard !tellsOnlySettled else { return }
    entries[slot].refresh()
    output.append(
      .activity(ActivityUpdate(at: now, change: .requested, activity: entries[slot].snapshot)))
  }

  /// Says that the activity came about, after who asked.
  mutating func sayTriggered(_ slot: Int) {
    guard !entries[slot].isTriggered else { return }
    entries[slot].isTriggered = true
    if entries[slot].snapshot.activityID.isEmpty {
      entries[slot].snapshot.activityID = identify(entries[slot].name)
    }
    sayRequested(slot)
    say(.triggered, slot)
  }

  /// Tells that the activity came about, when that is due, and then the steps in their order.
  mutating func tell(_ steps: [OpenActivity.Step], _ slot: Int) {
    if entries[slot].isTriggerDue {
      entries[slot].isWindowClosed = true
      index.removeCandidate(trace: entries[slot].snapshot.traceID, slot: slot)
      sayTriggered(slot)
    }
    for step in steps {
      guard var past = step.snapshot else {
        say(step.change, slot)
        continue
      }
      if past.activityID.isEmpty { past.activityID = identify(entries[slot].name) }
      tell(.activity(ActivityUpdate(at: now, change: step.change, activity: past)))
    }
  }
}
