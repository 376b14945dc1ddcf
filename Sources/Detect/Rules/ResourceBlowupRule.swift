import Correlate
import Ingest

/// A run that used far more of something than its job's past: CPU, memory, bytes read or written.
///
/// Judged at the end, by the tail that runaway uses. CPU is judged per second of duration: the
/// total of a long run is runaway's question, and would be asked twice.
struct ResourceBlowupRule: DetectionRule {
  static let name = "resource_blowup"
  static let interest: EventInterest = .activities

  /// Quantities, in the order in which they are judged, with the noun of the explanation.
  private enum Quantity: Int, CaseIterable {
    case cpuPerSecond, maxRSSBytes, readBytes, writeBytes

    var key: String {
      switch self {
      case .cpuPerSecond: "cpu_per_second"
      case .maxRSSBytes: "max_rss_bytes"
      case .readBytes: "read_bytes"
      case .writeBytes: "write_bytes"
      }
    }

    func value(_ activity: Activity) -> Double? {
      switch self {
      case .cpuPerSecond:
        guard let cpu = activity.cpuSeconds, let seconds = activity.durationSeconds, seconds >= 1
        else { return nil }
        return cpu / seconds
      case .maxRSSBytes: return activity.maxRSSBytes.map(Double.init)
      case .readBytes: return activity.readBytes.map(Double.init)
      case .writeBytes: return activity.writeBytes.map(Double.init)
      }
    }

    func text(_ value: Double) -> String {
      switch self {
      case .cpuPerSecond: "\(Legible.ratio(value)) CPU seconds a second"
      case .maxRSSBytes: "\(Legible.bytes(value)) of memory"
      case .readBytes: "\(Legible.bytes(value)) read"
      case .writeBytes: "\(Legible.bytes(value)) written"
      }
    }
  }

  private var past = Quantity.allCases.map { _ in JobQuantities() }

  var learnt: [LearntCount] {
    let jobs = past.reduce(into: Set<String>()) { $0.formUnion($1.baselines.keys) }
    return [LearntCount(rule: Self.name, what: "jobs", count: jobs.count)]
  }

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event, update.change == .ended,
      let job = update.activity.job
    else { return }
    for quantity in Quantity.allCases {
      guard let value = quantity.value(update.activity), value > 0 else { continue }
      judge(quantity, value, job, update, &context)
    }
  }

  private mutating func judge(
    _ quantity: Quantity, _ value: Double, _ job: String, _ update: ActivityUpdate,
    _ context: inout RuleContext
  ) {
    let judgement = past[quantity.rawValue].judgement(
      of: job, by: update.activity.principal, halfLifeDays: context.configuration.halfLifeDays)
    let pValue = judgement.pValue(value)
    if pValue <= context.level(at: update.at) {
      context.report(draft(quantity, value, update, judgement, pValue)) {
        TailWorking.working(
          value, judgement, past: past[quantity.rawValue].past(of: job, judgement), noun: "run",
          text: quantity.text)
      }
    }
    let since = update.at.advanced(bySeconds: -(update.activity.durationSeconds ?? 0))
    if context.isMaintenance(from: since, to: update.at, job: job) { return }
    let day = Int(update.at.microseconds.flooredDivision(by: 86_400_000_000).quotient)
    past[quantity.rawValue].learn(
      job, value, day: day, isHealthy: update.activity.state == .succeeded, judgedBy: judgement)
  }

  /// The lesson is the value; the subject's last part names the quantity.
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    guard let value = finding.lessons.first, let key = finding.subject.split(separator: "/").last,
      let quantity = Quantity.allCases.first(where: { $0.key == key })
    else { return }
    let day = Int(
      finding.timestamp.microseconds.flooredDivision(by: 86_400_000_000).quotient)
    for _ in 0..<configuration.quarantineDays {
      past[quantity.rawValue].learn(
        finding.job ?? "", value, day: day, isHealthy: true, judgedBy: nil)
    }
  }

  private func draft(
    _ quantity: Quantity, _ value: Double, _ update: ActivityUpdate,
    _ judgement: JobQuantities.Judgement, _ pValue: Double
  ) -> Draft {
    let job = update.activity.job ?? ""
    var draft = Draft(
      rule: ResourceBlowupRule.name, subject: "\(update.activity.activityID)/\(quantity.key)",
      episodeSubject: job, timestamp: update.at, pValue: pValue)
    draft.describe(update.activity)
    draft.history = judgement.history
    draft.observed = [.init(quantity.key, value)]
    draft.lessons = [value]
    draft.expected = judgement.facts(at: value, unit: quantity.key)
    draft.explanation =
      "a run of \(Legible.name(job)) used \(quantity.text(value)): "
      + ResourceBlowupRule.past(quantity, judgement)
      + " (\(Legible.odds(pValue)) to use this much)"
    return draft
  }

  private static func past(_ quantity: Quantity, _ judgement: JobQuantities.Judgement) -> String {
    guard let past = judgement.past else {
      return "the job has no past, so all jobs' runs judge it"
    }
    return "of its \(Legible.count(judgement.count, "run")) before, about "
      + "\(Legible.number(past.tail.exceedance * 100)) in 100 used over "
      + quantity.text(past.tail.threshold)
  }
}
