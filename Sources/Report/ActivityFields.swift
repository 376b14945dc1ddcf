package import Correlate
package import Ingest

/// An activity as JSON (the keys of Documentation/Records.md) and as a row of a CSV file.
extension Activity {
  /// Writes the object; a key without a value is left out.
  package func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    encodeIdentity(to: &writer)
    encodeTimes(to: &writer)
    encodeOutcome(to: &writer)
    writer.endObject()
  }

  private func encodeIdentity(to writer: inout JSONWriter) {
    writer.field("activity_id", activityID)
    writer.field("request_id", requestID)
    writer.field("run_id", runID)
    writer.field("trace_id", traceID)
    writer.field("job", job)
    writer.field("principal", principal)
    writer.field("principal_type", principalType?.rawValue)
    writer.field("groups", groups)
    writer.field("owner", owner)
    writer.field("zone", zone)
    writer.field("remote_ip", remoteIP)
    writer.field("status", status)
    writer.field("trigger", trigger?.rawValue)
  }

  private func encodeTimes(to writer: inout JSONWriter) {
    writer.field("requested_at", requestedAt)
    writer.field("decided", decided?.rawValue)
    writer.field("queued_at", queuedAt)
    writer.field("started_at", startedAt)
    writer.field("ended_at", endedAt)
    writer.field("wait_s", waitSeconds)
    writer.field("duration_s", durationSeconds)
  }

  private func encodeOutcome(to writer: inout JSONWriter) {
    writer.field("cpu_s", cpuSeconds)
    writer.field("max_rss_bytes", maxRSSBytes)
    writer.field("read_bytes", readBytes)
    writer.field("write_bytes", writeBytes)
    writer.field("exit_code", exitCode)
    if let error {
      writer.beginObject("error")
      writer.field("type", error.type)
      writer.field("message", error.message)
      writer.endObject()
    }
    writer.field("state", state.rawValue)
    writer.field("dangling", dangling?.rawValue)
    writer.field("outcome_source", outcomeSource?.rawValue)
    writer.field("attempts", attempts)
    if tasks.total > 0 {
      writer.beginObject("tasks")
      writer.field("total", tasks.total)
      writer.field("succeeded", tasks.succeeded)
      writer.field("failed", tasks.failed)
      writer.field("dangling", tasks.dangling)
      writer.endObject()
    }
    writer.field("link", link.rawValue)
    writer.field("link_confidence", linkConfidence)
    writer.field("evidence", evidence)
    if evidenceOmitted > 0 { writer.field("evidence_omitted", evidenceOmitted) }
  }

  /// The first line of the CSV form.
  package static let csvHeader = [
    "activity_id", "request_id", "run_id", "job", "principal", "groups", "remote_ip", "status",
    "trigger", "requested_at", "queued_at", "started_at", "ended_at", "wait_s", "duration_s",
    "cpu_s", "max_rss_bytes", "exit_code", "state", "dangling", "outcome_source", "attempts",
    "tasks_total", "tasks_failed", "link", "evidence",
  ]

  /// One cell per column of `csvHeader`; empty for an absent value; lists joined by a space.
  package var csvCells: [String] {
    func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    func text(_ value: Int?) -> String { value.map { "\($0)" } ?? "" }
    let identity = [
      activityID, requestID ?? "", runID ?? "", job ?? "", principal ?? "",
      groups.joined(separator: " "), remoteIP ?? "", text(status), trigger?.rawValue ?? "",
    ]
    let times = [
      requestedAt?.rfc3339 ?? "", queuedAt?.rfc3339 ?? "", startedAt?.rfc3339 ?? "",
      endedAt?.rfc3339 ?? "", text(waitSeconds), text(durationSeconds),
    ]
    let outcome = [
      text(cpuSeconds), text(maxRSSBytes), text(exitCode), state.rawValue,
      dangling?.rawValue ?? "", outcomeSource?.rawValue ?? "", text(attempts), text(tasks.total),
      text(tasks.failed), link.rawValue, evidence.map(String.init).joined(separator: " "),
    ]
    return identity + times + outcome
  }
}
