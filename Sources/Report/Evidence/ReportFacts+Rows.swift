import Correlate
import Detect
import Ingest

extension ReportFacts {
  mutating func add(_ body: ControlRecord, _ header: RecordHeader, _ index: Int) {
    let event = Event(
      at: header.timestamp, principal: body.principal,
      what: ([body.event.rawValue] + [body.subject].compactMap { $0 }).joined(separator: " "),
      detail: body.reason, index: index)
    switch body.event {
    case .configLoaded, .configRefused, .policyLoaded, .tokenCreated, .tokenRotated, .tokenRevoked,
      .keyRotated:
      addChange(event, body, isHeard: Analysis.isHeard(source: header.source))
    case .sourceGap, .journalRecovered, .recordRejected, .duplicateConflict:
      gaps.add(event)
      gapEvidence.add(index)
    case .clockSkew, .clockStepped:
      gaps.add(event)
      clockEvidence.add(index)
    case .exportMade, .journalRead:
      logAccess.add(event)
      logAccessEvidence.add(index)
    case .login, .logout: logins.add(index)
    case .loginFailed: failedLogins.add(index)
    case .segmentPruned:
      pruneEvidence.add(index)
      if let last = body.span?.received.upperBound { prunedUntil = max(prunedUntil ?? last, last) }
      addLogLife(event)
    case .journalOpened, .journalClosed, .segmentSealed, .checkpointSigned, .gatewayStarted,
      .gatewayStopped, .sourceStarted, .sourceStopped:
      addLogLife(event)
    case .heartbeat, .requestFailed, .notice: break
    }
  }

  private mutating func addChange(_ event: Event, _ body: ControlRecord, isHeard: Bool) {
    changes.add(event)
    changeEvidence.add(event.index)
    let isLoad = [.configLoaded, .configRefused, .policyLoaded].contains(body.event)
    if body.principal == nil && body.sha256 == nil {
      if isLoad && isHeard {
        unattributedLoads.add(event.index)
      } else {
        unhashedChanges.add(event.index)
      }
    }
    if body.principal == nil && isLoad {
      namelessLoads.add(event.index)
    } else {
      addPrivileged(event)
    }
  }

  private mutating func addLogLife(_ event: Event) {
    logLife.add(event)
    logLifeEvidence.add(event.index)
  }

  mutating func add(_ activity: Activity) {
    states[activity.state, default: 0] += 1
    let index = activity.evidence.first ?? 0
    if let job = activity.job, activity.requestedAt != nil {
      let pair = Pair(principal: activity.principal ?? "(anonymous)", job: job)
      update(pair, activity, index)
    }
    guard activity.runID != nil else { return }
    runCount += 1
    if activity.link == .none {
      unjoinedRuns.add(index)
    } else if activity.link != .inferred {
      joinedRunCount += 1
    }
    if activity.decided == .deny { deniedYetRan.add(activity.evidence) }
  }

  private mutating func update(_ pair: Pair, _ activity: Activity, _ index: Int) {
    guard access[pair] != nil || access.count < ReportFacts.pairCountMax else {
      omittedPairCount += 1
      return
    }
    var entry = access[pair] ?? Access()
    entry.triggerCount += 1
    if activity.state == .denied || activity.state == .rejected { entry.refusedCount += 1 }
    if activity.runID != nil { entry.runCount += 1 }
    // Activities come as they settle, not as they were asked for.
    if let at = activity.requestedAt, entry.lastAt.map({ $0 <= at }) ?? true {
      (entry.lastAt, entry.lastIndex) = (at, index)
    }
    access[pair] = entry
  }

  mutating func add(_ finding: Finding) {
    findings.add(finding)
    tallies[FindingKind(finding), default: FindingTally()].add(
      finding, isOpen: !isHandled(finding), isSuppressed: fate(of: finding) != nil)
  }

  /// Findings by their rule.
  var findingsByRule: [String: Int] {
    tallies.reduce(into: [:]) { $0[$1.key.rule, default: 0] += $1.value.count }
  }

  /// What came of a finding; nil when nobody has said anything.
  func fate(of finding: Finding) -> String? { fates[finding.findingID] }
}
