internal import Ingest
internal import Synchronization

/// The records of what the run socket refuses; at most thirty of a kind in a minute, the others counted.
///
/// A refused token or a foreign event is a decision that denies `run:report`; a line that is no event is a
/// control record `record_rejected`. A record that cannot be written changes nothing: refused is refused,
/// and the next record counts it.
final class RunSocketRefusals: Sendable {
  private struct Budgets {
    var token = RefusalBudget()
    var foreign = RefusalBudget()
    var line = RefusalBudget()
  }

  private let sink: any RecordSink
  private let surroundings: Surroundings
  private let budgets = Mutex(Budgets())

  init(sink: any RecordSink, surroundings: Surroundings) {
    self.sink = sink
    self.surroundings = surroundings
  }

  func unknownToken(_ runID: String, isThere: Bool, _ peer: HTTPPeer) async {
    let now = surroundings.now()
    guard let unrecorded = budgets.withLock({ $0.token.take(at: now) }) else { return }
    let found = isThere ? "a token that is not of" : "no token for"
    let isRecorded = await deny(
      "\(found) run \(APIText.legible(runID))", rule: "run_token", peer, unrecorded, at: now)
    if !isRecorded { budgets.withLock { $0.token.giveBack(unrecorded) } }
  }

  func foreign(_ runID: String, named other: String, _ peer: HTTPPeer) async {
    let now = surroundings.now()
    guard let unrecorded = budgets.withLock({ $0.foreign.take(at: now) }) else { return }
    let isRecorded = await deny(
      "an event of run \(APIText.legible(other)) with the token of run \(APIText.legible(runID))",
      rule: "run_token_scope", peer, unrecorded, at: now)
    if !isRecorded { budgets.withLock { $0.foreign.giveBack(unrecorded) } }
  }

  func badLine(_ runID: String, _ reason: String, _ detail: String) async {
    let now = surroundings.now()
    guard let unrecorded = budgets.withLock({ $0.line.take(at: now) }) else { return }
    var body = ControlRecord(event: .recordRejected)
    body.subject = "run/\(runID)"
    body.reason =
      "over the run socket: \(reason): \(APIText.legible(detail, characterCountMax: 200))"
    body.counts = [.init(reason, 1)]
    if unrecorded > 0 { body.counts.append(.init("unrecorded", unrecorded)) }
    if await !append("record_rejected", .control(body), at: now) {
      budgets.withLock { $0.line.giveBack(unrecorded) }
    }
  }

  private func deny(
    _ what: String, rule: String, _ peer: HTTPPeer, _ unrecorded: Int, at now: Timestamp
  ) async -> Bool {
    var body = DecisionRecord(effect: .deny)
    body.action = "run:report"
    body.rule = rule
    let more = unrecorded > 0 ? "; \(unrecorded) more before it were not recorded" : ""
    body.reason = "\(what), from \(peer.words)\(more)"
    return await append("decision", .decision(body), at: now)
  }

  /// Whether it is on stable storage.
  private func append(_ kind: String, _ body: RecordBody, at now: Timestamp) async -> Bool {
    guard let id = APIFront.mint(surroundings) else { return false }
    let header = RecordHeader(timestamp: now, source: APIGate.source, id: "\(kind)/\(id)")
    do {
      _ = try await sink.append(Record(header: header, body: body))
      return true
    } catch {
      return false
    }
  }
}
