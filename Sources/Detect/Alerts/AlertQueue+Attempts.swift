package import Ingest

extension AlertQueue {
  /// The messages whose attempt begins now; each is on its way until its outcome was taken.
  ///
  /// A sink that nobody answered at gets one attempt at a time until one is answered, each with another
  /// message: first what never failed, the worst and oldest of it, and then what failed the longest ago.
  /// While one message alone has failed the pause between them is short. Others get `flightCountMax`.
  /// Nothing goes while news of its group that were decided before it are on their way: a receiver would
  /// close what is open.
  package mutating func due(at now: Timestamp) -> [AlertNotification] {
    var bySink: [String: [AlertMessage]] = [:]
    for message in book.messages.values { bySink[message.sink, default: []].append(message) }
    var due: [AlertNotification] = []
    for sink in bySink.keys.sorted() where sinkEvents[sink] != nil {
      let messages = bySink[sink] ?? []
      let room = room(sink, messages, now)
      guard room > 0 else { continue }
      let news = AlertQueue.firstNews(messages)
      let ready = messages.filter { message in
        !flying.contains(message.key) && (pauses[message.key]?.isOver(at: now) ?? true)
          && news[message.groupID] ?? .max >= message.number
      }
      let isProven = health[sink]?.isProven ?? false
      let order = isProven ? AlertQueue.isBefore : AlertQueue.isProbedBefore
      for message in ready.sorted(by: order).prefix(room) {
        flying.insert(message.key)
        due.append(notification(message))
      }
    }
    return due
  }

  private static func isBefore(_ left: AlertMessage, _ right: AlertMessage) -> Bool {
    left.isCritical == right.isCritical ? left.number < right.number : left.isCritical
  }

  private static func isProbedBefore(_ left: AlertMessage, _ right: AlertMessage) -> Bool {
    switch (left.failedAt, right.failedAt) {
    case (nil, nil): isBefore(left, right)
    case (nil, _): true
    case (_, nil): false
    case (let left?, let right?) where left != right: left < right
    case (_?, _?): left.number < right.number
    }
  }

  /// Of each group, the number of the first news among its messages.
  private static func firstNews(_ messages: [AlertMessage]) -> [String: Int] {
    var first: [String: Int] = [:]
    for message in messages where message.event != .raised {
      first[message.groupID] = min(first[message.groupID] ?? .max, message.number)
    }
    return first
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
      let suspect = health.suspect
      health.fail(key, reason, after, settings.backoff, at: now, draw: draw)
      // It may be this message that its receiver cannot take: then it waits by itself. Once another one
      // fails too the sink's pause is enough: they are as good as any other.
      pauses[key] = AlertPause(
        from: now, seconds: settings.backoff.seconds(after: attempt, draw: draw))
      if health.suspect == nil { for key in [key, suspect ?? key] { pauses[key] = nil } }
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
  /// Nobody answered. Attempts that were under way side by side count as one, and so do all those of one
  /// message while no other one was tried.
  fileprivate mutating func fail(
    _ key: String, _ reason: String, _ asked: Duration?, _ backoff: AlertBackoff,
    at now: Timestamp, draw: Double
  ) {
    failure = reason
    suspect = isProven || failedCount == 0 || suspect == key ? key : nil
    if isProven || (probe?.isOver(at: now) ?? true) { failedCount += 1 }
    if suspect != nil { failedCount = 1 }
    isProven = false
    probe = AlertPause(
      from: now, seconds: backoff.seconds(after: failedCount, asked: asked, draw: draw))
  }
}
