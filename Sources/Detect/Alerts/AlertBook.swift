package import Ingest

/// The state of alerts, folded from alert records in the order of the journal.
///
/// A pure fold: equal records give equal books. Records that came from a file (`imported`) tell of another
/// journal's alerts and change nothing. Memory: the findings of `Limits`, about 2 kB each, and an id
/// for each that a message waits with.
package struct AlertBook: Sendable {
  /// When a finding is forgotten. What a message waits for is kept in any case.
  package struct Limits: Sendable {
    /// Since it was resolved or suppressed: 7 days.
    package var settledSeconds = 7 * 86_400.0
    /// Since anything else was last heard of it: 90 days.
    package var openSeconds = 90 * 86_400.0
    /// Findings kept, looked at every 1,024 records: 100,000. Those told go first, then the oldest; one that
    /// still waits is told by its id.
    package var countMax = 100_000

    package init() {}

    /// Keeps everything, for one who lists.
    package static var none: Limits {
      var limits = Limits()
      (limits.settledSeconds, limits.openSeconds) = (.infinity, .infinity)
      limits.countMax = .max
      return limits
    }
  }

  /// What a record changed, for whoever decides what follows from it.
  package enum Change: Sendable, Equatable {
    case none
    case raised(String)
    case queued(AlertMessage)
    /// A message is over; with whether its receiver has it.
    case settled(AlertMessage, isDelivered: Bool)
    case failed(AlertMessage)
    /// A sink is not told of these findings any more: no message about them was ever decided.
    case untold(sink: String, [String])
    /// Nobody needs to be told of these any more, or there is news of them.
    case decided([String])
  }

  /// Records between two looks for what can be forgotten.
  private static let forgetEvery = 1024
  /// The most that an attempt's number from a record counts for: records come from outside too.
  private static let attemptMax = 1_000_000_000

  package private(set) var entries: [String: AlertEntry] = [:]
  /// In the order of the journal, ended ones included.
  package private(set) var suppressions: [AlertSuppression] = []
  /// Messages that are neither delivered nor given up, by key.
  package private(set) var messages: [String: AlertMessage] = [:]
  private(set) var told: [ToldGroup.Key: ToldGroup] = [:]
  /// Findings that a suppression by match withheld, and no record says so yet; with their order.
  private var withheld: [String: Int] = [:]
  private var withheldCount = 0
  /// Ids in the order in which they were raised.
  private var order: [String] = []
  private var takenCount = 0
  /// The earliest time on the records since the last look: one that is dated far ahead makes nothing
  /// forgotten.
  private var earliest = Timestamp.latest
  private let limits: Limits

  package init(limits: Limits = Limits()) { self.limits = limits }

  /// In the order in which they were raised.
  package var inOrder: [AlertEntry] { order.compactMap { entries[$0] } }

  /// The first of those that a suppression by match withheld and no record names yet.
  func withheld(most count: Int) -> [String] {
    guard withheld.count > 0 else { return [] }
    return withheld.sorted { $0.value < $1.value }.prefix(count).map(\.key)
  }

  /// Takes in a record; those of other kinds change nothing, nor does a repetition.
  @discardableResult
  package mutating func take(_ record: Record, index: Int?) -> Change {
    guard case .alert(let alert) = record.body, !record.header.isImported else { return .none }
    let at = record.header.timestamp
    takenCount += 1
    earliest = min(earliest, at)
    if takenCount.isMultiple(of: AlertBook.forgetEvery) {
      forget(at: earliest)
      earliest = .latest
    }
    switch alert.event {
    case .raised: return raise(alert, at, index)
    case .queued: return queue(alert, at)
    case .delivered: return settle(alert, at, isDelivered: true)
    case .abandoned: return settle(alert, at, isDelivered: false)
    case .deliveryFailed: return fail(alert, at)
    case .acknowledged, .resolved: return hear(alert, at)
    case .suppressed: return suppress(alert, at)
    case .lifted: return lift(alert, at)
    }
  }

  private mutating func raise(_ alert: AlertRecord, _ at: Timestamp, _ index: Int?) -> Change {
    guard let id = alert.findingID, entries[id] == nil else { return .none }
    var finding = alert.finding.flatMap { Finding(json: $0) } ?? .unreadable(id, at: at)
    finding.findingID = id
    var entry = AlertEntry(finding, owner: alert.owner, at: at, index: index)
    if let active = suppressions.first(where: {
      $0.isActive(at: at) && $0.covers(finding, owner: alert.owner)
    }) {
      (entry.state, entry.suppressionID) = (.suppressed, active.id)
      withhold(id)
    }
    entries[id] = entry
    order.append(id)
    return .raised(id)
  }

  private mutating func withhold(_ id: String) {
    withheldCount += 1
    withheld[id] = withheldCount
  }

  private mutating func queue(_ alert: AlertRecord, _ at: Timestamp) -> Change {
    guard var message = AlertMessage(alert, at: at), messages[message.key] == nil else {
      return .none
    }
    message.number = takenCount
    message.isCritical = message.findings.contains { entries[$0]?.finding.severity == .critical }
    messages[message.key] = message
    let key = ToldGroup.Key(sink: message.sink, group: message.groupID)
    switch message.event {
    case .raised:
      var group = told[key] ?? ToldGroup(queuedAt: at)
      group.findings += message.findings
      group.waiting.insert(message.key)
      (group.isAcknowledged, group.queuedAt) = (false, at)
      told[key] = group
      for id in message.findings {
        entries[id]?.queuedSinks.insert(message.sink)
        entries[id]?.told.insert(key)
      }
    case .acknowledged: told[key]?.isAcknowledged = true
    case .resolved: told[key] = nil
    }
    return .queued(message)
  }

  private mutating func settle(
    _ alert: AlertRecord, _ at: Timestamp, isDelivered: Bool
  ) -> Change {
    guard let message = alert.notification.flatMap({ messages.removeValue(forKey: $0) }) else {
      guard !isDelivered, let sink = alert.sink, !alert.findings.isEmpty else { return .none }
      return .untold(sink: sink, alert.findings)
    }
    guard message.event == .raised else { return .settled(message, isDelivered: isDelivered) }
    let key = ToldGroup.Key(sink: message.sink, group: message.groupID)
    told[key]?.waiting.remove(message.key)
    if isDelivered {
      told[key]?.isDelivered = true
      for id in message.findings {
        entries[id]?.deliveredSinks.insert(message.sink)
        if entries[id]?.state == .raised { change(id, to: .delivered, at) }
      }
    } else if let group = told[key], group.waiting.isEmpty, !group.isDelivered {
      // There is no news for one who never heard of it.
      told[key] = nil
    }
    return .settled(message, isDelivered: isDelivered)
  }

  private mutating func fail(_ alert: AlertRecord, _ at: Timestamp) -> Change {
    guard let key = alert.notification, var message = messages[key] else { return .none }
    message.failedCount = min(
      max(message.failedCount + 1, alert.attempt ?? 0), AlertBook.attemptMax)
    (message.failedAt, message.failure) = (at, alert.reason)
    messages[key] = message
    return .failed(message)
  }

  private mutating func hear(_ alert: AlertRecord, _ at: Timestamp) -> Change {
    guard let id = alert.findingID, let entry = entries[id], entry.state != .resolved else {
      return .none
    }
    change(id, to: alert.event == .resolved ? .resolved : .acknowledged, at)
    entries[id]?.say(alert)
    return .decided([id])
  }

  private mutating func change(_ id: String, to state: AlertEntry.State, _ at: Timestamp) {
    entries[id]?.state = state
    entries[id]?.changedAt = at
  }
}

