/// What the merge hands on: an entry, or a record that the journal must look at itself.
enum StreamedStep {
  case entry(EntryBatch.Row, of: EntryBatch, inputIndex: Int)
  case record(Record, inputIndex: Int)
}

/// Several inputs as one stream of prepared entries, merged by event time: the order of
/// `RecordStream`, from chunks that several threads work on ahead of the merge.
///
/// What comes out depends on the inputs alone, not on the length of chunks or the number of threads.
/// Memory: a few chunks an input, and their entries; with many inputs the chunks are shorter.
final class EntryStream {
  /// Chunks worked on ahead, of all inputs together, unless there are more inputs.
  private static let chunkCountAhead = 8
  /// Inputs with chunks of full length; with more they are an eighth as long.
  private static let longChunkInputCountMax = 16

  private let crew: IntakeCrew
  private let pool: BufferPool
  private let rejected: RejectionHandler
  private var cursors: [Cursor]

  /// - Parameters:
  ///   - helperCount: threads beside the caller's.
  ///   - chunkByteCount: nil for the usual length.
  ///   - rejected: gets every line that is no record, in the order of reading, with its input's index.
  init(
    _ inputs: [InputPlan], secret: [UInt8], helperCount: Int, chunkByteCount: Int? = nil,
    rejected: @escaping RejectionHandler
  ) {
    let isShort = inputs.count > EntryStream.longChunkInputCountMax
    let byteCount =
      chunkByteCount ?? LineChunkSource.chunkByteCount / (isShort ? 8 : 1)
    // A chunk and a batch of each that is worked on ahead, and those at hand.
    let pool = BufferPool(countMax: 2 * (EntryStream.chunkCountAhead + helperCount))
    self.pool = pool
    var lanes: [(plan: InputPlan, lanes: IntakeLanes)] = []
    let sources = inputs.map { plan in
      let known = lanes.first {
        $0.plan.format == plan.format && $0.plan.settings == plan.settings
      }
      let own =
        known?.lanes
        ?? IntakeLanes(plan.format, plan.settings, secret: secret, count: helperCount + 1)
      if known == nil { lanes.append((plan, own)) }
      return IntakeCrew.Input(plan, chunkByteCount: byteCount, own, pool)
    }
    crew = IntakeCrew(sources, helperCount: helperCount)
    let ahead = max(1, EntryStream.chunkCountAhead / max(1, inputs.count))
    cursors = inputs.enumerated().map { Cursor($1.label, index: $0, ahead: ahead) }
    self.rejected = rejected
  }

  deinit { crew.close() }

  /// What became of the lines so far, in the order of the inputs.
  var reports: [InputReport] {
    cursors.map { cursor in
      var report = cursor.report
      report.failure = crew.failure(cursor.index)
      return report
    }
  }

  /// Lets the caller count what became of a record of an input.
  func update<E: Error>(
    _ inputIndex: Int, _ change: (inout InputReport) throws(E) -> Void
  ) throws(E) {
    try change(&cursors[inputIndex].report)
  }

  /// The next step by event time; nil when every input is at its end.
  func next() throws -> StreamedStep? {
    var earliest: (index: Int, timestamp: Timestamp)?
    for index in cursors.indices {
      if cursors[index].head == nil { try cursors[index].advance(crew, pool, rejected) }
      guard let timestamp = cursors[index].head else { continue }
      if let earliest, earliest.timestamp <= timestamp { continue }
      earliest = (index, timestamp)
    }
    return earliest.map { cursors[$0.index].takeHead() }
  }

  /// One input's place in its batches.
  private struct Cursor {
    let index: Int
    var report: InputReport
    private let ahead: Int
    private var batch = IntakeBatch(label: "")
    private var step = 0
    private var row = 0
    private var nextNumber = 0
    private var askedCount = 0
    private var isAtEnd = false
    /// Event time of the step that is next; nil when it is not known, and at the end.
    private(set) var head: Timestamp?

    init(_ label: String, index: Int, ahead: Int) {
      self.index = index
      self.ahead = ahead
      report = InputReport(label: label)
    }

    /// Goes to the next step that has an event time.
    mutating func advance(
      _ crew: IntakeCrew, _ pool: BufferPool, _ rejected: RejectionHandler
    ) throws {
      while head == nil, !isAtEnd {
        guard step < batch.steps.count else {
          takeBatch(crew, pool)
          continue
        }
        switch batch.steps[step] {
        case .entry: head = batch.entries.rows[row].timestamp
        case .record(let number): head = batch.records[number].header.timestamp
        case .rejected(let number):
          step += 1
          try rejected(batch.rejections[number], index)
        }
      }
    }

    private mutating func takeBatch(_ crew: IntakeCrew, _ pool: BufferPool) {
      pool.give(batch.takeBuffer())
      while askedCount < nextNumber + ahead {
        crew.ask(index)
        askedCount += 1
      }
      guard let next = crew.batch(nextNumber, of: index) else {
        isAtEnd = true
        return
      }
      nextNumber += 1
      batch = next
      (step, row) = (0, 0)
      report.add(next.report)
    }

    /// Precondition: there is a head.
    mutating func takeHead() -> StreamedStep {
      defer {
        head = nil
        step += 1
      }
      if case .record(let number) = batch.steps[step] {
        return .record(batch.records[number], inputIndex: index)
      }
      defer { row += 1 }
      return .entry(batch.entries.rows[row], of: batch.entries, inputIndex: index)
    }
  }
}
