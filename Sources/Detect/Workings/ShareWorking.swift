/// Sums of the declared rules, and of those whose p is a share of the past: run_without_request,
/// request_without_run, off_hours by declared working time, clock_skew and non_owner.
enum ShareWorking {
  /// - Parameters:
  ///   - facts: what was found and what was declared, one line each.
  ///   - usual: what past ones are called that were not like this, for the chart.
  static func working(
    _ rate: DeclaredRates.Rate, facts: [String], usual: String, strange: String
  ) -> Working {
    var working = Working()
    working.history =
      facts + [
        "\(Legible.count(rate.history.events, "past case")) on "
          + "\(Legible.count(rate.history.days, "day")), \(Legible.number(rate.strange)) of them "
          + strange
      ]
    working.share(rate)
    working.chart(rate, usual: usual, strange: strange)
    return working
  }

  /// The larger of two shares.
  static func working(
    job: DeclaredRates.Rate, principal: DeclaredRates.Rate, facts: [String]
  ) -> Working {
    var working = ShareWorking.working(
      job, facts: facts, usual: "by owners", strange: "by others")
    working.steps.removeAll()
    let ofJob = working.share(job, label: "the job's share")
    let ofPrincipal = working.share(principal, label: "the principal's share")
    working.step(
      "p", "p = max(share_of_principal, share_of_job)",
      [.init("share_of_principal", ofPrincipal), .init("share_of_job", ofJob)]
    ) { max($0[0], $0[1]) }
    return working
  }
}
