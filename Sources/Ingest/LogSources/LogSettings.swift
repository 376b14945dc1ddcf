/// How lines are read. Every field has a default that fits an unmodified `format json`.
package struct LogSettings: Sendable, Equatable {
  /// The host part of `program/host` for lines that do not name their host.
  package var host = "local"
  /// Replaces the whole source name of every emitter; native records keep their own.
  package var source: String?
  /// Requests that trigger a job.
  package var triggerRoutes: [TriggerRoute] = [TriggerRoute.standard]
  /// Caddy's `time_format`, where it writes numbers.
  package var timeUnit = TimeUnit.automatic
  /// Caddy's `duration_format`, where it writes numbers.
  package var durationUnit = DurationUnit.automatic
  /// Minutes east of UTC of Caddy's `wall` times, which name no zone: 0, unless `time_local` is set.
  package var wallOffsetMinutes = 0
  /// Caddy's `time_key`, `message_key`, `level_key` and `name_key`.
  package var keys = CaddyKeys()
  /// Whether records carry the emitter's (redacted) object.
  package var keepsOriginal = true
  /// Additions to the redaction lists.
  package var redaction = RedactionList()
  /// Longest line taken, in bytes; a longer one is rejected as `too_long`.
  package var lineByteCountMax = 8 << 20

  package init() {}
}

/// What a number in Caddy's time field counts, from 1970-01-01T00:00:00Z.
package enum TimeUnit: String, Sendable, CaseIterable {
  /// Taken when exactly one unit puts the number in the years 2000 to 9999; the units' ranges do
  /// not touch, so this is never a choice between two readings.
  case automatic
  case seconds, milliseconds, nanoseconds
}

/// What a number in Caddy's duration field counts.
package enum DurationUnit: String, Sendable, CaseIterable {
  /// Seconds when written with a fraction or as 0. A whole number is refused: Caddy writes those
  /// with `nano` and `ms`, and nothing in the line tells which.
  case automatic
  case seconds, milliseconds, nanoseconds
}

/// Names of the four keys that Caddy's JSON encoder can rename; of each list the first that is
/// present is read.
package struct CaddyKeys: Sendable, Equatable {
  package var time = ["ts", "time", "timestamp", "@timestamp"]
  package var message = ["msg", "message"]
  package var level = ["level", "severity"]
  package var logger = ["logger"]

  package init() {}
}
