package import Ingest

extension AlertQueue {
  /// The records that are due at `now`: messages that are to be told, findings that were withheld, and
  /// messages whose time is up. Write them, and then take them.
  ///
  /// Cost: what waits, sorted.
  package mutating func decide(at now: Timestamp) -> [Record] {
    prune(at: now)
    var records = withheldRecords(now)
    for sink in waiting.keys.sorted() { records += messages(to: sink, now) }
    records += newsRecords(now)
    records += abandoned(now)
    return records
  }

  private func withheldRecords(_ now: Timestamp) -> [Record] {
    book.withheld.compactMap { id in
      guard let suppressionID = book.entries[id]?.suppressionID else { return nil }
      var alert = AlertRecord(event: .suppressed)
      (alert.findingID, alert.suppressionID) = (id, suppressionID)
      return Record(
        header: AlertQueue.header("alert/\(id)/withheld", now), body: .alert(alert))
    }
  }

  /// Findings of one episode that are ready to be told.
  private struct Group {
    let id: String
    var findings: [(id: String, waiting: Waiting)] = []
    var isCritical: Bool { findings.contains { $0.waiting.severity == .critical } }
    var firstAt: Timestamp { findings.map(\.waiting.raisedAt).min() ?? .latest }
    var firstNumber: Int { findings.map(\.waiting.number).min() ?? .max }
  }

  private mutating func messages(to sink: String, _ now: Timestamp) -> [Record] {
    let due = groups(of: sink, now)
    var records: [Record] = []
    var allowance = allowances[sink] ?? MessageAllowance()
    let rate = settings.rate(of: sink)
    func tell(_ ids: [String], _ group: String?) {
      records.append(raisedRecord(sink, ids, group, now))
      allowance.take(rate, at: now)
    }
    for group in due where group.isCritical {
      for piece in AlertQueue.pieces(group.findings.map(\.id)) { tell(piece, group.id) }
    }
    let others = due.filter { !$0.isCritical }.map {
      ($0.id, AlertQueue.pieces($0.findings.map(\.id)))
    }.flatMap { id, pieces in pieces.map { (id, $0) } }
    let room = allowance.room(rate, at: now)
    let singles = others.count <= room ? others.count : max(0, room - 1)
    for (group, ids) in others.prefix(singles) { tell(ids, group) }
    if room > 0, singles < others.count {
      // What exceeds the rate goes as one.
      let rest = others.dropFirst(singles).flatMap(\.1)
      tell(Array(rest.prefix(AlertQueue.digestCountMax)), nil)
    }
    return records
  }

  /// Those that are to be told now, the longest waiting first.
  private func groups(of sink: String, _ now: Timestamp) -> [Group] {
    var groups: [String: Group] = [:]
    for (id, waiting) in waiting[sink] ?? [:]
    where !settings.routing.isHeld(waiting.severity, by: waiting.ways, at: now) {
      groups[waiting.groupID, default: Group(id: waiting.groupID)].findings.append((id, waiting))
    }
    return groups.values.filter { group in
      if group.isCritical { return true }
      let told = book.told[ToldGroup.Key(sink: sink, group: group.id)]
      let wait = AlertPause(from: group.firstAt, seconds: settings.groupWaitSeconds)
      let interval = told.map {
        AlertPause(from: $0.queuedAt, seconds: settings.groupIntervalSeconds)
      }
      return (interval ?? wait).isOver(at: now)
    }.map { group in
      var group = group
      group.findings.sort { $0.waiting.number < $1.waiting.number }
      return group
    }.sorted { $0.firstNumber < $1.firstNumber }
  }

  /// In runs that one message carries in full.
  private static func pieces(_ ids: [String]) -> [[String]] {
    stride(from: 0, to: ids.count, by: AlertNotification.findingCountMax).map {
      Array(ids[$0..<min($0 + AlertNotification.findingCountMax, ids.count)])
    }
  }

  private func raisedRecord(
    _ sink: String, _ ids: [String], _ group: String?, _ now: Timestamp
  ) -> Record {
    var alert = AlertRecord(event: .queued)
    alert.notificationEvent = .raised
    alert.findings = ids
    return record(alert, sink, group, now)
  }

