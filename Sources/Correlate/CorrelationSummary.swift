/// What was read and what became of it: the sums behind the summary that the tool prints.
package struct CorrelationSummary: Sendable, Equatable, Codable {
  /// Records applied, of any kind.
  package var records = 0
  /// Records older than the watermark when they came; applied all the same.
  package var lateRecords = 0
  /// Every request once, by what came of it at the gateway.
  package var requests: [RequestOutcome: Int] = [:]
  /// Requests that were triggers.
  package var triggers = 0
  /// Triggers whose request or run was told before under another record.
  package var repeatedTriggers = 0
  /// Requests that were answered with a 5xx.
  package var failedRequests = 0
  /// Those whose error line was found: the gateway stated a cause.
  package var failedRequestsExplained = 0
  /// Error lines of the gateway about one request.
  package var failureRecords = 0

  /// Joins of request and run, by the key that made them.
  package var joins: [Activity.Link: Int] = [:]
  /// Joins that failed for more than one candidate on a side of one trace id.
  package var ambiguousTraces = 0
  /// Runs that were joined to a request which had a run already.
  package var sharedRequests = 0
  /// Accepted triggers and runs whose counterpart did not come within the window.
  package var runsMissing = 0
  package var requestsMissing = 0
  /// Settled activities that have a run and no request, whether or not it could be known to be
  /// missing.
  package var runsWithoutRequest = 0

  /// Settled activities by their last state, by link, and by the evidence that they lack.
  package var settledStates: [Activity.State: Int] = [:]
  package var settledLinks: [Activity.Link: Int] = [:]
  package var dangling: [Activity.State: Int] = [:]
  package var outcomeSources: [Activity.OutcomeSource: Int] = [:]
  package var irregularities = RunIrregularities()
  /// Records of steps beyond what one run may have, or without a task id.
  package var untrackedTaskRecords = 0

  /// Activities that were opened again by a record that came after they had settled.
  package var reopened = 0

  /// Open activities now, and the most at any time.
  package var openCount = 0
  package var openCountMax = 0
  /// Records waiting for their turn, at the most.
  package var bufferedCountMax = 0
  /// Activities that were closed early because too many were open.
  package var evicted = 0
  /// Records from sources beyond the number that is told apart.
  package var untrackedSourceRecords = 0
  /// Clock offsets per pair of sources, in the order of their first pair.
  package var clockOffsets: [ClockOffset] = []

  package init() {}

  /// Settled activities.
  package var settled: Int { settledStates.values.reduce(0, +) }
}

/// Records of a run that do not fit the life of a run; each was kept as evidence.
package struct RunIrregularities: Sendable, Equatable, Codable {
  /// A second start of an attempt.
  package var repeatedStarts = 0
  /// A second end that says the same.
  package var repeatedEnds = 0
  /// A second end that says something else: the first stands, unless it was `lost`.
  package var conflictingEnds = 0
  /// A start later than its end by the clock.
  package var startsAfterEnd = 0
  /// Words about an attempt that another has followed.
  package var staleAttempts = 0

  package init() {}
}
