internal import Ingest

/// The steps of one run, each by its last state.
struct TaskLedger: Sendable, Codable {
  /// The most steps told apart in one run; records of further steps are counted only.
  static let taskCountMax = 10_000

  private enum Standing: String, Sendable, Codable {
    case waiting, running, succeeded, failed, skipped
  }

  private struct StepFailure: Sendable, Codable {
    let taskID: String
    let failure: RunRecord.Failure
  }

  private var standings: [String: Standing] = [:]
  private(set) var counts = Activity.TaskCounts()
  /// The failure of the step that failed last.
  private var failure: StepFailure?

  /// The error of the step that failed last, unless that step has been done since.
  var standingFailure: RunRecord.Failure? {
    guard let failure, standings[failure.taskID] == .failed else { return nil }
    return failure.failure
  }

  /// What a record means to its reader.
  enum Effect: Sendable { case none, progressed, untracked }

  mutating func apply(_ task: TaskRecord) -> Effect {
    guard let taskID = task.taskID else { return .untracked }
    let before = standings[taskID]
    guard before != nil || standings.count < TaskLedger.taskCountMax else { return .untracked }
    if let after = TaskLedger.standing(after: task.event, from: before) {
      standings[taskID] = after
      if let before { count(before, -1) } else { counts.total += 1 }
      count(after, 1)
    }
    guard task.event != .pending, task.event != .started else { return .none }
    if standings[taskID] == .failed, let error = task.error {
      failure = StepFailure(taskID: taskID, failure: error)
    }
    return .progressed
  }

  /// The new standing, or nil where the event changes none: a step that was already under way is
  /// not made to wait again, and one that ran is not made to have been skipped.
  private static func standing(after event: TaskRecord.Event, from before: Standing?) -> Standing? {
    switch event {
    case .pending: before == nil ? .waiting : nil
    case .started: .running
    case .progress: before == nil || before == .waiting ? .running : nil
    case .succeeded: .succeeded
    case .failed, .timedOut, .broken: .failed
    case .skipped: before == nil || before == .waiting ? .skipped : nil
    }
  }

  private mutating func count(_ standing: Standing, _ change: Int) {
    switch standing {
    case .waiting, .skipped: break
    case .running: counts.dangling += change
    case .succeeded: counts.succeeded += change
    case .failed: counts.failed += change
    }
  }
}
