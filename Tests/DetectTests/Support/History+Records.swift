import Correlate
import Detect
import Ingest

extension History {
  /// Adds a record that is no request and no run; its journal index is its place in the history.
  @discardableResult
  mutating func record(_ at: Timestamp, _ body: RecordBody) -> Int {
    let index = events.count
    let header = RecordHeader(timestamp: at, source: "gateway/edge-1", id: "record-\(index)")
    append(at, .record(IndexedRecord(index: index, record: Record(header: header, body: body))))
    return index
  }

  @discardableResult
  mutating func approval(
    _ at: Timestamp, _ event: ApprovalRecord.Event, _ id: String = "a-1", by principal: String?,
    _ subject: ApprovalRecord.Subject = .run, of subjectID: String? = nil,
    expiresAt: Timestamp? = nil
  ) -> Int {
    var approval = ApprovalRecord(subject: subject, event: event)
    approval.approvalID = id
    approval.subjectID = subjectID
    approval.principal = principal
    approval.expiresAt = expiresAt
    return record(at, .approval(approval))
  }

  @discardableResult
  mutating func decision(
    _ at: Timestamp, _ effect: DecisionRecord.Effect, by principal: String,
    action: String = "run:trigger", credential: String? = nil, request: String? = nil
  ) -> Int {
    var decision = DecisionRecord(effect: effect)
    decision.principal = principal
    decision.action = action
    decision.credentialID = credential
    decision.requestID = request
    return record(at, .decision(decision))
  }

  @discardableResult
  mutating func control(
    _ at: Timestamp, _ event: ControlRecord.Event, _ subject: String,
    counts: [ControlRecord.Count] = []
  ) -> Int {
    var control = ControlRecord(event: event)
    control.subject = subject
    control.counts = counts
    return record(at, .control(control))
  }
}

extension Finding {
  /// The text of an observed fact.
  func text(_ name: String) -> String? {
    for fact in observed where fact.name == name {
      if case .text(let text) = fact.value { return text }
    }
    return nil
  }
}
