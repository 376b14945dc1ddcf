import Correlate
import Ingest

/// 2026-11-24T05:00:00Z; the tests count seconds from here.
let origin = Timestamp(secondsSinceEpoch: 1_795_496_400) ?? Timestamp.earliest

func instant(_ seconds: Double) -> Timestamp { origin.advanced(bySeconds: seconds) }

/// Seconds since `origin`.
func seconds(_ instant: Timestamp) -> Double { instant.seconds(since: origin) }

private func record(_ at: Double, _ source: String, _ id: String, _ body: RecordBody) -> Record {
  Record(header: RecordHeader(timestamp: instant(at), source: source, id: id), body: body)
}

/// An access line, told when it completed; a trigger of `etl` unless `job` is nil.
func request(
  _ at: Double, _ id: String?, status: Int? = 202, job: String? = "etl", run: String? = nil,
  trace: String? = nil, principal: String? = "alice", duration: Double? = 0.01, port: Int = 4000,
  source: String = "caddy/edge-1"
) -> Record {
  var request = RequestRecord()
  request.requestID = id
  request.traceID = trace
  request.principal = principal
  request.remoteIP = "192.0.2.7"
  request.remotePort = port
  request.method = "POST"
  request.path = "/jobs/etl/runs"
  request.status = status
  request.durationSeconds = duration
  request.job = job
  request.runID = run
  return record(at, source, "request-\(id ?? "")-\(at)", .request(request))
}

/// A launcher's record.
func run(
  _ at: Double, _ event: RunRecord.Event, _ id: String?, request: String? = nil,
  attempt: Int? = nil, trace: String? = nil, trigger: RunRecord.Trigger? = .request,
  duration: Double? = nil, exitCode: Int? = nil, error: String? = nil, neededBy: String? = nil,
  source: String = "launcher/pipelines-1"
) -> Record {
  var run = RunRecord(event: event)
  run.runID = id
  run.requestID = request
  run.attempt = attempt
  run.traceID = trace
  run.trigger = trigger
  run.job = "etl"
  run.durationSeconds = duration
  run.exitCode = exitCode
  run.error = error.map { RunRecord.Failure(type: nil, message: $0) }
  if let neededBy { run.error = RunRecord.Failure(type: "needed_by", message: neededBy) }
  return record(at, source, "run-\(id ?? "")-\(event.rawValue)-\(at)", .run(run))
}

/// Luigi's run.start or run.end.
func inside(
  _ at: Double, _ event: RunRecord.Event, _ id: String, request: String? = nil,
  duration: Double? = nil, source: String = "luigi/pipelines-1"
) -> Record {
  var run = RunRecord(event: event)
  run.vantage = .inside
  run.runID = id
  run.requestID = request
  run.job = "etl"
  run.durationSeconds = duration
  return record(at, source, "inside-\(id)-\(event.rawValue)-\(at)", .run(run))
}

func task(
  _ at: Double, _ event: TaskRecord.Event, _ id: String, run: String, error: String? = nil,
  source: String = "luigi/pipelines-1"
) -> Record {
  var task = TaskRecord(event: event)
  task.runID = run
  task.taskID = id
  task.task = "Step"
  task.error = error.map { RunRecord.Failure(type: nil, message: $0) }
  return record(at, source, "task-\(id)-\(event.rawValue)-\(at)", .task(task))
}

func decision(_ at: Double, _ effect: DecisionRecord.Effect, request: String) -> Record {
  var decision = DecisionRecord(effect: effect)
  decision.requestID = request
  decision.action = "run:trigger"
  decision.job = "etl"
  decision.principal = "alice"
  return record(at, "vigil/gateway", "decision-\(request)-\(at)", .decision(decision))
}

/// The gateway's error line of one request.
func failure(_ at: Double, _ reason: String, port: Int = 4000, status: Int = 502) -> Record {
  var control = ControlRecord(event: .requestFailed)
  control.reason = reason
  control.remoteIP = "192.0.2.7"
  control.remotePort = port
  control.path = "/jobs/etl/runs"
  control.status = status
  return record(at, "caddy/edge-1", "failure-\(port)-\(at)", .control(control))
}

func approval(_ at: Double, run: String) -> Record {
  var approval = ApprovalRecord(subject: .run, event: .given)
  approval.subjectID = run
  return record(at, "vigil/approvals", "approval-\(run)-\(at)", .approval(approval))
}

/// A request that is no trigger: shows that the gateway is listened to, and moves time on.
func tick(_ at: Double) -> Record { request(at, "tick-\(at)", status: 200, job: nil) }

/// In the order of the list, each with its place as index.
func indexed(_ records: [Record]) -> [IndexedRecord] {
  records.enumerated().map { IndexedRecord(index: $0.offset, record: $0.element) }
}

func makeCorrelator(_ window: JoinWindow = .standard) -> Correlator {
  Correlator(window: window) { "id:" + $0 }
}

/// Everything that is told about `records`, added in their order and advanced after each.
func correlate(_ records: [Record], window: JoinWindow = .standard) -> [CorrelatedEvent] {
  var correlator = makeCorrelator(window)
  var events: [CorrelatedEvent] = []
  for record in indexed(records) {
    correlator.add(record)
    events += correlator.advance()
  }
  return events + correlator.finish()
}

func updates(_ events: [CorrelatedEvent]) -> [ActivityUpdate] {
  events.compactMap { event in
    guard case .activity(let update) = event else { return nil }
    return update
  }
}

/// The last word on each activity, in the order in which they settled.
func settled(_ events: [CorrelatedEvent]) -> [Activity] {
  updates(events).filter { $0.change == .settled }.map(\.activity)
}

/// `triggered@60 settled@120`: what was told of one activity, and when; `requested` has tests of
/// its own.
func story(_ events: [CorrelatedEvent], of id: String) -> String {
  updates(events).filter { $0.activity.activityID == id && $0.change != .requested }
    .map { update in
      let at = (seconds(update.at) * 1000).rounded() / 1000
      let text = at == at.rounded() ? String(Int(at)) : String(at)
      return "\(update.change.rawValue)@\(text)"
    }
    .joined(separator: " ")
}
