import Ingest

/// What records alone say of tokens, versions, approvals, alerts and roles: the last word on each.
///
/// A pure fold over records in event order. Memory: `nameCountMax` names of each kind.
struct ReplayLedger: Sendable {
  /// Names kept of each kind; further ones are counted as not kept.
  static let nameCountMax = 100_000

  private var tokens = KeptTable<ReplayState.Token>(countMax: nameCountMax)
  private var versions = KeptTable<ReplayState.Version>(countMax: nameCountMax)
  private var approvals = KeptTable<ReplayState.Approval>(countMax: nameCountMax)
  private var alerts = KeptTable<ReplayState.Alert>(countMax: nameCountMax)
  private var suppressions = KeptTable<ReplayState.Suppression>(countMax: nameCountMax)
  private var roles = KeptTable<ReplayState.Role>(countMax: nameCountMax)

  mutating func add(_ record: IndexedRecord) {
    switch record.record.body {
    case .control(let body): add(body, record)
    case .approval(let body): add(body, record)
    case .alert(let body): add(body, record)
    case .decision(let body):
      note(body.principal, body.groups, record)
      use(body, record)
    case .request(let body): note(body.principal, body.groups, record)
    case .run, .task: break
    }
  }

  private mutating func add(_ control: ControlRecord, _ record: IndexedRecord) {
    switch control.event {
    case .tokenCreated, .tokenRotated, .tokenRevoked:
      guard let id = control.subject else { return }
      var token = tokens[id] ?? ReplayState.Token(id: id)
      token.add(control, record)
      tokens[id] = token
    case .configLoaded, .policyLoaded:
      let source = record.record.header.source
      let name = control.event.rawValue + "/" + source
      var version = versions[name] ?? ReplayState.Version(event: control.event, source: source)
      version.add(control, record)
      versions[name] = version
    default: break
    }
  }

  /// A policy that decides is in force, whether or not its loading was recorded.
  private mutating func use(_ decision: DecisionRecord, _ record: IndexedRecord) {
    guard let sha256 = decision.policySHA256 else { return }
    let source = record.record.header.source
    let name = "decision/" + source
    var version = versions[name] ?? ReplayState.Version(event: nil, source: source)
    if version.sha256 != sha256 { version.begin(sha256, record) }
    versions[name] = version
  }

  private mutating func add(_ approval: ApprovalRecord, _ record: IndexedRecord) {
    guard let id = approval.approvalID else { return }
    guard approval.event == .requested else {
      approvals[id] = nil
      return
    }
    approvals[id] = ReplayState.Approval(
      id: id, subject: approval.subject, subjectID: approval.subjectID,
      principal: approval.principal, reason: approval.reason,
      requestedAt: record.record.header.timestamp, expiresAt: approval.expiresAt,
      index: record.index)
  }

  private mutating func add(_ alert: AlertRecord, _ record: IndexedRecord) {
    guard !record.record.header.isImported else { return }
    let at = record.record.header.timestamp
    if let suppression = AlertSuppression(alert, at: at) {
      // The first record of an id counts.
      guard suppressions[suppression.id] == nil else { return }
      suppressions[suppression.id] = ReplayState.Suppression(suppression, index: record.index)
    }
    if alert.event == .lifted, let id = alert.suppressionID { suppressions[id] = nil }
    guard let id = alert.findingID else { return }
    switch alert.event {
    case .resolved: alerts[id] = nil
    case .queued, .delivered, .deliveryFailed, .abandoned, .lifted: break
    case .raised where alerts[id] != nil: break
    case .raised, .acknowledged, .suppressed:
      alerts[id] = ReplayState.Alert(
        findingID: id, event: alert.event, principal: alert.principal, reason: alert.reason,
        at: at, index: record.index)
    }
  }

  private mutating func note(_ principal: String?, _ groups: [String], _ record: IndexedRecord) {
    guard let principal, !groups.isEmpty else { return }
    let groups = groups.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    if let known = roles[principal], known.groups == groups { return }
    roles[principal] = ReplayState.Role(
      principal: principal, groups: groups, since: record.record.header.timestamp,
      index: record.index)
  }

  /// - Parameter now: approvals that have expired by then are none.
  func fill(_ state: inout ReplayState, at now: Timestamp) {
    state.tokens = tokens.sorted
    state.versions = versions.sorted
    state.approvals = approvals.sorted.filter { $0.expiresAt.map { $0 > now } ?? true }
    state.alerts = alerts.sorted
    state.suppressions = suppressions.sorted.filter { $0.suppression.isActive(at: now) }
    state.roles = roles.sorted
    state.notKept =
      tokens.droppedCount + versions.droppedCount + approvals.droppedCount + alerts.droppedCount
      + suppressions.droppedCount + roles.droppedCount
  }
}

extension ReplayState.Token {
  fileprivate mutating func add(_ control: ControlRecord, _ record: IndexedRecord) {
    let at = record.record.header.timestamp
    index = record.index
    reason = control.reason
    principal = control.principal ?? principal
    changedAt = at
    switch control.event {
    case .tokenCreated:
      createdAt = at
      goodUntil = nil
      standing = .good
    case .tokenRotated:
      let seconds = control.counts.first { $0.name == "overlap_s" }?.value ?? 0
      let most = TokenAfterRotationRule.overlapSecondsMax
      goodUntil = at.advanced(bySeconds: Double(min(max(0, seconds), most)))
      standing = .rotated
    default:
      goodUntil = at
      standing = .revoked
    }
  }
}

extension ReplayState.Version {
  fileprivate mutating func add(_ control: ControlRecord, _ record: IndexedRecord) {
    begin(control.sha256, record)
    subject = control.subject
    principal = control.principal
    reason = control.reason
  }

  fileprivate mutating func begin(_ sha256: String?, _ record: IndexedRecord) {
    self.sha256 = sha256
    since = record.record.header.timestamp
    index = record.index
    count += 1
  }
}
