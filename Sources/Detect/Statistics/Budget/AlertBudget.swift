/// What a site is willing to be told, by all statistical rules together. An alert is an episode.
package enum AlertBudget: Sendable, Equatable {
  /// Alerts a day, at least 0.
  case alertsPerDay(Double)
  /// Alerts per thousand runs started, at least 0.
  case alertsPerThousandRuns(Double)
  /// Share of false alerts among the alerts, in (0, 1).
  case falseDiscoveryRate(Double)
}
