package import Ingest

/// Announced maintenance: when, and for which jobs and sources.
package struct MaintenancePlan: Sendable, Equatable {
  /// Windows that hold for the same jobs and sources.
  package struct Part: Sendable, Equatable {
    package let windows: MaintenanceWindows
    /// Names of jobs, `*` standing for any text.
    package let jobs: [String]
    /// Names of sources (`program/host`), likewise. With `jobs` empty too the windows hold for all.
    package let sources: [String]

    package init(windows: MaintenanceWindows, jobs: [String] = [], sources: [String] = []) {
      self.windows = windows
      self.jobs = jobs
      self.sources = sources
    }

    fileprivate func covers(job: String?, source: String?) -> Bool {
      if jobs.isEmpty, sources.isEmpty { return true }
      if let job, JobPattern.matches(job, jobs) { return true }
      return source.map { JobPattern.matches($0, sources) } ?? false
    }
  }

  package var parts: [Part] = []

  package init() {}

  /// The first window found that lies over any instant from `from` to `to`, both included.
  ///
  /// Cost: a binary search per part that covers the job or the source.
  package func window(
    from: Timestamp, to: Timestamp, job: String?, source: String?
  ) -> MaintenanceWindows.Window? {
    for part in parts where part.covers(job: job, source: source) {
      if let window = part.windows.window(from: from, to: to) { return window }
    }
    return nil
  }
}

extension RuleContext {
  /// Whether maintenance was announced for the job at any instant from `from` to `to`: what happens
  /// then teaches no habit.
  func isMaintenance(from: Timestamp, to: Timestamp, job: String?) -> Bool {
    configuration.maintenance.window(from: from, to: max(from, to), job: job, source: nil) != nil
  }

  /// The window that a finding falls into: when it is said, or when what it is about happened.
  func maintenance(_ draft: Draft) -> MaintenanceWindows.Window? {
    guard draft.heedsMaintenance, !configuration.maintenance.parts.isEmpty else { return nil }
    for instant in [draft.timestamp, draft.episodeAt, draft.happenedAt].compactMap(\.self) {
      if let window = configuration.maintenance.window(
        from: instant, to: instant, job: draft.job, source: draft.source)
      {
        return window
      }
    }
    return nil
  }
}
