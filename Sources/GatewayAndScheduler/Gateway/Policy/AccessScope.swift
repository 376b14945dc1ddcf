/// What a credential is good for: an action, or an action and a job, each a pattern.
///
/// `run:view` is any job and none; `run:trigger:etl` this job alone; `run:*:etl-*` what is done with
/// runs of jobs that begin so; `*` everything. A scope never grants: the policy is asked after it.
package struct AccessScope: Hashable, Sendable {
  package let action: GlobPattern
  /// Nil for any job, and for questions about none.
  package let job: GlobPattern?

  /// Nil for a text that is no scope.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    if parts == ["*"] {
      guard let all = GlobPattern("*") else { return nil }
      action = all
      job = nil
      return
    }
    guard parts.count >= 2, !parts[0].isEmpty, !parts[1].isEmpty,
      let action = GlobPattern(parts[0] + ":" + parts[1])
    else { return nil }
    self.action = action
    guard parts.count == 3 else {
      job = nil
      return
    }
    guard let job = GlobPattern(String(parts[2])) else { return nil }
    self.job = job
  }

  /// Whether it is good for this; `jobIsOpen` as in a question.
  package func allows(_ action: String, _ job: String?, jobIsOpen: Bool = false) -> Bool {
    guard self.action.matches(action) else { return false }
    guard let pattern = self.job else { return true }
    return job.map { pattern.matches($0) } ?? jobIsOpen
  }

  /// Whether one of them is; a text that is no scope is good for nothing.
  static func allow(_ scopes: [String], _ question: AccessQuestion) -> Bool {
    scopes.contains { text in
      AccessScope(text)?.allows(
        question.action, question.job, jobIsOpen: question.jobIsOpen) ?? false
    }
  }
}
