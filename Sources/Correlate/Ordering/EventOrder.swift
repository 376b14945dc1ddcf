internal import Ingest

/// The one order in which records are applied, whatever order they arrive in.
///
/// By event time; at one instant by kind (request, decision, run, task, approval, alert, control),
/// by attempt and by stage of life (so that a run of no length starts before it ends), then by
/// source, id and index, which only make the order total.
struct EventOrder: Comparable, Sendable {
  let timestamp: Timestamp
  private let rank: Int
  private let source: String
  private let id: String
  let index: Int

  init(_ record: IndexedRecord) {
    timestamp = record.record.header.timestamp
    rank = EventOrder.rank(record.record.body)
    source = record.record.header.source
    id = record.record.header.id
    index = record.index
  }

  static func < (left: EventOrder, right: EventOrder) -> Bool {
    if left.timestamp != right.timestamp { return left.timestamp < right.timestamp }
    if left.rank != right.rank { return left.rank < right.rank }
    if left.source != right.source { return left.source < right.source }
    if left.id != right.id { return left.id < right.id }
    return left.index < right.index
  }

  /// Kind, attempt and stage in one number: attempts take 30 bits, stages 4.
  private static func rank(_ body: RecordBody) -> Int {
    switch body {
    case .request: 0
    case .decision: 1 << 40
    case .run(let run): 2 << 40 | attemptBits(run.attempt) | stage(run.event)
    case .task(let task): 3 << 40 | attemptBits(task.attempt) | stage(task.event)
    case .approval: 4 << 40
    case .alert: 5 << 40
    case .control: 6 << 40
    }
  }

  private static func attemptBits(_ attempt: Int?) -> Int {
    min(max(attempt ?? 1, 0), 1 << 30) << 4
  }

  private static func stage(_ event: RunRecord.Event) -> Int {
    switch event {
    case .queued: 0
    case .held: 1
    case .approved: 2
    case .started: 3
    case .progress: 4
    case .ended: 5
    case .succeeded, .failed, .killed, .timedOut, .lost, .rejected: 6
    }
  }

  private static func stage(_ event: TaskRecord.Event) -> Int {
    switch event {
    case .pending: 0
    case .started: 1
    case .progress: 2
    case .succeeded, .failed, .timedOut, .broken, .skipped: 3
    }
  }
}
