package import Ingest

/// What of a record may be shown in an export that withholds something.
///
/// The emitter's own object (`original`) is always left out: it may hold any of the values again.
/// With pseudonyms: principals and owners, and addresses, are replaced; free text that may name a
/// person is left out (reasons, subjects, error messages, parameters, user agents, findings in alert
/// records, globs of suppressions over persons). Paths, hosts, job names, ids and groups stay unless
/// they are redacted.
package struct RecordTransform: Sendable {
  /// The keys that can be left out. Kinds, times, sources, ids, events and effects cannot.
  package static let redactable: Set<String> = [
    "principal", "owner", "issuer", "groups", "zone", "remote_ip", "remote_port", "user_agent",
    "host", "path", "query_keys", "tls_version", "tls_cipher", "action", "rule", "reason",
    "credential_id", "params", "error", "subject", "subject_id", "finding", "match", "sink", "pid",
    "trace_id", "bytes_in", "bytes_out",
  ]
  /// Free text and objects that may name a person.
  package static let freeText: Set<String> = [
    "reason", "params", "error", "subject", "user_agent", "finding", "credential_id", "zone",
  ]

  private let pseudonyms: Pseudonyms?
  private let fields: Set<String>

  /// Precondition: fields of `redactable`.
  package init(pseudonyms: Pseudonyms?, redacting fields: Set<String>) {
    precondition(fields.isSubset(of: RecordTransform.redactable), "\(fields)")
    self.pseudonyms = pseudonyms
    self.fields = pseudonyms == nil ? fields : fields.union(RecordTransform.freeText)
  }

  /// The record as it may be shown.
  package func apply(_ record: Record) -> Record {
    var shown = record
    shown.header.original = nil
    shown.header.originalHMAC = nil
    shown.header.oversizeSHA256 = nil
    switch shown.body {
    case .request(var body): shown.body = .request(apply(&body))
    case .decision(var body): shown.body = .decision(apply(&body))
    case .run(var body): shown.body = .run(apply(&body))
    case .task(var body): shown.body = .task(apply(&body))
    case .approval(var body): shown.body = .approval(apply(&body))
    case .alert(var body): shown.body = .alert(apply(&body))
    case .control(var body): shown.body = .control(apply(&body))
    }
    return shown
  }

  /// A principal's name as it may be shown, for settings that are told by name.
  package func person(_ name: String) -> String? { shown(name, "principal") }

  private func shown(_ name: String?, _ key: String) -> String? {
    guard let name, !fields.contains(key) else { return nil }
    return pseudonyms?.person(name) ?? name
  }

  private func address(_ text: String?) -> String? {
    guard let text, !fields.contains("remote_ip") else { return nil }
    return pseudonyms?.address(text) ?? text
  }

  private func drop<Value>(_ value: inout Value?, _ key: String) {
    if fields.contains(key) { value = nil }
  }

  private func drop(_ list: inout [String], _ key: String) {
    if fields.contains(key) { list = [] }
  }

  private func apply(_ body: inout RequestRecord) -> RequestRecord {
    body.principal = shown(body.principal, "principal")
    body.remoteIP = address(body.remoteIP)
    drop(&body.issuer, "issuer")
    drop(&body.groups, "groups")
    drop(&body.zone, "zone")
    drop(&body.remotePort, "remote_port")
    drop(&body.userAgent, "user_agent")
    drop(&body.host, "host")
    drop(&body.path, "path")
    drop(&body.queryKeys, "query_keys")
    drop(&body.tlsVersion, "tls_version")
    drop(&body.tlsCipher, "tls_cipher")
    drop(&body.traceID, "trace_id")
    drop(&body.bytesIn, "bytes_in")
    drop(&body.bytesOut, "bytes_out")
    return body
  }

  private func apply(_ body: inout DecisionRecord) -> DecisionRecord {
    body.principal = shown(body.principal, "principal")
    drop(&body.issuer, "issuer")
    drop(&body.groups, "groups")
    drop(&body.action, "action")
    drop(&body.rule, "rule")
    drop(&body.reason, "reason")
    drop(&body.credentialID, "credential_id")
    return body
  }

  private func apply(_ body: inout RunRecord) -> RunRecord {
    body.principal = shown(body.principal, "principal")
    body.owner = shown(body.owner, "owner")
    drop(&body.groups, "groups")
    drop(&body.traceID, "trace_id")
    drop(&body.host, "host")
    drop(&body.pid, "pid")
    drop(&body.parameters, "params")
    drop(&body.error, "error")
    return body
  }

  private func apply(_ body: inout TaskRecord) -> TaskRecord {
    body.owner = shown(body.owner, "owner")
    drop(&body.parameters, "params")
    drop(&body.error, "error")
    return body
  }

  private func apply(_ body: inout ApprovalRecord) -> ApprovalRecord {
    body.principal = shown(body.principal, "principal")
    drop(&body.subjectID, "subject_id")
    drop(&body.reason, "reason")
    return body
  }

  private func apply(_ body: inout AlertRecord) -> AlertRecord {
    body.principal = shown(body.principal, "principal")
    body.owner = shown(body.owner, "owner")
    drop(&body.finding, "finding")
    drop(&body.match, "match")
    // A glob over persons names them; without it the rest would say something else.
    if let match = body.match, hidesMatch(match) { body.match = nil }
    drop(&body.sink, "sink")
    drop(&body.reason, "reason")
    return body
  }

  private func hidesMatch(_ match: AlertRecord.Match) -> Bool {
    match.principal != nil && (pseudonyms != nil || fields.contains("principal"))
      || match.owner != nil && (pseudonyms != nil || fields.contains("owner"))
  }

  private func apply(_ body: inout ControlRecord) -> ControlRecord {
    body.principal = shown(body.principal, "principal")
    body.remoteIP = address(body.remoteIP)
    drop(&body.remotePort, "remote_port")
    drop(&body.subject, "subject")
    drop(&body.reason, "reason")
    drop(&body.path, "path")
    return body
  }
}