  /// - Parameter group: nil for a digest, which is a group of its own.
  private func record(
    _ alert: AlertRecord, _ sink: String, _ group: String?, _ now: Timestamp
  ) -> Record {
    var alert = alert
    let event = alert.notificationEvent ?? .raised
    let key = AlertNotification.key(sink, event.rawValue, alert.findings)
    (alert.sink, alert.notification) = (sink, key)
    alert.group = group ?? "digest-\(key)"
    return Record(
      header: AlertQueue.header("notification/\(key)/queued", now), body: .alert(alert))
  }
}

extension AlertQueue {
  /// What people did about findings that sinks were told of, once all of one group are so far.
  private mutating func newsRecords(_ now: Timestamp) -> [Record] {
    var records: [Record] = []
    for key in news.sorted() {
      guard let group = book.told[key] else {
        news.remove(key)
        continue
      }
      // The news come behind what they are about.
      guard group.waiting.isEmpty, group.isDelivered else { continue }
      guard let event = newsEvent(group), let last = lastWord(group, event),
        sinkEvents[key.sink]?.contains(event.notification) ?? false
      else {
        news.remove(key)
        continue
      }
      guard !isHeld(group, key.sink, now) else { continue }
      news.remove(key)
      var alert = AlertRecord(event: .queued)
      alert.notificationEvent = event
      alert.findings = group.findings
      (alert.principal, alert.reason) = (last.principal, last.reason)
      records.append(record(alert, key.sink, key.group, now))
    }
    return records
  }

  private func newsEvent(_ group: ToldGroup) -> AlertRecord.NotificationEvent? {
    let states = group.findings.compactMap { book.entries[$0]?.state }
    guard !states.isEmpty, states.allSatisfy(\.isDecided) else { return nil }
    if states.contains(.acknowledged) { return group.isAcknowledged ? nil : .acknowledged }
    // A suppression alone is no news: nobody has said that anything is over.
    return states.contains(.resolved) ? .resolved : nil
  }

  private func lastWord(
    _ group: ToldGroup, _ event: AlertRecord.NotificationEvent
  ) -> AlertEntry? {
    group.findings.compactMap { book.entries[$0] }.filter { $0.state.rawValue == event.rawValue }
      .max { $0.changedAt < $1.changedAt }
  }

  private func isHeld(_ group: ToldGroup, _ sink: String, _ now: Timestamp) -> Bool {
    group.findings.compactMap { book.entries[$0] }.allSatisfy { entry in
      let ways = settings.routing.ways(entry.finding, owner: entry.owner)[sink] ?? []
      return settings.routing.isHeld(entry.finding.severity, by: ways, at: now)
    }
  }

  /// Messages that nobody took for too long.
  private func abandoned(_ now: Timestamp) -> [Record] {
    book.messages.values.filter {
      now.seconds(since: $0.queuedAt) >= settings.giveUpSeconds && !flying.contains($0.key)
    }.sorted { $0.number < $1.number }.map { message in
      var alert = AlertRecord(event: .abandoned)
      (alert.notification, alert.sink) = (message.key, message.sink)
      alert.attempt = message.failedCount
      alert.reason =
        message.failure ?? health[message.sink]?.failure
        ?? (sinkEvents[message.sink] == nil
          ? "no sink of this name is configured any more" : "its turn did not come")
      return Record(
        header: AlertQueue.header("notification/\(message.key)/abandoned", now),
        body: .alert(alert))
    }
  }
}

extension AlertNotification {
  /// The idempotency key: the first half of a SHA-256 over sink, event and ids, hex.
  package static func key(_ sink: String, _ event: String, _ findings: [String]) -> String {
    let bytes = Array(([sink, event] + findings).joined(separator: "\n").utf8)
    return String(SHA256.digest(bytes.span).hex.prefix(32))
  }
}

extension AlertRecord.NotificationEvent {
  var notification: AlertNotification.Event {
    switch self {
    case .raised: .raised
    case .acknowledged: .acknowledged
    case .resolved: .resolved
    }
  }
}
