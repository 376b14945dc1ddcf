/// One quantity of the runs of every job: what each job's past says, and what all jobs' past says.
///
/// The survival under a job's past is itself ranked among those of all past runs (SurpriseScale), so
/// that 1 in 1,000 is 1 in 1,000 whatever the law is wrong about.
struct JobQuantities: Sendable, Codable {
  /// What a value is judged by, frozen when the judgement was asked for.
  struct Judgement: Sendable, Codable {
    let tail: QuantityTail
    let curve: SurpriseCurve
    /// Past values of the job; 0 when all jobs stand in.
    let count: Int
    /// Distinct days behind them.
    let days: Int
    /// The own part of it; nil when all jobs stand in.
    let past: QuantityBaseline.Past?
    /// Who started the run; nil where that is nobody's doing.
    let principal: String?

    var isJudgedByAll: Bool { past == nil }
    var history: Finding.History { .init(events: count, days: days) }

    /// -ln of the survival under the job's past, of a bounded x.
    func surprise(_ x: Double) -> Double { -Elementary.log(tail.survival(x)) }

    /// P(a run is at least this surprising), in (0, 1].
    func pValue(_ x: Double) -> Double { curve.pValue(surprise(JobQuantities.bounded(x))) }

    /// The least x at which p is at most the level; nil when nothing is that rare yet.
    func value(atPValue level: Double) -> Double? {
      guard let surprise = curve.surprise(atPValue: level), surprise > 0 else { return nil }
      return tail.value(atSurvival: Elementary.exp(-surprise))
    }

    /// The numbers from which a person recomputes p at x.
    func facts(at value: Double, unit: String) -> [Finding.Fact] {
      let x = JobQuantities.bounded(value)
      var facts = tail.facts(at: x, unit: unit)
      if principal != nil, let past { facts.append(.init("principal_ratio", past.principalRatio)) }
      facts.append(.init("survival", tail.survival(x)))
      guard let rank = curve.tail, surprise(x) >= rank.start else { return facts }
      return facts + [
        .init("rank_from_surprise", rank.start), .init("rank_share", rank.share),
        .init("rank_shape", rank.shape), .init("rank_scale", rank.scale),
      ]
    }
  }

  /// Principals whose record is kept, at least.
  static let principalCountMax = 50_000
  /// Jobs kept; further ones are judged by all jobs.
  static let jobCountMax = 50_000
  /// Judged values after which one counts half in the rank.
  static let scaleHalfLife = 20_000.0
  /// Runs for which the laws are believed to be right before their ranks say otherwise.
  static let honestCount = 1000.0

  private(set) var baselines: [String: QuantityBaseline] = [:]
  private let leavesOutShort: Bool
  private var population = TailPopulation()
  private var principals = RecentTable<PrincipalRecord>(countMax: JobQuantities.principalCountMax)
  private var pool = PooledValues()
  private var scale: SurpriseScale
  private var curve: SurpriseCurve
  private var day: Int?

  /// - Parameter leavesOutShort: whether values far below the usual are no healthy ones.
  init(leavingOutShort leavesOutShort: Bool = false) {
    self.leavesOutShort = leavesOutShort
    scale = SurpriseScale(
      halfLife: JobQuantities.scaleHalfLife, honest: JobQuantities.honestCount)
    curve = scale.frozen()
  }

  /// The law as of now: the job's own past up to its last value, that of all jobs up to the last
  /// day with values.
  ///
  /// - Parameter principal: who starts the run; nil where that is nobody's doing.
  mutating func judgement(
    of job: String, by principal: String? = nil, halfLifeDays: Double
  ) -> Judgement {
    guard let known = baselines[job]?.past(population, halfLifeDays: halfLifeDays) else {
      return Judgement(
        tail: QuantityTail(pool: pool.survival), curve: curve, count: 0, days: 0, past: nil,
        principal: principal)
    }
    let past = known.scaled(by: principal.flatMap { principals[$0] }?.ratio ?? 1)
    let tail = QuantityTail(
      own: past.tail, size: past.size, largest: past.largest, count: past.count,
      pool: pool.survival)
    return Judgement(
      tail: tail, curve: curve, count: baselines[job]?.count ?? 0, days: past.days, past: past,
      principal: principal)
  }

  /// Values are judged and learnt as no smaller and no larger: anything a number may claim must
  /// leave ratios, logarithms and their squares finite.
  static let valueRange = 1e-12...1e21

  static func bounded(_ value: Double) -> Double {
    min(max(value, valueRange.lowerBound), valueRange.upperBound)
  }

  /// Learns a value and how well it was foretold. Only healthy values teach the body.
  mutating func learn(
    _ job: String, _ claimed: Double, day: Int, isHealthy: Bool, judgedBy judgement: Judgement?
  ) {
    guard claimed > 0, claimed.isFinite else { return }
    let value = JobQuantities.bounded(claimed)
    turn(to: day)
    let weight = baselines[job]?.weight(onDay: day) ?? 1
    if let judgement {
      scale.learn(judgement.surprise(value))
      note(value, job, judgement, weight: weight)
    }
    pool.learn(value, weight: weight)
    guard baselines[job] != nil || baselines.count < JobQuantities.jobCountMax else { return }
    baselines[job, default: QuantityBaseline()].learn(
      value, day: day, isHealthy: isHealthy, leavingOutShort: leavesOutShort)
  }

  /// What all jobs share stands still within a day: runs that start on one day are judged alike.
  private mutating func turn(to day: Int) {
    guard day > self.day ?? Int.min else { return }
    self.day = day
    pool.turn(to: day)
    curve = scale.frozen()
  }

  private mutating func note(
    _ value: Double, _ job: String, _ judgement: Judgement, weight: Double
  ) {
    guard let past = judgement.past else { return }
    let tail = past.tail
    let excess =
      value > tail.threshold
      ? min(TailPopulation.excessMax, Elementary.log(value / tail.threshold)) : nil
    baselines[job]?.noteForecast(exceedance: tail.exceedance, excess: excess, weight: weight)
    population.learn(past.kind, foreseen: past.foreseen, excess: excess, weight: weight)
    guard let principal = judgement.principal else { return }
    var record = principals[principal] ?? PrincipalRecord()
    record.learn(foreseen: past.ofAnyone, isBeyond: excess != nil, weight: weight)
    principals[principal] = record
  }
}
