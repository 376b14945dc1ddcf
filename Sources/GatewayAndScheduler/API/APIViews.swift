internal import Ingest

/// What the API shows, as JSON; the keys are those of the records.
extension RunView {
  func encode(to writer: inout JSONWriter) {
    writer.field("run_id", runID)
    writer.field("job", job)
    // What happens inside a run changes nothing about it being under way.
    let isUnderWay = state == .progress || state == .ended
    writer.field("state", (isUnderWay ? .started : state).rawValue)
    writer.field("principal", principal)
    writer.field("owner", owner)
    writer.field("trigger", trigger.rawValue)
    writer.field("request_id", requestID)
    writer.field("attempt", attempt)
    writer.field("approval_id", approvalID)
    writer.field("queued_at", queuedAt)
    writer.field("started_at", startedAt)
    writer.field("ended_at", endedAt)
    writer.field("exit_code", exitCode)
    writer.field("signal", signal)
    writer.field("reason", reason)
    if !parameters.isEmpty { writer.field("params", json: parameters) }
  }
}

extension JobView {
  func encode(to writer: inout JSONWriter) {
    writer.field("job", name)
    writer.field("kind", kind)
    writer.field("owner", owner)
    writer.field("summary", summary)
    writer.field("params_schema", json: parameterSchema.isEmpty ? nil : parameterSchema)
    writer.field("schedule", schedule)
    writer.field("next_run_at", nextRun)
    writer.field("needs", needs)
    writer.field("open_runs", openRunCount)
  }
}

extension PendingApproval {
  func encode(to writer: inout JSONWriter) {
    writer.field("approval_id", approvalID)
    writer.field("purpose", purpose.rawValue)
    writer.field("asked_by", askedBy)
    writer.field("reason", reason)
    writer.field("requested_at", requestedAt)
    writer.field("expires_at", expiresAt)
    writer.beginObject("run")
    run.encode(to: &writer)
    writer.endObject()
  }
}

extension HTTPResponse {
  /// A JSON object.
  static func json(
    _ status: HTTPStatus, _ fill: (inout JSONWriter) -> Void
  ) -> HTTPResponse {
    var writer = JSONWriter()
    writer.beginObject()
    fill(&writer)
    writer.endObject()
    return HTTPResponse(status, headers: ["Content-Type": "application/json"], body: writer.bytes)
  }
}

extension JSONWriter {
  /// An array of objects; an empty one is written too.
  mutating func objects<Element>(
    _ key: StaticString, _ elements: [Element], _ encode: (Element, inout JSONWriter) -> Void
  ) {
    beginArray(key)
    for element in elements {
      beginObject()
      encode(element, &self)
      endObject()
    }
    endArray()
  }
}
