package import Ingest

/// Short ways to a record, for tests that care about one or two of its fields.
package enum Build {
  /// An instant of 2026-11-24, `seconds` after 05:00:00Z.
  package static func time(_ seconds: Double) -> Timestamp {
    ManualClock().now.advanced(bySeconds: seconds)
  }

  /// A request record whose `original` is an emitter's line of about `originalByteCount` bytes.
  package static func request(
    _ id: String, at timestamp: Timestamp = time(0), source: String = "caddy/edge-1",
    path: String = "/jobs/etl/trigger", originalByteCount: Int = 0
  ) -> Record {
    var request = RequestRecord()
    request.requestID = id
    request.principal = "alice"
    request.method = "POST"
    request.path = path
    request.status = 202
    var header = RecordHeader(timestamp: timestamp, source: source, id: id)
    if originalByteCount > 0 {
      let filler = String(repeating: "x", count: originalByteCount)
      header.original = Array("{\"id\":\"\(id)\",\"filler\":\"\(filler)\"}".utf8)
    }
    return Record(header: header, body: .request(request))
  }

  /// A run record.
  package static func run(
    _ id: String, _ event: RunRecord.Event, at timestamp: Timestamp = time(0),
    source: String = "launcher/pipelines-1"
  ) -> Record {
    var run = RunRecord(event: event)
    run.runID = "run-\(id)"
    run.job = "etl"
    let header = RecordHeader(timestamp: timestamp, source: source, id: id)
    return Record(header: header, body: .run(run))
  }

  /// A control record.
  package static func control(
    _ id: String, _ event: ControlRecord.Event, at timestamp: Timestamp = time(0),
    source: String = "vigil/gateway"
  ) -> Record {
    let header = RecordHeader(timestamp: timestamp, source: source, id: id)
    return Record(header: header, body: .control(ControlRecord(event: event)))
  }
}
