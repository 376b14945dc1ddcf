package import Detect
package import Ingest

extension ExplainedFinding {
  /// Whether the sums come to the finding's p, bit for bit.
  package var isExact: Bool { finding.pValue == working.pValue }

  /// Appends one JSON object: the finding, its sums, and what alert records keep of it.
  package func encode(to writer: inout JSONWriter, stored: [StoredFinding]) {
    let text = finding.encoded()
    writer.beginObject()
    writer.field("finding", json: text)
    writer.beginObject("working")
    writer.beginArray("history")
    for line in working.history { writer.element(line) }
    writer.endArray()
    if let chart = working.chart { ExplainedFinding.encode(chart, to: &writer) }
    writer.beginArray("steps")
    for step in working.steps { ExplainedFinding.encode(step, to: &writer) }
    writer.endArray()
    writer.field("p_value", working.pValue)
    writer.field("equal", isExact)
    writer.endObject()
    writer.beginArray("stored")
    for stored in stored { ExplainedFinding.encode(stored, to: &writer) }
    writer.endArray()
    writer.endObject()
  }

  private static func encode(_ chart: Working.Chart, to writer: inout JSONWriter) {
    writer.beginObject("chart")
    writer.field("title", chart.title)
    writer.beginArray("bars")
    for bar in chart.bars {
      writer.beginObject()
      writer.field("label", bar.label)
      writer.field("value", bar.value)
      if bar.isObserved { writer.field("observed", true) }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }

  private static func encode(_ step: Working.Step, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("label", step.label)
    writer.field("formula", step.formula)
    writer.beginObject("operands")
    for operand in step.operands { writer.field(named: operand.name, operand.value) }
    writer.endObject()
    writer.field("value", step.value)
    writer.endObject()
  }

  private static func encode(_ stored: StoredFinding, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("index", stored.index)
    writer.field("equal", stored.isEqual)
    writer.beginArray("differences")
    for difference in stored.differences {
      writer.beginObject()
      writer.field("key", difference.key)
      writer.field("stored", difference.stored)
      writer.field("recomputed", difference.recomputed)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }
}
