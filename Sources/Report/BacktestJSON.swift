package import Detect
package import Ingest

extension Backtest {
  /// Appends one JSON object: each configuration's counts, and the differences to the first.
  package func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.beginArray("configurations")
    for side in sides { side.encode(to: &writer) }
    writer.endArray()
    writer.beginArray("differences")
    if let first = sides.first {
      for side in sides.dropFirst() {
        BacktestDifference(first, side).encode(first.name, side.name, to: &writer)
      }
    }
    writer.endArray()
    writer.endObject()
  }
}

extension Backtest.Side {
  fileprivate func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("name", name)
    writer.field("runs", runCount)
    writer.beginArray("rules")
    for count in counts + [total] {
      writer.beginObject()
      writer.field("rule", count.rule)
      writer.field("findings", count.findings)
      writer.field("alerts", count.alerts)
      writer.field("findings_per_1000_runs", perThousandRuns(count.findings))
      writer.field("alerts_per_1000_runs", perThousandRuns(count.alerts))
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }
}

extension BacktestDifference {
  fileprivate func encode(_ left: String, _ right: String, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("first", left)
    writer.field("second", right)
    writer.beginArray("only_first")
    for finding in onlyLeft { finding.encode(to: &writer) }
    writer.endArray()
    writer.beginArray("only_second")
    for finding in onlyRight { finding.encode(to: &writer) }
    writer.endArray()
    writer.beginArray("both")
    for both in both {
      writer.beginObject()
      writer.field("finding_id", both.left.findingID)
      writer.field("rule", both.left.rule)
      writer.field("p_first", both.left.pValue)
      writer.field("p_second", both.right.pValue)
      writer.field("ts_first", both.left.timestamp)
      writer.field("ts_second", both.right.timestamp)
      writer.field("severity_first", both.left.severity.rawValue)
      writer.field("severity_second", both.right.severity.rawValue)
      writer.field("same", both.isSame)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }
}
