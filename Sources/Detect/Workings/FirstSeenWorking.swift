/// Sums of first_seen: three rates of new pairs, the surprise of this one, and its rank.
struct FirstSeenWorking {
  /// Triggers and, among them, first ones of a pair.
  struct Count {
    let triggers: Int
    let arrivals: Int
  }

  let site: Count
  /// Principals of like experience.
  let alike: Count
  let principal: Count
  let job: Count
  let rank: SurpriseScale.Rank
  let scale: SurpriseScale

  func working() -> Working {
    var working = Working()
    working.history = [
      "the site: \(site.arrivals) first pairs among \(Legible.count(site.triggers, "trigger"))",
      "principals of like experience: \(alike.arrivals) among "
        + Legible.count(alike.triggers, "trigger"),
      "the principal: \(principal.arrivals) among \(Legible.count(principal.triggers, "trigger"))",
      "the job: \(job.arrivals) among \(Legible.count(job.triggers, "trigger"))",
    ]
    let siteRate = working.step(
      "site's rate of new pairs", "r = (arrivals + 1/2) / (triggers + 1)",
      [
        .init("arrivals", Double(site.arrivals)), .init("triggers", Double(site.triggers)),
      ]
    ) { ($0[0] + 0.5) / ($0[1] + 1) }
    let alikeRate = rate(
      &working, "rate of like experience", alike, siteRate, FirstSeenRule.experiencePrior)
    let principalRate = rate(
      &working, "principal's rate", principal, alikeRate, FirstSeenRule.principalPrior)
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
    _ working: inout Working, _ label: String, _ count: Count, _ priorRate: Double, _ prior: Double
  ) -> Double {
    working.step(
      label, "rate = (arrivals + prior * prior_rate) / (triggers + prior)",
      [
        .init("arrivals", Double(count.arrivals)), .init("triggers", Double(count.triggers)),
        .init("prior", prior), .init("prior_rate", priorRate),
      ]
    ) { ($0[0] + $0[2] * $0[3]) / ($0[1] + $0[2]) }
  }
}
