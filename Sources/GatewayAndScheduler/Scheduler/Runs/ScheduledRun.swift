package import Ingest

/// A run as the scheduler's books have it.
package struct ScheduledRun: Sendable, Equatable {
  /// Where it stands; what the API shows is `state`.
  package enum Phase: Sendable, Equatable {
    /// Its first record is not durable yet: nobody knows of it.
    case recording
    /// Waits for a person's word.
    case held
    /// Read from the journal; what its directory says is not known yet.
    case recovering
    /// Whether its outputs, and those of what it needs, are there is being looked up.
    case probing
    /// Waits for runs of what it needs.
    case waiting
    /// Waits for a place.
    case ready
    /// Handed to the supervisor.
    case launching
    case running
    /// Waits for its next attempt.
    case pausing(until: Timestamp)
    /// Over; its terminal record is not durable yet.
    case ending
    case ended
  }

  package let runID: String
  package let job: String
  package var parameters: JobParameters
  /// As in the journal.
  package var redactedParameters: [UInt8]
  package let trigger: RunRecord.Trigger
  /// Whether `parameters` may lack what the journal does not show: the run's own are gone.
  package var areParametersRedacted = false
  package var principal: String?
  package var groups: [String] = []
  package var owner: String?
  package var requestID: String?
  package var traceID: String?
  package var phase = Phase.recording
  /// The last event told, or about to be.
  package var state = RunRecord.Event.queued
  /// From 1.
  package var attempt = 1
  package var queuedAt: Timestamp
  package var startedAt: Timestamp?
  package var endedAt: Timestamp?
  package var exitCode: Int?
  package var signal: Int?
  package var reason: String?
  package var approvalID: String?
  /// Who ordered its end, and why.
  package var kill: KillOrder?
  /// The run that asked for this one, straight or through others; nil for one that nobody's need asked for.
  package var rootRunID: String?
  /// Runs of what it needs that are not over.
  package var upstream: Set<String> = []
  /// Journal index of its first record.
  package var firstIndex: Int?
  /// Times that an attempt had to be handed over again, since its shim never got to start it.
  var relaunchCount = 0
  /// Whether a launch is on its way: what is told of a dead shim until then is of an earlier one.
  var isLaunchPending = false
  /// What `ending` will end in.
  var ending: RunRecord.Event?
  /// Whether `started` of the current attempt was told.
  var isStartTold = false

  package struct KillOrder: Sendable, Equatable {
    package var by: String
    package var reason: String?
  }

  package init(
    runID: String, job: String, parameters: JobParameters, redacted: [UInt8],
    trigger: RunRecord.Trigger, queuedAt: Timestamp
  ) {
    self.runID = runID
    self.job = job
    self.parameters = parameters
    redactedParameters = redacted
    self.trigger = trigger
    self.queuedAt = queuedAt
  }

  package var isOpen: Bool { phase != .ended }

  /// Whether it takes one of the places of its job.
  var isOccupying: Bool { phase == .launching || phase == .running }

  /// Whether a wish has the parameters of this run: its real ones, for two secrets look the same in the
  /// journal; only where the run's own are gone, what the journal shows of both.
  func isAsked(with wish: SchedulerWish) -> Bool {
    if areParametersRedacted { return wish.redactedParameters == redactedParameters }
    // Read back, a number is what its text is: 2.0 has become 2.
    return JobParameters(json: wish.parameters.json) == JobParameters(json: parameters.json)
  }

  package var view: RunView {
    var view = RunView(
      runID: runID, job: job, state: state, trigger: trigger, queuedAt: queuedAt)
    view.principal = principal
    view.owner = owner
    view.requestID = requestID
    view.attempt = attempt
    view.approvalID = approvalID
    view.startedAt = startedAt
    view.endedAt = endedAt
    view.exitCode = exitCode
    view.signal = signal
    view.reason = reason
    view.parameters = redactedParameters
    return view
  }
}

/// The ids of runs and approvals: 32 hex digits.
package enum RunIdentifier {
  /// Whether a text can be one: what comes from outside becomes part of a path only then.
  package static func isValid(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy {
        $0 &- UInt8(ascii: "0") < 10 || $0 &- UInt8(ascii: "a") < 6
      }
  }

  /// The same for the same parts, whatever they hold.
  package static func hashed(_ parts: [String]) -> String {
    var bytes: [UInt8] = []
    for part in parts {
      bytes.append(contentsOf: "\(part.utf8.count):".utf8)
      bytes.append(contentsOf: part.utf8)
    }
    return String(SHA256.digest(bytes.span).hex.prefix(32))
  }

  /// Of a wish with a key of the client's own.
  package static func keyed(principal: String?, job: String, key: String) -> String {
    hashed(["vigil-run", principal ?? "", job, key])
  }

  /// Of one time of a schedule.
  package static func scheduled(job: String, at instant: Timestamp) -> String {
    hashed(["vigil-schedule", job, instant.rfc3339])
  }

  /// Of what a run needs.
  static func needed(by runID: String, job: String) -> String {
    hashed(["vigil-need", runID, job])
  }

  static func approval(of runID: String, _ purpose: PendingApproval.Purpose, count: Int) -> String {
    hashed(["vigil-approval", runID, purpose.rawValue, "\(count)"])
  }
}
