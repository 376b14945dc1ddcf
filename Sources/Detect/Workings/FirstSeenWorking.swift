/// Sums of first_seen: three rates of new pairs, the surprise of this one, and its rank.
struct FirstSeenWorking {
  /// Triggers and, among them, first ones of a pair.
  struct Count {
    let triggers: Int
    let arrivals: Int
  }

  let site: Count
  let principal: Count
  let job: Count
  let rank: SurpriseScale.Rank
  let scale: SurpriseScale

  func working() -> Working {
    var working = Working()
    working.history = [
      "the site: \(site.arrivals) first pairs among \(Legible.count(site.triggers, "trigger"))",
      "the principal: \(principal.arrivals) among \(Legible.count(principal.triggers, "trigger"))",
      "the job: \(job.arrivals) among \(Legible.count(job.triggers, "trigger"))",
    ]
    let siteRate = working.step(
      "site's rate of new pairs", "r = (arrivals + 1/2) / (triggers + 1)",
      [
        .init("arrivals", Double(site.arrivals)), .init("triggers", Double(site.triggers)),
      ]
    ) { ($0[0] + 0.5) / ($0[1] + 1) }
    let principalRate = rate(
      &working, "principal's rate", principal, siteRate, FirstSeenRule.principalPrior)
    let jobRate = rate(&working, "job's rate", job, siteRate, FirstSeenRule.jobPrior)
    let foretold = working.step(
      "foretold", "q = principal_rate * job_rate / r, at most 1",
      [.init("principal_rate", principalRate), .init("job_rate", jobRate), .init("r", siteRate)]
    ) { min(1, $0[0] * $0[1] / $0[2]) }
    let surprise = working.step("surprise", "surprise = -ln(q)", [.init("q", foretold)]) {
      -Elementary.log($0[0])
    }
    working.rank(rank)
    working.chart(scale, surprise: surprise, of: "first pairs")
    return working
  }

  private func rate(
    _ working: inout Working, _ label: String, _ count: Count, _ siteRate: Double, _ prior: Double
  ) -> Double {
    working.step(
      label, "rate = (arrivals + prior * r) / (triggers + prior)",
      [
        .init("arrivals", Double(count.arrivals)), .init("triggers", Double(count.triggers)),
        .init("prior", prior), .init("r", siteRate),
      ]
    ) { ($0[0] + $0[2] * $0[3]) / ($0[1] + $0[2]) }
  }
}
