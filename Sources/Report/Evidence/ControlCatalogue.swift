/// What can be asked of a journal on behalf of a control.
enum ControlTopic: Hashable {
  case attribution, accessReview, decisions, denials, approvals, privilegedActions, atypicalUse
  case findingsHandled, changes, gaps, clocks, integrity, logAccess, logLife, authentication, trail
  /// The days that a clause asks for; nil where the organisation sets them.
  case retention(days: Int?)

  /// The question, as a report states it.
  var query: String {
    switch self {
    case .attribution:
      "triggers of the period with principal, address, time, target and outcome recorded"
    case .accessReview:
      "who triggered which job, and who was permitted to by the policy and did not"
    case .decisions: "decisions of the access policy, and runs that came about without one"
    case .denials: "refused requests (401, 403, deny decisions) and repeated refusals"
    case .approvals: "approvals with the one who asked, the one who gave, and the delay"
    case .privilegedActions: "kills, approvals, token, key, policy and log actions, by person"
    case .atypicalUse: "off-hours and first-seen findings, and what came of each"
    case .findingsHandled: "findings of medium severity and above, and what came of each"
    case .changes: "changes of configuration, policy, tokens and keys, with person and hash"
    case .gaps: "sources that fell silent, rejected lines, recoveries of the log"
    case .clocks: "clocks that disagreed or stepped, by findings and control records"
    case .integrity: "the entries' bytes against the root of the signed checkpoint"
    case .logAccess: "records of who exported or read the log"
    case .logLife: "starts, stops, sealing and pruning of the log"
    case .authentication: "logins, failed logins, and triggers without an identity"
    case .trail: "activities whose request and run were joined by an exact key"
    case .retention: "the oldest entry that is there, and what was pruned"
    }
  }
}

extension ControlTopic {
  /// Keys whose values decide: without one of them there is no verdict either way.
  ///
  /// Of those that can be left out; a pseudonym stands for its principal or address.
  var fields: Set<String> {
    switch self {
    case .attribution: ["principal", "remote_ip", "path"]
    case .accessReview, .privilegedActions: ["principal", "action"]
    case .decisions: ["action", "trace_id"]
    case .denials: ["principal", "remote_ip"]
    case .approvals: ["principal", "action", "subject_id"]
    case .atypicalUse: ["principal", "zone"]
    case .findingsHandled:
      [
        "principal", "owner", "groups", "zone", "remote_ip", "remote_port", "path", "action",
        "credential_id", "subject", "subject_id", "trace_id",
      ]
    case .changes, .logAccess, .authentication: ["principal"]
    case .clocks, .trail: ["trace_id"]
    case .gaps, .integrity, .logLife, .retention: []
    }
  }
}

/// The clauses that this data can speak to, by standard.
///
/// Where each number was looked up: Documentation/Exports.md. Titles are ours and say what is asked here;
/// the texts of SOC 2, ISO/IEC 27001 and PCI DSS are licensed and not quoted.
enum ControlCatalogue {
  struct Control {
    let clause: String
    let title: String
    let topic: ControlTopic

    init(_ clause: String, _ title: String, _ topic: ControlTopic) {
      self.clause = clause
      self.title = title
      self.topic = topic
    }
  }

  static func controls(of standard: ComplianceStandard) -> [Control] {
    switch standard {
    case .soc2: soc2
    case .iso27001: iso27001
    case .pciDSS: pciDSS
    case .hipaa: hipaa
    case .nist80053: nist
    }
  }

  private static let soc2 = [
    Control("CC4.1", "Ongoing evaluation: the log itself", .integrity),
    Control("CC6.1", "Logical access is controlled", .decisions),
    Control("CC6.2", "Access is granted to known people, and reviewed", .accessReview),
    Control("CC6.3", "Segregation of duties: approvals", .approvals),
    Control("CC6.6", "Access from outside is authenticated", .authentication),
    Control("CC7.2", "Anomalies are monitored", .atypicalUse),
    Control("CC7.3", "Security events are evaluated", .findingsHandled),
    Control("CC8.1", "Changes are authorised and recorded", .changes),
  ]

  private static let iso27001 = [
    Control("A.5.3", "Segregation of duties", .approvals),
    Control("A.5.15", "Access control", .decisions),
    Control("A.5.18", "Access rights", .accessReview),
    Control("A.5.28", "Collection of evidence", .integrity),
    Control("A.8.2", "Privileged access rights", .privilegedActions),
    Control("A.8.5", "Secure authentication", .authentication),
    Control("A.8.15", "Logging: what a record holds", .attribution),
    Control("A.8.15", "Logging: protection of the log", .logAccess),
    Control("A.8.16", "Monitoring activities", .findingsHandled),
    Control("A.8.17", "Clock synchronization", .clocks),
    Control("A.8.32", "Change management", .changes),
  ]

  private static let pciDSS = [
    Control("7.2.4", "Review of access", .accessReview),
    Control("10.2.1.1", "Individual user access is logged", .attribution),
    Control("10.2.1.2", "Administrative actions are logged", .privilegedActions),
    Control("10.2.1.3", "Access to audit logs is logged", .logAccess),
    Control("10.2.1.4", "Invalid access attempts are logged", .denials),
    Control("10.2.1.5", "Changes to credentials are logged", .changes),
    Control("10.2.1.6", "Starts, stops and pauses of the log are logged", .logLife),
    Control("10.2.2", "Fields of each record", .attribution),
    Control("10.3.2", "Logs are protected from modification", .integrity),
    Control("10.3.4", "Change detection on logs", .integrity),
    Control("10.4.1.1", "Automated review of logs", .atypicalUse),
    Control("10.4.3", "Anomalies are addressed", .findingsHandled),
    Control("10.5.1", "Twelve months of history", .retention(days: 365)),
    Control("10.6.1", "Clocks are synchronised", .clocks),
    Control("10.7.2", "Failures of logging are detected", .gaps),
  ]

  private static let hipaa = [
    Control("164.308(a)(1)(ii)(D)", "Information system activity review", .findingsHandled),
    Control("164.308(a)(4)(i)", "Information access management", .accessReview),
    Control("164.308(a)(5)(ii)(C)", "Log-in monitoring", .authentication),
    Control("164.312(a)(1)", "Access control", .decisions),
    Control("164.312(b)", "Audit controls: record and examine activity", .attribution),
    Control("164.312(c)(1)", "Integrity", .integrity),
    Control("164.316(b)(2)(i)", "Time limit: six years of documentation", .retention(days: 2192)),
  ]

  private static let nist = [
    Control("AC-2", "Account management: review", .accessReview),
    Control("AC-2(12)", "Account monitoring for atypical usage", .atypicalUse),
    Control("AC-3", "Access enforcement", .decisions),
    Control("AC-5", "Separation of duties", .approvals),
    Control("AC-6(9)", "Log use of privileged functions", .privilegedActions),
    Control("AC-7", "Unsuccessful logon attempts", .denials),
    Control("AU-3", "Content of audit records", .attribution),
    Control("AU-5", "Response to audit logging process failures", .gaps),
    Control("AU-6(1)", "Automated review and reporting", .findingsHandled),
    Control("AU-8", "Time stamps", .clocks),
    Control("AU-9(3)", "Cryptographic protection", .integrity),
    Control("AU-9(4)", "Access by subset of privileged users", .logAccess),
    Control("AU-11", "Audit record retention", .retention(days: nil)),
    Control("AU-12(1)", "System-wide and time-correlated audit trail", .trail),
    Control("CM-5(1)", "Automated access enforcement and audit records of changes", .changes),
  ]
}
