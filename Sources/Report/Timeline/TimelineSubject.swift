package import Correlate
package import Detect
package import Ingest

/// Whom or what a timeline is about.
package enum TimelineSubject: Hashable, Sendable {
  case principal(String)
  case run(String)
  case job(String)
  case address(String)
  case request(String)

  /// The kind of subject as a person reads it.
  package var word: String {
    switch self {
    case .principal: "principal"
    case .run: "run"
    case .job: "job"
    case .address: "ip"
    case .request: "request"
    }
  }

  package var name: String {
    switch self {
    case .principal(let name), .run(let name), .job(let name), .address(let name),
      .request(let name):
      name
    }
  }

  /// Whether an activity is the subject's.
  package func touches(_ activity: Activity) -> Bool {
    switch self {
    case .principal(let name): isSame(activity.principal, name)
    case .run(let name): isSame(activity.runID, name)
    case .job(let name): isSame(activity.job, name)
    case .address(let name): isSame(activity.remoteIP, name)
    case .request(let name): isSame(activity.requestID, name)
    }
  }

  /// Whether a finding names the subject.
  package func touches(_ finding: Finding) -> Bool {
    switch self {
    case .principal(let name): isSame(finding.principal, name)
    case .run(let name): isSame(finding.runID, name)
    case .job(let name): isSame(finding.job, name)
    case .address: false
    case .request(let name): isSame(finding.requestID, name)
    }
  }

  /// Whether a record itself names the subject.
  package func touches(_ record: IndexedRecord) -> Bool {
    switch self {
    case .principal(let name): isSame(RecordWords.principal(record.record), name)
    case .run(let name): isSame(RecordWords.runID(record.record), name)
    case .job(let name): isSame(RecordWords.job(record.record), name)
    case .address(let name):
      switch record.record.body {
      case .request(let body): isSame(body.remoteIP, name)
      case .control(let body): isSame(body.remoteIP, name)
      default: false
      }
    case .request(let name): isSame(RecordWords.requestID(record.record), name)
    }
  }

  /// By bytes: names that only look alike are two.
  private func isSame(_ found: String?, _ name: String) -> Bool {
    found?.utf8.elementsEqual(name.utf8) ?? false
  }
}
