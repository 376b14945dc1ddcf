import Correlate
import Detect
import Ingest

/// Records in, correlated events out, and what was seen of time on the way.
struct EventPump {
  private var correlator: Correlator
  /// The latest event time of an emitter: the end of what was read. The journal's and the import's
  /// own records, whose time is that of the import, are left out.
  private(set) var end: Timestamp?
  private(set) var recordCount = 0

  init(_ window: JoinWindow) {
    correlator = Correlator(window: window, identify: Identifier.hash)
  }

  var summary: CorrelationSummary { correlator.summary }

  mutating func add(_ record: IndexedRecord, _ body: (CorrelatedEvent) throws -> Void) rethrows {
    recordCount += 1
    guard Analysis.isHeard(record.record) else { return }
    end = max(end ?? record.record.header.timestamp, record.record.header.timestamp)
    correlator.add(record)
    for event in correlator.advance() { try body(event) }
  }

  mutating func finish(_ body: (CorrelatedEvent) throws -> Void) rethrows {
    for event in correlator.finish() { try body(event) }
  }
}

/// Ids made of text: the first 128 bits of its SHA-256, as 32 hex digits.
enum Identifier {
  @Sendable static func hash(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return String(SHA256.digest(bytes.span).hex.prefix(32))
  }
}
