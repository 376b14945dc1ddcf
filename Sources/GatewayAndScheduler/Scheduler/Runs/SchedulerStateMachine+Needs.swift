import Ingest

/// A job's success with the same parameters.
struct SuccessKey: Hashable, Sendable {
  let job: String
  let parameters: [UInt8]
}

/// From a run that is known to one that may start: its outputs, and what it needs.
extension SchedulerStateMachine {
  /// Looks up what is there, where that matters.
  mutating func proceed(_ runID: String, at now: Timestamp) {
    guard var run = runs[runID] else { return }
    guard let job = catalogue[run.job] else {
      return fail(runID, "job_gone", "the job is no longer in the catalogue", at: now)
    }
    if job.needs.isEmpty && job.outputs.isEmpty {
      run.phase = .ready
      runs[runID] = run
      return ready.append(runID, of: run.job)
    }
    var outputs: [String: [String]] = [:]
    var directories: [String: String] = [:]
    for name in [run.job] + job.needs.map(\.job) {
      guard let asked = catalogue[name], !asked.outputs.isEmpty else { continue }
      let parameters = name == run.job ? run.parameters : self.parameters(for: asked, of: run, now)
      guard let parameters, case .success(let call) = asked.invocation(parameters) else { continue }
      outputs[name] = call.outputs
      directories[name] = asked.directory ?? "/"
    }
    run.phase = .probing
    runs[runID] = run
    actions.append(.probe(runID: runID, outputs: outputs, directories: directories))
  }

  mutating func probed(_ runID: String, _ complete: Set<String>, at now: Timestamp) {
    guard var run = runs[runID], run.phase == .probing else { return }
    guard let job = catalogue[run.job] else {
      return fail(runID, "job_gone", "the job is no longer in the catalogue", at: now)
    }
    if complete.contains(run.job) { return skip(run, at: now) }
    var records: [Record] = []
    let root = run.rootRunID ?? run.runID
    for need in job.needs {
      let node = catalogue.graph.needs(of: need.job)
      if isMet(need, complete, of: run, at: now) {
        records.append(
          run.taskRecord(.skipped, job: need.job, dependsOn: node, at: now, under: root))
        continue
      }
      guard let upstream = upstreamRun(need, of: run, at: now) else {
        return fail(
          runID, "upstream_failed", "upstream \(need.job): its parameters cannot be told", at: now)
      }
      run.upstream.insert(upstream)
      dependents[upstream, default: []].insert(runID)
      records.append(
        run.taskRecord(.pending, job: need.job, dependsOn: node, at: now, under: root))
    }
    run.phase = run.upstream.isEmpty ? .ready : .waiting
    runs[runID] = run
    if run.phase == .ready { ready.append(runID, of: run.job) }
    if !records.isEmpty { append(records, of: runID, then: .none) }
    settleUpstream(of: runID, at: now)
  }

  /// All that it makes is there: done, without a start.
  private mutating func skip(_ run: ScheduledRun, at now: Timestamp) {
    let task = run.taskRecord(
      .skipped, job: run.job, dependsOn: catalogue.graph.needs(of: run.job), at: now,
      under: run.rootRunID ?? run.runID)
    end(run.runID, .succeeded, AttemptEnd(at: now), before: [task])
  }

  private func isMet(
    _ need: JobNeed, _ complete: Set<String>, of run: ScheduledRun, at now: Timestamp
  ) -> Bool {
    guard let job = catalogue[need.job] else { return false }
    if !job.outputs.isEmpty { return complete.contains(need.job) }
    guard let parameters = parameters(for: job, of: run, now),
      let success = lastSuccess[SuccessKey(job: need.job, parameters: parameters.json)]
    else { return false }
    return need.within.map { now.seconds(since: success) <= $0 / .seconds(1) } ?? true
  }

  /// What a needed job is run with: the asking run's values for parameters of the same name, defaults
  /// for the others; nil when one is missing or does not fit.
  private func parameters(
    for job: JobDefinition, of run: ScheduledRun, _ now: Timestamp
  ) -> JobParameters? {
    let names = Set(job.parameters.map(\.name))
    let given = JobParameters(run.parameters.entries.filter { names.contains($0.name) })
    guard case .success(let parameters) = job.check(given.json, at: now),
      case .success = job.invocation(parameters)
    else { return nil }
    return parameters
  }

  /// The run that a need waits for: one that is open with the same parameters, or a new one.
  private mutating func upstreamRun(
    _ need: JobNeed, of run: ScheduledRun, at now: Timestamp
  ) -> String? {
    guard let job = catalogue[need.job], let parameters = parameters(for: job, of: run, now) else {
      return nil
    }
    let runID = RunIdentifier.needed(by: run.runID, job: need.job)
    if runs[runID] != nil { return runID }
    let open = openRunIDs(of: need.job).first { runs[$0]?.parameters.json == parameters.json }
    if let open { return open }
    var upstream = ScheduledRun(
      runID: runID, job: need.job, parameters: parameters,
      redacted: redacted(parameters.json), trigger: run.trigger, queuedAt: now)
    upstream.principal = run.principal
    upstream.groups = run.groups
    upstream.owner = job.owner
    upstream.requestID = run.requestID
    upstream.traceID = run.traceID
    upstream.rootRunID = run.rootRunID ?? run.runID
    insert(upstream)
    let first = upstream.firstRecord(.queued, host: settings.host)
    append([first], of: runID, then: .accept(ticket: nil))
    return runID
  }

  private func openRunIDs(of job: String) -> [String] {
    guard counts.openByJob[job] ?? 0 > 0 else { return [] }
    return runs.values.filter { $0.job == job && $0.isOpen && $0.phase != .held }.map(\.runID)
      .sorted()
  }

  /// What it waits for may be over already.
  private mutating func settleUpstream(of runID: String, at now: Timestamp) {
    for upstream in runs[runID]?.upstream ?? [] {
      guard let run = runs[upstream], run.phase == .ended else { continue }
      settleDependents(of: run, at: now)
    }
  }

  /// Lets those go on that waited for a run; when it failed, they fail.
  mutating func settleDependents(of upstream: ScheduledRun, at now: Timestamp) {
    for runID in (dependents.removeValue(forKey: upstream.runID) ?? []).sorted() {
      guard var run = runs[runID], run.phase == .waiting else { continue }
      guard upstream.state == .succeeded else {
        fail(
          runID, "upstream_failed",
          "upstream \(upstream.job): run \(upstream.runID) \(upstream.state.rawValue)", at: now)
        continue
      }
      run.upstream.remove(upstream.runID)
      if run.upstream.isEmpty { run.phase = .ready }
      runs[runID] = run
      if run.phase == .ready { ready.append(runID, of: run.job) }
    }
  }

  /// Ends a run that never started as failed.
  mutating func fail(_ runID: String, _ type: String, _ message: String, at now: Timestamp) {
    var end = AttemptEnd(at: now)
    end.failure = (type, message)
    self.end(runID, .failed, end)
  }
}

extension JobGraph {
  /// Straight needs of a job.
  func needs(of job: String) -> [String] { needs[job] ?? [] }
}
