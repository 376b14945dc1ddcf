import Ingest

/// How many runs there are of what, for limits and for the policy.
struct RunCounts: Sendable {
  private(set) var openByJob: [String: Int] = [:]
  private(set) var openByPrincipal: [String: Int] = [:]
  private(set) var openCount = 0
  private(set) var occupiedByJob: [String: Int] = [:]
  private(set) var occupiedCount = 0
  /// Instants of the triggers let through in the last hour, oldest first; at most 1,000 a principal.
  private var triggers: [String: [Timestamp]] = [:]
  private static let triggerCountMax = 1000
  /// Principals whose triggers are remembered; beyond, those of nobody new until some are forgotten.
  private static let principalCountMax = 100_000
  private static let triggerSeconds = 3600.0

  mutating func open(_ run: ScheduledRun) {
    openCount += 1
    openByJob[run.job, default: 0] += 1
    if let principal = run.principal { openByPrincipal[principal, default: 0] += 1 }
  }

  mutating func close(_ run: ScheduledRun) {
    openCount -= 1
    openByJob[run.job, default: 0] -= 1
    if openByJob[run.job] == 0 { openByJob[run.job] = nil }
    guard let principal = run.principal else { return }
    openByPrincipal[principal, default: 0] -= 1
    if openByPrincipal[principal] == 0 { openByPrincipal[principal] = nil }
  }

  mutating func occupy(_ job: String) {
    occupiedByJob[job, default: 0] += 1
    occupiedCount += 1
  }

  mutating func release(_ job: String) {
    occupiedByJob[job, default: 0] -= 1
    if occupiedByJob[job] == 0 { occupiedByJob[job] = nil }
    occupiedCount -= 1
  }

  mutating func addTrigger(of principal: String?, at instant: Timestamp) {
    guard let principal, triggers[principal] != nil || triggers.count < Self.principalCountMax
    else { return }
    triggers[principal, default: []].append(instant)
    if triggers[principal]?.count ?? 0 > Self.triggerCountMax {
      triggers[principal]?.removeFirst()
    }
  }

  /// Seconds since each, newest first.
  func triggerAges(of principal: String, at now: Timestamp) -> [Double] {
    (triggers[principal] ?? []).reversed().map { max(now.seconds(since: $0), 0) }
      .filter { $0 <= Self.triggerSeconds }
  }

  /// Forgets whoever has been silent for an hour.
  mutating func forgetTriggers(before now: Timestamp) {
    triggers = triggers.filter {
      now.seconds(since: $0.value.last ?? .earliest) <= Self.triggerSeconds
    }
  }
}

/// Runs that wait for a place, by job; of those whose job has one, the one that came first is next.
struct ReadyLine: Sendable {
  private struct Place: Sendable {
    let runID: String
    let number: Int
  }

  private struct Line: Sendable {
    var places: [Place] = []
    var head = 0

    var first: Place? { head < places.count ? places[head] : nil }
  }

  private var lines: [String: Line] = [:]
  private var lastNumber = 0
  private(set) var count = 0

  func count(of job: String) -> Int { lines[job].map { $0.places.count - $0.head } ?? 0 }

  mutating func append(_ runID: String, of job: String) {
    lastNumber += 1
    lines[job, default: Line()].places.append(Place(runID: runID, number: lastNumber))
    count += 1
  }

  /// Takes the first run whose job may start one. Cost: the number of jobs with waiting runs.
  mutating func takeFirst(where mayStart: (String) -> Bool) -> String? {
    var found: (job: String, place: Place)?
    for (job, line) in lines {
      guard let place = line.first, place.number < found?.place.number ?? .max, mayStart(job)
      else { continue }
      found = (job, place)
    }
    guard let found else { return nil }
    count -= 1
    lines[found.job]?.head += 1
    if lines[found.job]?.first == nil {
      lines[found.job] = nil
    } else if let head = lines[found.job]?.head, head >= 1024 {
      lines[found.job]?.places.removeFirst(head)
      lines[found.job]?.head = 0
    }
    return found.place.runID
  }
}
