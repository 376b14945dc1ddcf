package import Ingest

extension AlertQueue {
  /// The records that are due at `now`: messages that are to be told, findings that were withheld, and
  /// messages whose time is up. Write them, and then take them.
  ///
  /// Cost: what waits, sorted.
  package mutating func decide(at now: Timestamp) -> [Record] {
    see(now)
    clock.turn(at: now)
    var records: [Record] = []
    for sink in waiting.keys.sorted() { records += messages(to: sink, now) }
    records += newsRecords(now, besides: records)
    records += withheldRecords(now)
    records += abandoned(now)
    for sink in waiting.keys.sorted() { records += untold(sink, now) }
    return records
  }

  private func withheldRecords(_ now: Timestamp) -> [Record] {
    book.withheld(most: AlertQueue.withheldCountMax).compactMap { id in
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
      if let digest = AlertQueue.pieces(rest, of: AlertQueue.digestCountMax).first {
        tell(digest, nil)
      }
    }
    return records
  }

  /// Those that are to be told now, the longest waiting first.
  private func groups(of sink: String, _ now: Timestamp) -> [Group] {
    var groups: [String: Group] = [:]
    for (id, waiting) in waiting[sink] ?? [:]
    where !isTooOld(waiting, now)
      && !settings.routing.isHeld(waiting.severity, by: waiting.ways, at: now)
    {
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

  /// In runs of at most `count`, by default what one message carries in full, that fit one entry each.
  private static func pieces(
    _ ids: [String], of count: Int = AlertNotification.findingCountMax
  ) -> [[String]] {
    var pieces: [[String]] = []
    var byteCount = 0
    for id in ids {
      let length = encodedCount(id)
      if let last = pieces.last, last.count < count, byteCount + length <= idBytesMax {
        pieces[pieces.count - 1].append(id)
        byteCount += length
      } else {
        pieces.append([id])
        byteCount = length
      }
    }
    return pieces
  }

  /// The most bytes of an id in a list of JSON.
  private static func encodedCount(_ id: String) -> Int {
    id.utf8.reduce(3) { $0 + ($1 < 0x20 || $1 == 0x22 || $1 == 0x5C || $1 == 0x7F ? 6 : 1) }
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
  ///
  /// - Parameter decided: what else is decided now; a group that gets more findings has no news yet.
  private mutating func newsRecords(_ now: Timestamp, besides decided: [Record]) -> [Record] {
    let growing = Set(
      decided.compactMap { record -> ToldGroup.Key? in
        guard case .alert(let alert) = record.body, let sink = alert.sink, let group = alert.group
        else { return nil }
        return ToldGroup.Key(sink: sink, group: group)
      })
    var records: [Record] = []
    for key in news.sorted() where !growing.contains(key) {
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
      alert.findings =
        AlertQueue.pieces(group.findings, of: AlertQueue.digestCountMax).first ?? []
      (alert.principal, alert.reason) = (last.principal, last.reason)
      records.append(record(alert, key.sink, key.group, now))
    }
    return records
  }

  private func newsEvent(_ group: ToldGroup) -> AlertRecord.NotificationEvent? {
    let states = group.findings.compactMap { book.entries[$0]?.state }
    guard !group.hasForgottenOpen else { return nil }
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

  /// Messages that nobody took for too long, and news that are none any more.
  private func abandoned(_ now: Timestamp) -> [Record] {
    let newest = newestNumbers
    return book.messages.values.filter { !flying.contains($0.key) }
      .sorted { $0.number < $1.number }.compactMap { message in
        let decided = decidedSeconds[message.key] ?? clock.seconds
        let reason: String
        if message.event != .raised, newest[message.toldKey] ?? 0 > message.number {
          reason = "overtaken by a newer message of its group"
        } else if clock.seconds - decided >= settings.giveUpSeconds {
          reason = lastFailure(message)
        } else {
          return nil
        }
        var alert = AlertRecord(event: .abandoned)
        (alert.notification, alert.sink) = (message.key, message.sink)
        (alert.attempt, alert.reason) = (message.failedCount, reason)
        return Record(
          header: AlertQueue.header("notification/\(message.key)/abandoned", now),
          body: .alert(alert))
      }
  }

  private func lastFailure(_ message: AlertMessage) -> String {
    message.failure ?? health[message.sink]?.failure
      ?? (sinkEvents[message.sink] == nil
        ? "no sink of this name is configured any more" : "its turn did not come")
  }

  /// Of each group, the number of the message that was decided last.
  private var newestNumbers: [ToldGroup.Key: Int] {
    var newest: [ToldGroup.Key: Int] = [:]
    for message in book.messages.values {
      newest[message.toldKey] = max(newest[message.toldKey] ?? 0, message.number)
    }
    return newest
  }
}

extension AlertQueue {
  /// Records of withheld findings in one turn: nothing that is to be told waits for thousands of them.
  private static let withheldCountMax = 1000

  /// Whether a finding was raised too long ago to be told of. Not while the clock is in doubt.
  private func isTooOld(_ waiting: Waiting, _ now: Timestamp) -> Bool {
    now.seconds(since: waiting.raisedAt) > AlertSettings.untoldSecondsMax
      && !clock.isInDoubt(at: now)
  }

  /// Says which findings a sink is not told of any more, though nobody was faster.
  private func untold(_ sink: String, _ now: Timestamp) -> [Record] {
    let old = (waiting[sink] ?? [:]).filter { isTooOld($0.value, now) }
      .sorted { $0.value.number < $1.value.number }.map(\.key)
    return AlertQueue.pieces(old, of: AlertQueue.digestCountMax).map { ids in
      var alert = AlertRecord(event: .abandoned)
      let key = AlertNotification.key(sink, "untold", ids)
      (alert.notification, alert.sink, alert.findings) = (key, sink, ids)
      alert.notificationEvent = .raised
      alert.reason = "raised more than 8 days before this sink could be told of it"
      return Record(
        header: AlertQueue.header("notification/\(key)/untold", now), body: .alert(alert))
    }
  }
}

extension AlertNotification {
  /// The idempotency key: the first half of a SHA-256 over sink, event and ids, hex.
  ///
  /// Each goes in as its length in bytes, a colon and itself: ids come from outside, and no two lists of
  /// them are to have one key.
  package static func key(_ sink: String, _ event: String, _ findings: [String]) -> String {
    let bytes = ([sink, event] + findings).flatMap { Array("\($0.utf8.count):\($0)".utf8) }
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
