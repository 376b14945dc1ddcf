import Correlate
package import Detect
package import Ingest

extension ReplayState {
  /// Appends one JSON object; lists are whole and in the state's order.
  package func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("records", recordCount)
    writer.field("newest_ts", newest)
    writer.field("received_at", receivedAt)
    for (key, states) in ReplayState.stages {
      writer.field(named: key, activities(states).count)
    }
    writer.beginArray("activities")
    for activity in activities { activity.encode(to: &writer) }
    writer.endArray()
    encodeLedger(to: &writer)
    writer.field("not_kept", notKept)
    writer.beginObject("learnt")
    writer.field("findings", findings.count)
    for count in learnt {
      writer.field(named: "\(count.rule): \(count.what)", count.count)
    }
    writer.endObject()
    writer.field("finding_ids", findings)
    writer.field("digest", digest)
    writer.endObject()
  }

  /// Names of the stages of what is under way, with their states.
  static let stages: [(String, Set<Activity.State>)] = [
    ("waiting_triggers", [.requested]), ("queue", [.queued, .approved]), ("held", [.held]),
    ("open_runs", [.open]),
  ]

  private func encodeLedger(to writer: inout JSONWriter) {
    writer.beginArray("approvals_pending")
    for approval in approvals { approval.encode(to: &writer) }
    writer.endArray()
    writer.beginArray("tokens")
    for token in tokens { token.encode(to: &writer) }
    writer.endArray()
    writer.beginArray("versions")
    for version in versions { version.encode(to: &writer) }
    writer.endArray()
    writer.beginArray("alerts")
    for alert in alerts { alert.encode(to: &writer) }
    writer.endArray()
    writer.beginArray("suppressions")
    for kept in suppressions { kept.suppression.encode(to: &writer, index: kept.index) }
    writer.endArray()
    writer.beginArray("roles")
    for role in roles {
      writer.beginObject()
      writer.field("principal", role.principal)
      writer.field("groups", role.groups)
      writer.field("since", role.since)
      writer.field("index", role.index)
      writer.endObject()
    }
    writer.endArray()
  }
}

extension ReplayState.Approval {
  fileprivate func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("approval_id", id)
    writer.field("subject", subject.rawValue)
    writer.field("subject_id", subjectID)
    writer.field("principal", principal)
    writer.field("reason", reason)
    writer.field("requested_at", requestedAt)
    writer.field("expires_at", expiresAt)
    writer.field("index", index)
    writer.endObject()
  }
}

extension ReplayState.Token {
  fileprivate func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("credential_id", id)
    writer.field("standing", standing.rawValue)
    writer.field("principal", principal)
    writer.field("reason", reason)
    writer.field("created_at", createdAt)
    writer.field("changed_at", changedAt)
    writer.field("good_until", goodUntil)
    writer.field("index", index)
    writer.endObject()
  }
}

extension ReplayState.Version {
  fileprivate func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("what", event?.rawValue ?? "policy_decided_by")
    writer.field("source", source)
    writer.field("subject", subject)
    writer.field("sha256", sha256)
    writer.field("principal", principal)
    writer.field("reason", reason)
    writer.field("since", since)
    writer.field("index", index)
    writer.field("count", count)
    writer.endObject()
  }
}

extension ReplayState.Alert {
  fileprivate func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("finding_id", findingID)
    writer.field("event", event.rawValue)
    writer.field("principal", principal)
    writer.field("reason", reason)
    writer.field("at", at)
    writer.field("index", index)
    writer.endObject()
  }
}
