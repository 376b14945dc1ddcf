package import Ingest

/// What Correlate tells its reader, in event-time order.
package enum CorrelatedEvent: Sendable, Equatable, Codable {
  /// Every request, trigger or not, with what came of it at the gateway.
  case request(IndexedRecord, RequestOutcome)
  /// Every decision, approval, alert and control record.
  case record(IndexedRecord)
  /// An activity came about, changed or settled.
  case activity(ActivityUpdate)

  /// The event time at which this was known. Never decreases from one event to the next, but for
  /// the requests and records that came later than the lateness allows: those carry their own time.
  package var at: Timestamp {
    switch self {
    case .request(let record, _), .record(let record): record.record.header.timestamp
    case .activity(let update): update.at
    }
  }
}

/// One change of one activity, and the activity after it.
package struct ActivityUpdate: Sendable, Equatable, Codable {
  package enum Change: String, Sendable, CaseIterable, Codable {
    /// A request asked for a job: told as soon as it was read, before its run is known, and in any
    /// case before `triggered`, also of a run without a request. Exactly once per activity.
    /// `activityID` is empty where the run that will name the activity is not known yet.
    case requested
    /// Who asked for what, and when, is known: the request was joined to its run; or the join
    /// window passed with only one of them; or the trigger was refused. Exactly once per activity,
    /// before any of the changes below that concern rules about intent. A run may have started, and
    /// even ended, before its request's line tells that it completed.
    case triggered
    /// The run started (once per attempt, at most: an end may come without a start).
    case started
    /// A task or the run reported progress, or a task ended; the snapshot's counts changed.
    case progressed
    /// An attempt, whose end nobody told, was followed by another: the run goes on. The snapshot is
    /// the activity as that attempt left it.
    case attemptEnded
    /// The run is over and its outcome known (or known to be missing). When another attempt follows
    /// all the same, `started` and `ended` come again: each attempt has at most one `started`, and
    /// one of `ended` and `attemptEnded`. A record that corrects the outcome is told as `progressed`.
    case ended
    /// The join window passed without a run for an accepted trigger, when runs have been heard of at
    /// all. A run may still come, much later: it is joined under the id told so far.
    case runMissing
    /// The join window passed without a request for a run that began after requests were first
    /// heard of. Not said of an activity that may have had one: its first record came late or after
    /// its settlement, or speaks of a later attempt.
    case requestMissing
    /// Nothing more is expected; the activity leaves memory after this. Exactly once, always last;
    /// a record that comes even later opens the activity again, under the same id.
    case settled
  }

  /// Event time at which this became known: a record's time, or the end of a window.
  package let at: Timestamp
  package let change: Change
  package let shared: SharedActivity

  /// The activity after the change. Read field by field: a copy of the whole costs 25 references.
  @inlinable
  package var activity: Activity {
    _read { yield shared.value }
  }

  package init(at: Timestamp, change: Change, activity: Activity) {
    self.at = at
    self.change = change
    shared = SharedActivity(activity)
  }

  private enum CodingKeys: String, CodingKey {
    case at, change
    case shared = "activity"
  }
}

/// An activity that is handed on and kept in many places, stored once. Coded as the activity itself.
package final class SharedActivity: Sendable, Equatable, Codable {
  package let value: Activity

  package init(_ value: Activity) { self.value = value }

  package static func == (left: SharedActivity, right: SharedActivity) -> Bool {
    left === right || left.value == right.value
  }

  package init(from decoder: any Decoder) throws { value = try Activity(from: decoder) }

  package func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}

/// What became of one request at the gateway; every request has exactly one.
package enum RequestOutcome: String, Sendable, CaseIterable, Codable {
  /// 1xx to 3xx other than a redirect to a login: answered.
  case answered
  /// 401, or a redirect of an anonymous request: nobody was identified.
  case unauthenticated
  /// 403: identified and refused.
  case denied
  /// Any other 4xx.
  case clientError = "client_error"
  /// 502, 503 or 504: the gateway could not get an answer upstream.
  case upstreamFailed = "upstream_failed"
  /// Any other 5xx: the upstream answered with its own error.
  case serverError = "server_error"
  /// Status 0 after a wait: the client went away.
  case clientGone = "client_gone"
  /// Status 0 at once: no site or route took it.
  case unhandled
  /// The record carries no status that HTTP knows.
  case unstated
}
