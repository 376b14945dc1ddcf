internal import Ingest
internal import Synchronization

/// The records of requests that no handler saw: `request_failed`, at most thirty of a kind in a minute,
/// the others counted in the next.
///
/// Nothing was done on such a request, so nothing waits for its record: one that cannot be written is
/// counted by the next.
package final class HTTPIncidentRecords: Sendable {
  private let sink: any RecordSink
  private let surroundings: Surroundings
  /// Of the listener, for the record.
  private let subject: String
  private let budgets: Mutex<[HTTPIncident.Kind: RefusalBudget]>

  /// - Parameter subject: what was asked: `http`, `run socket`.
  package init(_ subject: String, sink: any RecordSink, surroundings: Surroundings) {
    self.subject = subject
    self.sink = sink
    self.surroundings = surroundings
    budgets = Mutex(
      Dictionary(uniqueKeysWithValues: HTTPIncident.Kind.allCases.map { ($0, RefusalBudget()) }))
  }

  /// Takes an incident and returns at once; the record follows.
  package func note(_ incident: HTTPIncident) {
    let now = surroundings.now()
    guard let unrecorded = take(incident, at: now) else { return }
    Task.detached { [self] in await record(incident, unrecorded, at: now) }
  }

  /// A request for a path or with a method that is not there; recorded before it returns.
  func noteUnrouted(_ request: HTTPRequest, _ status: HTTPStatus) async {
    let incident = HTTPIncident(
      .refused, peer: request.peer, target: Array(request.target.text.utf8), status: status,
      reason: status == .notFound ? "nothing is at this path" : "not a method of this path")
    let now = surroundings.now()
    guard let unrecorded = take(incident, at: now) else { return }
    await record(incident, unrecorded, at: now)
  }

  /// Nil when it is only counted, else how many of its kind were since the last record.
  private func take(_ incident: HTTPIncident, at now: Timestamp) -> Int? {
    budgets.withLock { $0[incident.kind]?.take(at: now) }
  }

  private func record(_ incident: HTTPIncident, _ unrecorded: Int, at now: Timestamp) async {
    guard await !append(body(incident, unrecorded), at: now) else { return }
    budgets.withLock { $0[incident.kind]?.giveBack(unrecorded) }
  }

  private func body(_ incident: HTTPIncident, _ unrecorded: Int) -> ControlRecord {
    var body = ControlRecord(event: .requestFailed)
    body.subject = subject
    body.reason = "\(incident.reason), from \(incident.peer.words)"
    body.path = incident.path.map { APIText.legible($0, characterCountMax: 200) }
    body.status = incident.status?.code
    body.counts = [.init(incident.kind.rawValue, 1)]
    if unrecorded > 0 { body.counts.append(.init("unrecorded", unrecorded)) }
    return body
  }

  /// Whether it is on stable storage.
  private func append(_ body: ControlRecord, at now: Timestamp) async -> Bool {
    guard let id = APIFront.mint(surroundings) else { return false }
    let header = RecordHeader(timestamp: now, source: APIGate.source, id: "request_failed/\(id)")
    do {
      _ = try await sink.append(Record(header: header, body: .control(body)))
      return true
    } catch {
      return false
    }
  }
}

extension HTTPPeer {
  /// Who it is, for a sentence.
  var words: String {
    switch self {
    case .process(let id, let user, _): "process \(id) of user \(user)"
    case .loopback: "a loopback connection"
    case .unnamed: "a process that the kernel does not name"
    }
  }
}
