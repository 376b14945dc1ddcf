package import Ingest

extension AlertQueue {
  /// The messages whose attempt begins now; each is on its way until its outcome was taken.
  ///
  /// A sink that nobody answered at gets one attempt at a time, the worst and oldest message first, until
  /// one is answered; others get `flightCountMax`.
  package mutating func due(at now: Timestamp) -> [AlertNotification] {
    var bySink: [String: [AlertMessage]] = [:]
    for message in book.messages.values { bySink[message.sink, default: []].append(message) }
    var due: [AlertNotification] = []
    for sink in bySink.keys.sorted() where sinkEvents[sink] != nil {
      let messages = bySink[sink] ?? []
      let room = room(sink, messages, now)
      guard room > 0 else { continue }
      let ready = messages.filter { message in
        !flying.contains(message.key) && (pauses[message.key]?.isOver(at: now) ?? true)
      }
      for message in ready.sorted(by: AlertQueue.isBefore).prefix(room) {
        flying.insert(message.key)
        due.append(notification(message))
      }
    }
    return due
  }

  private static func isBefore(_ left: AlertMessage, _ right: AlertMessage) -> Bool {
    left.isCritical == right.isCritical ? left.number < right.number : left.isCritical
  }

  private func room(_ sink: String, _ messages: [AlertMessage], _ now: Timestamp) -> Int {
    let underWay = messages.count { flying.contains($0.key) }
    let health = health[sink] ?? Health()
    if health.isProven { return settings.flightCountMax - underWay }
    return underWay == 0 && (health.probe?.isOver(at: now) ?? true) ? 1 : 0
  }

  /// What a message says: the same whenever it is asked, for it rests on records alone.
  func notification(_ message: AlertMessage) -> AlertNotification {
    let shown = message.findings.prefix(AlertNotification.findingCountMax).map { id in
      book.entries[id]?.finding ?? .unreadable(id, at: message.queuedAt)
    }
    let known = message.findings.compactMap { book.entries[$0] }
    var notification = AlertNotification(
      key: message.key, sink: message.sink, event: message.event.notification,
      groupID: message.groupID, findings: shown,
      raisedAt: known.map(\.raisedAt).min() ?? message.queuedAt)
    notification.findingCount = message.findings.count
    notification.owner = known.compactMap(\.owner).first
    (notification.principal, notification.reason) = (message.principal, message.reason)
    return notification
  }

  /// What came of an attempt, as the record that is to be written and taken; nil for a message that is over.
  ///
  /// - Parameter draw: in [0, 1), spreads the pauses.
  package mutating func outcome(
    of key: String, _ outcome: AlertOutcome, at now: Timestamp, draw: Double
  ) -> Record? {
    guard let message = book.messages[key] else {
      flying.remove(key)
      return nil
    }
    var health = health[message.sink] ?? Health()
    var alert = AlertRecord(event: .deliveryFailed)
    let attempt = message.failedCount + 1
    switch outcome {
    case .delivered:
      health = Health(probe: nil, isProven: true)
      alert = AlertRecord(event: .delivered)
    case .retry(let reason, let after):
      health.fail(reason, after, settings.backoff, at: now, draw: draw)
      // The sink's pause is enough: the message is as good as any other.
      pauses[key] = nil
      alert.reason = reason
    case .refused(let reason):
      health = Health(probe: nil, isProven: true)
      pauses[key] = AlertPause(
        from: now, seconds: settings.backoff.seconds(after: attempt, draw: draw))
      alert.reason = reason
    }
    self.health[message.sink] = health
    (alert.notification, alert.sink, alert.attempt) = (key, message.sink, attempt)
    let word = alert.event == .delivered ? "delivered" : "failed/\(attempt)"
    return Record(
      header: AlertQueue.header("notification/\(key)/\(word)", now), body: .alert(alert))
  }
}

extension AlertQueue.Health {
  /// Nobody answered. Attempts that were under way side by side count as one.
  fileprivate mutating func fail(
    _ reason: String, _ asked: Duration?, _ backoff: AlertBackoff, at now: Timestamp, draw: Double
  ) {
    failure = reason
    if isProven || (probe?.isOver(at: now) ?? true) { failedCount += 1 }
    isProven = false
    probe = AlertPause(
      from: now, seconds: backoff.seconds(after: failedCount, asked: asked, draw: draw))
  }
}
