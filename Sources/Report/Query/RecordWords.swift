package import Ingest

/// A record in a few words, for a line of a table or a place on a timeline. Not escaped.
package enum RecordWords {
  /// Who did it: the principal, where the record names one.
  package static func principal(_ record: Record) -> String? {
    switch record.body {
    case .request(let body): body.principal
    case .decision(let body): body.principal
    case .run(let body): body.principal
    case .task: nil
    case .approval(let body): body.principal
    case .alert(let body): body.principal
    case .control(let body): body.principal
    }
  }

  /// The job, where the record names one.
  package static func job(_ record: Record) -> String? {
    switch record.body {
    case .request(let body): body.job
    case .decision(let body): body.job
    case .run(let body): body.job
    case .task, .approval, .alert, .control: nil
    }
  }

  /// The run that the record speaks of.
  package static func runID(_ record: Record) -> String? {
    switch record.body {
    case .request(let body): body.runID
    case .run(let body): body.runID
    case .task(let body): body.runID
    case .approval(let body): body.subject == .run ? body.subjectID : nil
    case .decision, .alert, .control: nil
    }
  }

  /// The request that the record speaks of.
  package static func requestID(_ record: Record) -> String? {
    switch record.body {
    case .request(let body): body.requestID
    case .decision(let body): body.requestID
    case .run(let body): body.requestID
    case .task, .approval, .alert, .control: nil
    }
  }

  /// What happened.
  package static func what(_ record: Record) -> String {
    switch record.body {
    case .request(let body): request(body)
    case .decision(let body):
      words(body.effect.rawValue, body.action, body.rule.map { "by \($0)" }, body.reason)
    case .run(let body): run(body)
    case .task(let body):
      words(
        body.task ?? body.taskID, body.event.rawValue,
        body.durationSeconds.map { "after \(Quantity.seconds($0))" }, error(body.error))
    case .approval(let body):
      words(
        "approval \(body.event.rawValue)", "of \(body.subject.rawValue)", body.subjectID,
        body.reason)
    case .alert(let body):
      words(
        "alert \(body.event.rawValue)", body.findingID, body.sink,
        body.notification.map { "notification \($0)" },
        body.suppressionID.map { "suppression \($0)" }, body.match?.words, body.reason)
    case .control(let body):
      words(body.event.rawValue, body.subject, body.reason, body.path)
    }
  }

  private static func request(_ body: RequestRecord) -> String {
    words(
      body.method, body.path, body.status.map { "→ \($0)" },
      body.durationSeconds.map { "in \(Quantity.seconds($0))" })
  }

  private static func run(_ body: RunRecord) -> String {
    words(
      body.vantage == .inside ? "inside:" : nil, body.event.rawValue,
      (body.attempt ?? 1) > 1 ? "attempt \(body.attempt ?? 1)" : nil,
      body.durationSeconds.map { "after \(Quantity.seconds($0))" },
      body.exitCode.map { "exit \($0)" }, body.signal.map { "signal \($0)" }, error(body.error))
  }

  private static func error(_ failure: RunRecord.Failure?) -> String? {
    let parts = [failure?.type, failure?.message].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ": ")
  }

  private static func words(_ parts: String?...) -> String {
    parts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
  }
}
