/// One fact of the journal: a header common to every kind, and the kind's own fields.
///
/// The vocabulary of Documentation/Records.md. As an entry: one JSON object on one line, keys in
/// snake_case in the documented order, a key without a value left out, `original` always last.
package struct Record: Sendable, Equatable {
  package var header: RecordHeader
  package var body: RecordBody

  package init(header: RecordHeader, body: RecordBody) {
    self.header = header
    self.body = body
  }

  package var kind: RecordKind { body.kind }
}

/// The seven kinds; the raw value is the `kind` key.
package enum RecordKind: String, Sendable, CaseIterable {
  case request, decision, run, task, approval, alert, control
}

/// The fields of each kind. Boxed: a record is handed on many times and read or changed a few.
package indirect enum RecordBody: Sendable, Equatable {
  case request(RequestRecord)
  case decision(DecisionRecord)
  case run(RunRecord)
  case task(TaskRecord)
  case approval(ApprovalRecord)
  case alert(AlertRecord)
  case control(ControlRecord)

  package var kind: RecordKind {
    switch self {
    case .request: .request
    case .decision: .decision
    case .run: .run
    case .task: .task
    case .approval: .approval
    case .alert: .alert
    case .control: .control
    }
  }
}

/// What every record carries, whatever its kind.
package struct RecordHeader: Sendable, Equatable {
  /// Event time as the emitter reports it; for a request the instant it completed.
  package var timestamp: Timestamp
  /// Who emitted it, `program/host`.
  package var source: String
  /// Unique per source: the key by which a repeated delivery is recognised.
  package var id: String
  /// When the journal took it in; nil before that.
  package var receivedAt: Timestamp?
  /// True for a decision, approval, alert or control record that came from a file.
  package var isImported: Bool
  /// Length of the emitter's line when the entry could not hold it whole.
  package var oversizeByteCount: Int?
  /// SHA-256, hex, of the redacted line that the entry could not hold: its name in `oversize/`.
  package var oversizeSHA256: String?
  /// HMAC-SHA-256 of the emitter's line, hex, when `original` is not that line byte for byte.
  package var originalHMAC: String?
  /// The emitter's object after redaction, a JSON text; nil when dropped or when none exists.
  package var original: [UInt8]?

  package init(timestamp: Timestamp, source: String, id: String) {
    self.timestamp = timestamp
    self.source = source
    self.id = id
    isImported = false
  }
}

/// `human` or `service`: who is behind a principal.
package enum PrincipalType: String, Sendable, CaseIterable, Codable { case human, service }
