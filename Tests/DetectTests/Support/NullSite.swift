import Correlate
import Detect
import Ingest

/// A site on which nothing is wrong: its events day by day, and how many tests each rule had.
///
/// People of several habits (office, early, late, night, weekend now and then), each with one to three
/// jobs; durations and memory lognormal, gamma-like or bimodal, drawn independently; one run in
/// thirty fails; others' jobs are taken up now and then; one request in a hundred is refused, one in
/// fifty carries no principal.
struct NullSite {
  private(set) var random: SplitMix
  private let people: Int
  private var history = History()
  private var later: [(at: Timestamp, order: Int, event: CorrelatedEvent)] = []
  private var order = 0
  /// Subjects of tests by rule, of the days counted.
  private(set) var tests: [String: Int] = [:]
  private var hours: Set<[Int]> = []

  init(people: Int, seed: UInt64) {
    random = SplitMix(seed: seed)
    self.people = people
  }

  /// The day's events in order; what lasts beyond midnight comes with the next day.
  ///
  /// - Parameters:
  ///   - isCounted: whether its tests are.
  ///   - edit: adds to the day.
  mutating func events(
    ofDay day: Int, isCounted: Bool, _ edit: (inout History) -> Void = { _ in }
  ) -> [CorrelatedEvent] {
    history.events.removeAll(keepingCapacity: true)
    hours.removeAll(keepingCapacity: true)
    for person in 0..<people { work(person, day, isCounted) }
    edit(&history)
    var all = later
    for event in history.events {
      all.append((event.at, order, event.event))
      order += 1
    }
    all.sort { ($0.at, $0.order) < ($1.at, $1.order) }
    let end = History.at(day: day, hour: 24)
    let count = all.firstIndex { $0.at >= end } ?? all.count
    later = Array(all[count...])
    if isCounted { tests["off_hours", default: 0] += hours.count }
    return all[..<count].map(\.event)
  }

  private mutating func work(_ person: Int, _ day: Int, _ isCounted: Bool) {
    let isWeekend = day % 7 >= 5
    let share = person % 7 == 6 ? 0.5 : isWeekend ? 0.08 : 0.8
    guard random.uniform() < share else { return }
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let center = [9.0, 10, 11, 14, 16, 22][person % 6]
      let width = [1.0, 1.5, 2.5][person % 3]
      let hour = center + width * random.normal() + (random.uniform() < 0.01 ? 5 : 0)
      let at = History.at(day: day, hour: hour)
      var job = (person + Int.random(in: 0...2, using: &random) * 5) % max(12, people / 3)
      if random.uniform() < 0.002 { job = Int.random(in: 0..<max(12, people / 3), using: &random) }
      trigger(person, job, at)
      request(person, at)
      guard isCounted else { continue }
      let local = LocalHour(at, offsetSeconds: 0)
      hours.insert([person, local.day, local.hourOfWeek])
      for rule in ["runaway", "resource_blowup", "first_seen"] { tests[rule, default: 0] += 1 }
      tests["retry_storm", default: 0] += 1
    }
  }

  private mutating func trigger(_ person: Int, _ job: Int, _ at: Timestamp) {
    let seconds = NullSite.quantity(job, &random)
    let memory = 1e9 * NullSite.quantity(job + 1, &random) / 300
    let fails = random.uniform() < 1.0 / 30
    history.trigger(
      "job-\(job)", by: "p-\(person)", at: at, seconds: fails ? seconds / 2 : seconds,
      state: fails ? .failed : .succeeded
    ) { $0.maxRSSBytes = Int(memory) }
  }

  private mutating func request(_ person: Int, _ at: Timestamp) {
    var request = RequestRecord()
    request.requestID = "q-\(order)-\(history.events.count)"
    request.principal = random.uniform() < 0.02 ? nil : "p-\(person)"
    request.remoteIP = "192.0.2.\(person % 200)"
    let isDenied = random.uniform() < 0.01
    request.status = isDenied ? 403 : 200
    let header = RecordHeader(timestamp: at, source: "caddy/edge-1", id: request.requestID ?? "")
    let record = Record(header: header, body: .request(request))
    history.append(
      at, .request(IndexedRecord(index: 0, record: record), isDenied ? .denied : .answered))
  }

  /// By the job: lognormal, gamma-like, bimodal.
  static func quantity(_ job: Int, _ random: inout SplitMix) -> Double {
    switch job % 3 {
    case 0: 300 * Elementary.exp(0.4 * random.normal())
    case 1: 60 + 200 * (random.exponential() + random.exponential())
    default: (random.uniform() < 0.15 ? 4000 : 400) * Elementary.exp(0.15 * random.normal())
    }
  }
}

extension DetectionPipeline {
  /// The pipeline of the tests, without zones.
  static func simple(_ configuration: DetectionConfiguration) -> DetectionPipeline {
    DetectionPipeline(
      configuration: configuration, zones: FixedZones(), identify: History.identify)
  }
}