extension AlertBook {
  private mutating func suppress(_ alert: AlertRecord, _ at: Timestamp) -> Change {
    let suppression = AlertSuppression(alert, at: at)
    if let suppression, !suppressions.contains(where: { $0.id == suppression.id }) {
      suppressions.append(suppression)
    }
    if let id = alert.findingID {
      withheld[id] = nil
      guard let entry = entries[id], entry.state != .resolved else { return .none }
      change(id, to: .suppressed, at)
      entries[id]?.suppressionID = alert.suppressionID
      if suppression != nil || alert.suppressionID == nil {
        entries[id]?.say(alert)
      }
      return .decided([id])
    }
    guard let suppression, suppression.isActive(at: at) else { return .none }
    // What nobody was told of yet is withheld too; what was told goes its way.
    let ids = order.filter { id in
      guard let entry = entries[id], entry.state == .raised, entry.queuedSinks.isEmpty else {
        return false
      }
      return suppression.covers(entry.finding, owner: entry.owner)
    }
    for id in ids {
      change(id, to: .suppressed, at)
      entries[id]?.suppressionID = suppression.id
      withhold(id)
    }
    return .decided(ids)
  }

  private mutating func lift(_ alert: AlertRecord, _ at: Timestamp) -> Change {
    guard let place = suppressions.firstIndex(where: { $0.id == alert.suppressionID }),
      suppressions[place].liftedAt == nil
    else { return .none }
    suppressions[place].liftedAt = at
    suppressions[place].liftedBy = alert.principal
    suppressions[place].liftReason = alert.reason
    return .none
  }

  /// Forgets what `Limits` no longer keeps, and suppressions that ended as long ago.
  private mutating func forget(at now: Timestamp) {
    guard limits.openSeconds.isFinite else { return }
    let waiting = Set(messages.values.flatMap(\.findings))
    let limits = limits
    for (id, entry) in entries where !waiting.contains(id) {
      let most = entry.isOver ? limits.settledSeconds : limits.openSeconds
      if now.seconds(since: entry.changedAt) > most { forget(id) }
    }
    shrink(sparing: waiting)
    let kept = entries
    order.removeAll { kept[$0] == nil }
    withheld = withheld.filter { kept[$0.key] != nil }
    suppressions.removeAll { suppression in
      [suppression.liftedAt, suppression.expiresAt].compactMap { $0 }
        .contains { now.seconds(since: $0) > limits.settledSeconds }
    }
    told = told.filter { _, group in
      !group.waiting.isEmpty || group.findings.contains { kept[$0] != nil }
    }
  }
}

extension AlertBook {
  private mutating func forget(_ id: String) {
    guard let entry = entries.removeValue(forKey: id), !entry.isOver else { return }
    for key in entry.told { told[key]?.hasForgottenOpen = true }
  }

  /// Keeps no more than `Limits.countMax`.
  private mutating func shrink(sparing waiting: Set<String>) {
    var excess = entries.count - limits.countMax
    for isTold in [true, false] {
      for id in order where excess > 0 {
        guard let entry = entries[id], !isTold || entry.state != .raised && !waiting.contains(id)
        else { continue }
        forget(id)
        excess -= 1
      }
    }
  }
}

extension Finding {
  /// Stands for one whose alert record does not hold it in a readable form, or that is not kept any more:
  /// it is told all the same, and not as something slight.
  static func unreadable(_ id: String, at instant: Timestamp) -> Finding {
    Finding(
      findingID: id, rule: "unreadable", timestamp: instant, severity: .high, pValue: 1,
      observed: [], expected: [], history: .init(events: 0, days: 0),
      explanation:
        "what was found is not at hand: vigil alerts show \(Legible.name(id)) tells what the journal"
        + " has",
      evidence: [], score: 0)
  }
}
