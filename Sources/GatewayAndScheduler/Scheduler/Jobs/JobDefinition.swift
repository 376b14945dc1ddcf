package import Ingest

/// A job: what is run, with what, when, how often again, and within which limits.
package struct JobDefinition: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable { case command, luigi }

  /// `[a-z0-9][a-z0-9._-]{0,127}`, without `..`.
  package let name: String
  package var kind: Kind = .command
  package var owner: String?
  package var summary: String?
  package var parameters: [JobParameter] = []
  /// Arguments, the program first; its text holds no parameter.
  package var command: [JobTemplate] = []
  /// In the order of the file.
  package var environment: [JobVariable] = []
  /// Variables whose values are read anew for each attempt; in the order of the file.
  package var secrets: [JobSecret] = []
  /// Absolute; nil for `/`.
  package var directory: String?
  package var schedule: CronSchedule?
  /// The zone in which dates such as `today` are meant.
  package var zone: TimeZoneRules = .utc
  package var needs: [JobNeed] = []
  /// All there before it starts: it has nothing to do.
  package var outputs: [JobTemplate] = []
  package var retry = JobRetry()
  /// From the start of an attempt to TERM.
  package var timeout: Duration = .seconds(86_400)
  /// From TERM to KILL.
  package var grace: Duration = .seconds(10)
  package var concurrency = JobConcurrency()
  package var limits = JobLimits()
  /// Luigi's own configuration file (LUIGI_CONFIG_PATH), which sets [retcode].
  package var luigiConfiguration: String?

  package init(name: String) { self.name = name }

  /// Whether the name can be one: nothing that a path or a shell reads as more than a name.
  package static func isValidName(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 128, !name.contains("..") else {
      return false
    }
    return isNameByte(first) && name.utf8.allSatisfy { isNameByte($0) || "._-".utf8.contains($0) }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
  }
}

/// A variable of a job's environment.
package struct JobVariable: Sendable, Equatable {
  /// `[A-Za-z_][A-Za-z0-9_]*`, and none that the scheduler sets.
  package let name: String
  package let value: JobTemplate
}

/// A job that must be done first.
package struct JobNeed: Sendable, Equatable {
  package let job: String
  /// How old its last success may be; nil for any. Only counts for a job without outputs.
  package var within: Duration?

  package init(job: String, within: Duration? = nil) {
    self.job = job
    self.within = within
  }
}

/// How often a failed or timed-out attempt is made again: after `delay`, then `factor` times as long.
package struct JobRetry: Sendable, Equatable {
  /// Attempts after the first, 0 to 20.
  package var countMax = 0
  package var delay: Duration = .seconds(10)
  package var factor = 2.0
  package var delayMax: Duration = .seconds(3600)

  package init() {}

  /// Seconds from the end of an attempt (from 1) to the start of the next.
  package func delaySeconds(afterAttempt attempt: Int) -> Double {
    var seconds = delay / .seconds(1)
    for _ in 1..<max(attempt, 1) where seconds < delayMax / .seconds(1) { seconds *= factor }
    return min(seconds, delayMax / .seconds(1))
  }
}

/// How many runs of a job there may be at once.
package struct JobConcurrency: Sendable, Equatable {
  package enum WhenFull: String, Sendable, CaseIterable {
    /// They wait in line.
    case queue
    /// The trigger is refused (409).
    case refuse
  }

  /// Running at once, 1 to 1,000.
  package var runningMax = 16
  package var whenFull = WhenFull.queue
  /// Waiting in line; beyond, the trigger is refused.
  package var queuedMax = 10_000

  package init() {}
}

/// What one attempt may use; nil for what the server's own process may (setrlimit(2)).
package struct JobLimits: Sendable, Equatable {
  package var cpuSeconds: Int?
  package var addressSpaceBytes: Int?
  package var openFiles: Int?
  /// Counts all processes of the user.
  package var processes: Int?
  package var fileBytes: Int?
  /// Of standard output and of standard error each; what is beyond is counted, not kept.
  package var outputBytes = 16 << 20

  package init() {}
}
