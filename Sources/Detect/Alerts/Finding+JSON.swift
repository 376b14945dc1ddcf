package import Ingest

extension Finding {
  /// -10 log10(p); p in (0, 1].
  package static func score(_ pValue: Double) -> Double {
    let score = -10 * Elementary.log(pValue) / Elementary.log(10)
    return score == 0 ? 0 : score
  }

  /// Appends the finding as one JSON object, keys in the documented order, no newline.
  package func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("finding_id", findingID)
    writer.field("rule", rule)
    writer.field("ts", timestamp)
    writer.field("severity", severity.rawValue)
    writer.field("p_value", pValue)
    writer.field("score", score)
    writer.field("principal", principal)
    writer.field("job", job)
    writer.field("request_id", requestID)
    writer.field("run_id", runID)
    writer.field("activity_id", activityID)
    writer.field("episode_id", episodeID)
    Finding.encode(observed, "observed", to: &writer)
    Finding.encode(expected, "expected", to: &writer)
    writer.beginObject("history")
    writer.field("events", history.events)
    writer.field("days", history.days)
    writer.endObject()
    writer.field("explanation", explanation)
    writer.field("evidence", evidence)
    writer.endObject()
  }

  /// The JSON text of `encode(to:)`.
  package func encoded() -> [UInt8] {
    var writer = JSONWriter()
    encode(to: &writer)
    return writer.bytes
  }

  private static func encode(_ facts: [Fact], _ key: StaticString, to writer: inout JSONWriter) {
    writer.beginObject(key)
    for fact in facts {
      switch fact.value {
      case .number(let number): writer.field(named: fact.name, number)
      case .text(let text): writer.field(named: fact.name, text)
      case .numbers(let numbers): writer.field(named: fact.name, numbers)
      }
    }
    writer.endObject()
  }
}
