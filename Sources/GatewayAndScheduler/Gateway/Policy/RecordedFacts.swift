package import Ingest

/// The facts of access questions, told from the records of the past in event order.
///
/// A run is open from its first event (`queued`, `held`, or a `started` that nothing came before) to its
/// terminal one. A trigger was let through when its run was queued or held, or where no run was
/// recorded, when its request was answered with 2xx. Runs of the schedule are nobody's triggers.
/// Facts can be told for an instant up to an hour back. `offHoursP` is never told: it would need
/// Detect's state as of that instant.
package struct RecordedFacts: Sendable {
  /// Most runs that are open at once; more are not counted, and `uncountedRunCount` says so.
  package static let openRunCountMax = 1_000_000
  /// How far back facts can be told, and how long triggers are remembered, in seconds.
  static let memorySeconds = 3600.0
  private static let ageCountMax = 1000

  private struct OpenRun: Sendable {
    let job: String?
    let principal: String?
  }

  /// One run more or less, at an instant.
  private struct Change: Sendable {
    let at: Timestamp
    let job: String?
    let principal: String?
    let step: Int
  }

  private var open: [String: OpenRun] = [:]
  private var countByJob: [String: Int] = [:]
  private var countByPrincipal: [String: Int] = [:]
  private var changes = RecentQueue<Change>()
  private var triggers: [String: RecentQueue<Trigger>] = [:]
  /// Runs and requests whose trigger is counted, with when.
  private var counted = RecentQueue<(at: Timestamp, key: String)>()
  private var countedKeys: Set<String> = []
  package private(set) var uncountedRunCount = 0

  private struct Trigger: Sendable {
    let at: Timestamp
  }

  package init() {}

  /// Takes a record in. Records come in event order.
  package mutating func observe(_ record: Record) {
    let at = record.header.timestamp
    forget(before: at.advanced(bySeconds: -2 * RecordedFacts.memorySeconds))
    switch record.body {
    case .run(let run): observe(run, at)
    case .request(let request):
      guard request.job != nil, let principal = request.principal,
        let status = request.status, (200..<300).contains(status)
      else { return }
      let start = at.advanced(bySeconds: -(request.durationSeconds ?? 0))
      count(principal, start, keys: [request.runID, request.requestID])
    default: return
    }
  }

  private mutating func observe(_ run: RunRecord, _ at: Timestamp) {
    guard let id = run.runID else { return }
    switch run.event {
    case .queued, .held:
      add(id, run, at)
      guard run.trigger != .schedule, run.trigger != .retry, let principal = run.principal
      else { return }
      count(principal, at, keys: [id, run.requestID])
    case .started, .approved, .progress: add(id, run, at)
    case .succeeded, .failed, .killed, .timedOut, .lost, .rejected, .ended: remove(id, at)
    }
  }

  private mutating func add(_ id: String, _ run: RunRecord, _ at: Timestamp) {
    guard open[id] == nil else { return }
    guard open.count < RecordedFacts.openRunCountMax else {
      uncountedRunCount += 1
      return
    }
    open[id] = OpenRun(job: run.job, principal: run.principal)
    change(Change(at: at, job: run.job, principal: run.principal, step: 1))
  }

  private mutating func remove(_ id: String, _ at: Timestamp) {
    guard let run = open.removeValue(forKey: id) else { return }
    change(Change(at: at, job: run.job, principal: run.principal, step: -1))
  }

  private mutating func change(_ change: Change) {
    RecordedFacts.add(change.step, to: change.job, in: &countByJob)
    RecordedFacts.add(change.step, to: change.principal, in: &countByPrincipal)
    changes.append(change)
  }

  private static func add(_ step: Int, to key: String?, in counts: inout [String: Int]) {
    guard let key else { return }
    let count = (counts[key] ?? 0) + step
    counts[key] = count == 0 ? nil : count
  }

  /// Counts a trigger once, whoever tells of it.
  private mutating func count(_ principal: String, _ at: Timestamp, keys: [String?]) {
    let keys = keys.compactMap { $0 }
    guard keys.isEmpty || keys.allSatisfy({ !countedKeys.contains($0) }) else { return }
    for key in keys {
      countedKeys.insert(key)
      counted.append((at, key))
    }
    triggers[principal, default: RecentQueue()].append(Trigger(at: at))
  }

  private mutating func forget(before limit: Timestamp) {
    changes.removeFirst { $0.at < limit }
    counted.removeFirst {
      guard $0.at < limit else { return false }
      countedKeys.remove($0.key)
      return true
    }
  }

  /// The facts as of an instant, which lies at most an hour before the newest record; what happened at
  /// it is not yet there.
  package mutating func facts(principal: String?, job: String?, at instant: Timestamp)
    -> AccessFacts
  {
    var facts = AccessFacts()
    facts.openRunsOfJob = job.flatMap { countByJob[$0] } ?? 0
    facts.openRunsOfPrincipal = principal.flatMap { countByPrincipal[$0] } ?? 0
    for change in changes.newestFirst {
      guard change.at >= instant else { break }
      if let job, change.job == job { facts.openRunsOfJob -= change.step }
      if let principal, change.principal == principal { facts.openRunsOfPrincipal -= change.step }
    }
    guard let principal else { return facts }
    let limit = instant.advanced(bySeconds: -2 * RecordedFacts.memorySeconds)
    triggers[principal]?.removeFirst { $0.at < limit }
    guard let recent = triggers[principal]?.newestFirst else { return facts }
    for trigger in recent where trigger.at < instant {
      let age = instant.seconds(since: trigger.at)
      guard age < RecordedFacts.memorySeconds,
        facts.triggerAges.count < RecordedFacts.ageCountMax
      else { break }
      facts.triggerAges.append(age)
    }
    return facts
  }
}

/// A queue by time, whose old end is let go.
struct RecentQueue<Element> {
  private var elements: [Element] = []
  private var start = 0

  var newestFirst: some Sequence<Element> { elements[start...].reversed() }

  mutating func append(_ element: Element) { elements.append(element) }

  var count: Int { elements.count - start }

  /// From the old end. Precondition: one that is there.
  subscript(index: Int) -> Element {
    get { elements[start + index] }
    set { elements[start + index] = newValue }
  }

  mutating func removeFirst(_ count: Int) {
    var rest = count
    removeFirst { _ in
      rest -= 1
      return rest >= 0
    }
  }

  /// Lets elements go from the old end while they are old.
  mutating func removeFirst(while isOld: (Element) -> Bool) {
    while start < elements.count, isOld(elements[start]) { start += 1 }
    guard start > 1024, start * 2 > elements.count else { return }
    elements.removeFirst(start)
    start = 0
  }
}

extension RecentQueue: Sendable where Element: Sendable {}
