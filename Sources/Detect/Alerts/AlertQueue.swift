package import Ingest

/// Decides what is told to whom and when: a state machine whose memory is the journal.
///
/// Records go in by `take`, in the order of the journal. `decide` gives the records that are to be written
/// now; only what was written and taken again is sent (`due`), and what came of it is a record too
/// (`outcome`). A queue that is built from the same records goes on where another one stopped: a message
/// keeps its key and its findings, and is sent again unless the journal says that it was delivered.
package struct AlertQueue: Sendable {
  /// Source of the records that are written here.
  package static let source = "vigil/alerts"
  /// Findings of one digest; what is beyond waits for the next.
  package static let digestCountMax = 500
  /// Bytes of ids in one record, as JSON has them: with the rest of a record they fit an entry.
  static let idBytesMax = 48_000

  /// A finding that a sink is to be told of.
  struct Waiting: Sendable {
    let ways: [Int]
    let severity: Finding.Severity
    let raisedAt: Timestamp
    /// Place in the order of raising.
    let number: Int
    let groupID: String
  }

  /// What is known of a sink's receiver, since this queue was made.
  struct Health: Sendable {
    /// One attempt shows first that there is somebody; nil afterwards. When the next one may be.
    var probe: AlertPause?
    var isProven = false
    var failedCount = 0
    /// The message, while it is one alone that failed since somebody answered last.
    var suspect: String?
    /// The receiver's last word.
    var failure: String?
  }

  package let settings: AlertSettings
  let sinkEvents: [String: Set<AlertNotification.Event>]
  package private(set) var book = AlertBook()
  /// By sink and id.
  var waiting: [String: [String: Waiting]] = [:]
  /// Groups of which there may be news.
  var news: Set<ToldGroup.Key> = []
  var allowances: [String: MessageAllowance] = [:]
  var health: [String: Health] = [:]
  /// Keys of what is on its way, or whose outcome is being written.
  package internal(set) var flying: Set<String> = []
  /// When a message whose receiver refused it, or was not there, may be tried again.
  var pauses: [String: AlertPause] = [:]
  /// The time that passed while somebody delivered, as the journal has it.
  var clock = AlertClock()
  /// By key, what `clock` showed when a message was decided.
  private(set) var decidedSeconds: [String: Double] = [:]
  private var raisedCount = 0

  /// - Parameter sinkEvents: what each sink takes, by its name.
  package init(
    _ settings: AlertSettings, sinkEvents: [String: Set<AlertNotification.Event>]
  ) {
    self.settings = settings
    self.sinkEvents = sinkEvents
  }

  /// Takes in a record, one behind the other in the order of the journal; each once.
  package mutating func take(_ record: Record, index: Int?) {
    if AlertQueue.isOfDelivery(record) { see(record.header.timestamp) }
    switch book.take(record, index: index) {
    case .none: break
    case .raised(let id): raised(id)
    case .queued(let message): queued(message)
    case .settled(let message, let isDelivered): settled(message, isDelivered)
    case .failed(let message): failed(message)
    case .untold(let sink, let ids): for id in ids { waiting[sink]?[id] = nil }
    case .decided(let ids): decided(ids)
    }
  }

  private mutating func raised(_ id: String) {
    raisedCount += 1
    guard let entry = book.entries[id] else { return }
    guard !entry.state.isDecided else { return }
    for (sink, ways) in settings.routing.ways(entry.finding, owner: entry.owner)
    where sinkEvents[sink]?.contains(.raised) ?? false {
      waiting[sink, default: [:]][id] = Waiting(
        ways: ways, severity: entry.finding.severity, raisedAt: entry.raisedAt,
        number: raisedCount, groupID: entry.groupID)
    }
  }

  /// Whether the one who delivers wrote it, by the clock that `decide` goes by. People's words are not
  /// asked: their hosts have other clocks.
  private static func isOfDelivery(_ record: Record) -> Bool {
    guard case .alert(let alert) = record.body, !record.header.isImported else { return false }
    switch alert.event {
    case .queued, .delivered, .deliveryFailed, .abandoned: return true
    case .raised, .acknowledged, .suppressed, .lifted, .resolved: return false
    }
  }

  /// Counts what passed until `instant`; no step counts for more than an eighth of `give_up`.
  mutating func see(_ instant: Timestamp) {
    clock.see(instant, stepMax: settings.giveUpSeconds / 8)
  }

  private mutating func queued(_ message: AlertMessage) {
    decidedSeconds[message.key] = clock.seconds
    guard message.event == .raised else { return }
    for id in message.findings { waiting[message.sink]?[id] = nil }
    allowances[message.sink, default: MessageAllowance()].take(
      settings.rate(of: message.sink), at: message.queuedAt)
  }

  private mutating func settled(_ message: AlertMessage, _ isDelivered: Bool) {
    flying.remove(message.key)
    pauses[message.key] = nil
    decidedSeconds[message.key] = nil
    let key = ToldGroup.Key(sink: message.sink, group: message.groupID)
    // Somebody may have acknowledged meanwhile.
    if isDelivered, message.event == .raised { news.insert(key) }
  }

  private mutating func failed(_ message: AlertMessage) {
    guard flying.remove(message.key) == nil, let at = message.failedAt else { return }
    // Written by another life of this queue, whose draw is not known.
    pauses[message.key] = AlertPause(
      from: at, seconds: settings.backoff.seconds(after: message.failedCount, draw: 0))
  }

  private mutating func decided(_ ids: [String]) {
    for id in ids {
      for sink in waiting.keys { waiting[sink]?[id] = nil }
      news.formUnion(book.entries[id]?.told ?? [])
    }
  }

  // MARK: What comes next

  /// Whether anything is left that this queue would do at some time.
  package var isIdle: Bool { waiting.values.allSatisfy(\.isEmpty) && book.messages.isEmpty }

  static func header(_ id: String, _ now: Timestamp) -> RecordHeader {
    RecordHeader(timestamp: now, source: source, id: id)
  }
}
