import Correlate
import Detect
import Ingest

/// Builds the events of a small site, in any order, and runs the pipeline over them in time order.
struct History {
  /// 2026-01-05, a Monday, 00:00 UTC.
  static let monday = Timestamp(rfc3339: "2026-01-05T00:00:00Z") ?? .earliest

  var events: [(at: Timestamp, order: Int, event: CorrelatedEvent)] = []
  private var serial = 0

  /// Seconds of day `day` (0 = the first Monday) at `hour`, UTC.
  static func at(day: Int, hour: Double) -> Timestamp {
    monday.advanced(bySeconds: Double(day) * 86_400 + hour * 3600)
  }

  mutating func add(_ at: Timestamp, _ change: ActivityUpdate.Change, _ activity: Activity) {
    append(at, .activity(ActivityUpdate(at: at, change: change, activity: activity)))
  }

  mutating func append(_ at: Timestamp, _ event: CorrelatedEvent) {
    events.append((at, events.count, event))
  }

  mutating func activity(_ job: String, principal: String?) -> Activity {
    serial += 1
    var activity = Activity(activityID: "activity-\(serial)", state: .open)
    activity.job = job
    activity.principal = principal
    activity.requestID = "request-\(serial)"
    activity.runID = "run-\(serial)"
    activity.evidence = [serial]
    return activity
  }

  /// A trigger that is answered at once and whose run takes `seconds` (nil: never ends).
  @discardableResult
  mutating func trigger(
    _ job: String, by principal: String, at: Timestamp, seconds: Double? = 60,
    state: Activity.State = .succeeded, edit: (inout Activity) -> Void = { _ in }
  ) -> Activity {
    var activity = activity(job, principal: principal)
    activity.requestedAt = at
    edit(&activity)
    let start = at.advanced(bySeconds: 1)
    activity.startedAt = start
    activity.attempts = 1
    append(start, .request(request(of: activity, at: start), .answered))
    add(start, .requested, activity)
    add(start, .triggered, activity)
    add(start, .started, activity)
    guard let seconds else { return activity }
    let end = start.advanced(bySeconds: seconds)
    activity.endedAt = end
    activity.durationSeconds = seconds
    activity.state = state
    add(end, .ended, activity)
    add(end, .settled, activity)
    return activity
  }

  /// The gateway's record of a trigger.
  private func request(of activity: Activity, at: Timestamp) -> IndexedRecord {
    var request = RequestRecord()
    request.principal = activity.principal
    request.job = activity.job
    request.requestID = activity.requestID
    request.runID = activity.runID
    request.status = 202
    let header = RecordHeader(
      timestamp: at, source: "caddy/edge-1", id: activity.requestID ?? at.rfc3339)
    return IndexedRecord(
      index: activity.evidence.first ?? 0, record: Record(header: header, body: .request(request)))
  }

  var inOrder: [CorrelatedEvent] {
    // Small keys are sorted, and not the events: in debug builds that is most of a short test.
    events.map { ($0.at.microseconds, $0.order) }.sorted { $0 < $1 }.map { events[$0.1].event }
  }

  /// All findings, with time passing to `end` afterwards.
  func findings(
    _ configuration: DetectionConfiguration = DetectionConfiguration(),
    zones: any ZoneLookup = FixedZones(), end: Timestamp? = nil
  ) -> [Finding] {
    var pipeline = DetectionPipeline(
      configuration: configuration, zones: zones, identify: History.identify)
    var findings: [Finding] = []
    for event in inOrder { findings += pipeline.observe(event) }
    if let end { findings += pipeline.finish(at: end) }
    return findings
  }

  /// FNV-1a twice: a stand-in for the tool's hash.
  static let identify: @Sendable (String) -> String = { text in
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var second: UInt64 = 0x9E37_79B9_7F4A_7C15
    for byte in text.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      second = (second &+ UInt64(byte)) &* 6_364_136_223_846_793_005 &+ 1
    }
    func hex(_ value: UInt64) -> String {
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return hex(hash) + hex(second)
  }

  static func configuration(
    _ rules: String..., pMax: Double? = nil
  ) -> DetectionConfiguration {
    var configuration = DetectionConfiguration()
    configuration.enabledRules = Set(rules)
    configuration.pMax = pMax
    return configuration
  }

  /// A site of `count` office workers over `days` days from the first Monday, 3 to 5 triggers a
  /// weekday between 8 and 18, one of five now and then on a Saturday.
  mutating func addOffice(count: Int, days: Range<Int>, seed: UInt64, job: String = "report") {
    var random = SplitMix(seed: seed)
    for person in 0..<count {
      for day in days where day % 7 < 5 {
        for _ in 0..<Int.random(in: 3...5, using: &random) {
          let hour = 13 + 2 * random.normal()
          trigger(
            "\(job)-\(person % 4)", by: "worker-\(person)",
            at: History.at(day: day, hour: min(18, max(8, hour))),
            seconds: 300 * Elementary.exp(0.2 * random.normal()))
        }
      }
      for day in days where day % 7 == 5 && person % 5 == 0 && random.uniform() < 0.2 {
        trigger("\(job)-\(person % 4)", by: "worker-\(person)", at: History.at(day: day, hour: 11))
      }
    }
  }
}

/// Central Europe by the rule since 1996: summer time from the last Sunday of March to that of
/// October, 01:00 UTC.
struct CentralEurope: ZoneLookup {
  func offsetSeconds(at instant: Timestamp, zone: String) -> Int? {
    guard zone == "Europe/Berlin" else { return nil }
    let days = Int(instant.microseconds.flooredDivision(by: 86_400_000_000).quotient)
    let year = CivilDate(daysSinceEpoch: days).year
    let start = CentralEurope.lastSunday(year, 3)
    let end = CentralEurope.lastSunday(year, 10)
    return instant >= start && instant < end ? 7200 : 3600
  }

  private static func lastSunday(_ year: Int, _ month: Int) -> Timestamp {
    guard let last = CivilDate(year: year, month: month, day: 31) else { return .earliest }
    let sunday = last.daysSinceEpoch - (last.weekday + 1) % 7
    return Timestamp(microseconds: Int64(sunday) * 86_400_000_000 + 3_600_000_000) ?? .earliest
  }
}
