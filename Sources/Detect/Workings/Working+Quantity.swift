/// The steps from a value to its p under `JobQuantities.Judgement`.
extension Working {
  mutating func quantity(_ judgement: JobQuantities.Judgement, of claimed: Double) {
    let value = JobQuantities.bounded(claimed)
    let survival = survival(judgement.tail, of: value)
    let surprise = step("surprise", "surprise = -ln(survival)", [.init("survival", survival)]) {
      -Elementary.log($0[0])
    }
    rank(judgement.curve.rank(surprise))
  }

  /// The law of `QuantityTail`.
  private mutating func survival(_ tail: QuantityTail, of value: Double) -> Double {
    let all = among(tail.pool, of: value)
    guard let own = tail.own else { return all }
    let ownSurvival = ownSurvival(own, tail.pool, of: value, all)
    let past = step(
      "the job's own past", "past = alike / (values + 1)",
      [
        .init("alike", Double(tail.alikeCount(value))), .init("values", Double(tail.count)),
      ]
    ) { $0[0] / ($0[1] + 1) }
    return step(
      "survival", "survival = own_share * max(own, past) + (1 - own_share) * all_jobs",
      [
        .init("own_share", tail.ownShare), .init("own", ownSurvival), .init("past", past),
        .init("all_jobs", all),
      ]
    ) { $0[0] * max($0[1], $0[2]) + (1 - $0[0]) * $0[3] }
  }

  /// The survival among the values of all jobs, from the table's two edges around it.
  private mutating func among(_ pool: PooledSurvival, of value: Double) -> Double {
    switch pool.place(value) {
    case .below:
      return step("survival among all jobs", "all_jobs = 1 at observed", [.init("observed", value)])
      { _ in 1 }
    case .between(let share, let edge, let next):
      return step(
        "survival among all jobs",
        "all_jobs = ((1 - share) * at_edge + share * at_next + 1) / (total + 1)",
        [
          .init("share", share), .init("at_edge", edge), .init("at_next", next),
          .init("total", pool.total),
        ]
      ) { ((1 - $0[0]) * $0[1] + $0[0] * $0[2] + 1) / ($0[3] + 1) }
    case .beyond(let beyond):
      return step(
        "survival among all jobs", "all_jobs = exp(-shape * beyond) / (total + 1)",
        [
          .init("shape", PooledSurvival.beyondShape), .init("beyond", beyond),
          .init("total", pool.total),
        ]
      ) { Elementary.exp(-$0[0] * $0[1]) / ($0[2] + 1) }
    }
  }

  private mutating func ownSurvival(
    _ own: LomaxTail, _ pool: PooledSurvival, of value: Double, _ all: Double
  ) -> Double {
    guard value > own.threshold else {
      return step(
        "the job's own tail", "own = 1 for observed up to threshold",
        [.init("observed", value), .init("threshold", own.threshold)]
      ) { _ in 1 }
    }
    let excess = step(
      "log-excess over the threshold", "excess = ln(observed / threshold)",
      [.init("observed", value), .init("threshold", own.threshold)]
    ) { Elementary.log($0[0] / $0[1]) }
    let tail = step(
      "the job's tail", "tail = exceedance * (1 + excess / (shape * scale)) ^ -shape",
      [
        .init("exceedance", own.exceedance), .init("excess", excess), .init("shape", own.shape),
        .init("scale", own.scale),
      ]
    ) { max(1e-300, $0[0] * Elementary.pow(1 + $0[1] / ($0[2] * $0[3]), -$0[2])) }
    return step(
      "no rarer than among all, twice over",
      "own = min(tail, exceedance * (2 * all_jobs / all_jobs_at_threshold))",
      [
        .init("tail", tail), .init("exceedance", own.exceedance), .init("all_jobs", all),
        .init("all_jobs_at_threshold", pool.survival(own.threshold)),
      ]
    ) { min($0[0], $0[1] * (2 * $0[2] / $0[3])) }
  }
}
