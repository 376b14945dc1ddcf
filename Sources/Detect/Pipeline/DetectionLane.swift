import Correlate
import Dispatch
import Ingest
import Synchronization

/// A pipeline on a thread of its own: events in, in order; findings when all have been judged.
///
/// Memory: `waitingCountMax` batches of about `batchCount` events wait at the most; whoever adds more
/// waits with them.
package struct DetectionLane: ~Copyable {
  static let batchCount = 512
  static let waitingCountMax = 8

  private enum Step: Sendable {
    case events([CorrelatedEvent])
    case finish(Timestamp)
  }

  /// What both threads see.
  private final class Track: Sendable {
    struct Board {
      var steps: [Step] = []
      var isClosed = false
      var pipeline: DetectionPipeline?
      var findings: [Finding] = []
    }

    let board: Mutex<Board>
    let waiting = DispatchSemaphore(value: 0)
    let room = DispatchSemaphore(value: DetectionLane.waitingCountMax)
    let ended = DispatchSemaphore(value: 0)

    init(_ pipeline: consuming DetectionPipeline) { board = Mutex(Board(pipeline: pipeline)) }

    /// The lane's thread. The pipeline is taken out: memory shared with the board would be copied.
    func run() {
      let taken = board.withLock { board in
        defer { board.pipeline = nil }
        return board.pipeline
      }
      guard var pipeline = taken else { return }
      var findings: [Finding] = []
      while let step = next() {
        switch step {
        case .events(let events):
          for event in events { findings += pipeline.observe(event) }
        case .finish(let end): findings += pipeline.finish(at: end)
        }
      }
      board.withLock { board in
        board.pipeline = pipeline
        board.findings = findings
      }
      ended.signal()
    }

    /// Nil once the lane is closed and nothing waits.
    private func next() -> Step? {
      waiting.wait()
      let step = board.withLock { $0.steps.isEmpty ? nil : $0.steps.removeFirst() }
      if step != nil { room.signal() }
      return step
    }

    func add(_ step: Step) {
      room.wait()
      board.withLock { $0.steps.append(step) }
      waiting.signal()
    }
  }

  private let track: Track
  private var batch: [CorrelatedEvent] = []
  private var isEnded = false

  init(_ pipeline: consuming DetectionPipeline) {
    let track = Track(pipeline)
    self.track = track
    // A queue of its own gets a thread whatever else waits; one of the shared threads might not come.
    DispatchQueue(label: "vigil.detection").async { track.run() }
  }

  deinit {
    // Thrown away midway: its thread ends with what it has.
    if !isEnded { track.waiting.signal() }
  }

  mutating func add(_ events: [CorrelatedEvent]) {
    batch += events
    if batch.count >= DetectionLane.batchCount { send() }
  }

  mutating func finish(at end: Timestamp) {
    send()
    track.add(.finish(end))
  }

  private mutating func send() {
    guard !batch.isEmpty else { return }
    track.add(.events(batch))
    batch = []
  }

  /// Waits until everything has been judged.
  consuming func end() -> (DetectionPipeline, [Finding]) {
    send()
    isEnded = true
    track.waiting.signal()
    track.ended.wait()
    return track.board.withLock { board in
      guard let pipeline = board.pipeline else { preconditionFailure("a lane ended twice") }
      return (pipeline, board.findings)
    }
  }
}
