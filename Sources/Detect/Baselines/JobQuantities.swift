/// One quantity of the runs of every job: what each job's past says, and what all jobs' past says.
struct JobQuantities: Sendable, Codable {
  /// What a value is judged by.
  struct Judgement: Sendable, Codable {
    let past: QuantityBaseline.Past
    /// Past values of the job; 0 when all jobs stand in.
    let count: Int
    let isJudgedByAll: Bool

    var history: Finding.History {
      .init(events: count, days: isJudgedByAll ? 0 : past.days)
    }
  }

  /// Jobs kept; further ones are judged by all jobs.
  static let jobCountMax = 50_000

  private(set) var baselines: [String: QuantityBaseline] = [:]
  private(set) var everyone = QuantityBaseline()
  private var population = TailPopulation()

  /// The tail as of now; nil before anything was learnt.
  mutating func judgement(of job: String, halfLifeDays: Double) -> Judgement? {
    if let past = baselines[job]?.past(population, halfLifeDays: halfLifeDays) {
      return Judgement(past: past, count: baselines[job]?.count ?? 0, isJudgedByAll: false)
    }
    guard let past = everyone.past(TailPopulation(), halfLifeDays: halfLifeDays) else { return nil }
    return Judgement(past: past, count: 0, isJudgedByAll: true)
  }

  /// Learns a value and how well it was foretold. Only healthy values teach the body.
  mutating func learn(
    _ job: String, _ value: Double, day: Int, isHealthy: Bool, judgedBy judgement: Judgement?
  ) {
    guard value > 0, value.isFinite else { return }
    if let judgement, !judgement.isJudgedByAll {
      let tail = judgement.past.tail
      let excess = value > tail.threshold ? Elementary.log(value / tail.threshold) : nil
      let weight = baselines[job]?.weight(onDay: day) ?? 1
      baselines[job]?.noteForecast(
        exceedance: tail.exceedance, excess: excess, weight: weight)
      population.learn(
        judgement.past.kind, foreseen: judgement.past.foreseen, excess: excess, weight: weight)
    }
    everyone.learn(value, day: day, isHealthy: isHealthy)
    guard baselines[job] != nil || baselines.count < JobQuantities.jobCountMax else { return }
    baselines[job, default: QuantityBaseline()].learn(value, day: day, isHealthy: isHealthy)
  }
}
