import Dispatch
import Synchronization

/// Reads chunks of several inputs and makes entries of them on several threads, of which the caller's
/// is one.
///
/// A job reads the next chunk of its input under the input's lock and works on it outside; batches come
/// out by input and number, so that no scheduling changes what comes. Who asks for a batch works on
/// waiting jobs instead of idling. `close` waits until no helper runs.
/// Memory: the batches asked for ahead and not yet taken; the caller bounds them.
///
/// libdispatch rather than tasks, as for verifying: importing is a plain function that blocks.
final class IntakeCrew: Sendable {
  private struct Board {
    /// Inputs of which a chunk is wanted, in the order of asking.
    var waiting: [Int] = []
    var isClosed = false
  }

  private let inputs: [Input]
  private let board = Mutex(Board())
  private let available = DispatchSemaphore(value: 0)
  private let helpers = DispatchGroup()
  private let helperCount: Int

  /// - Parameter helperCount: threads beside the caller's; 0 does all work in `batch`.
  init(_ inputs: [Input], helperCount: Int) {
    self.inputs = inputs
    self.helperCount = helperCount
    for _ in 0..<helperCount {
      DispatchQueue.global().async(group: helpers) { self.help() }
    }
  }

  /// Asks for the next chunk of an input that nobody asked for.
  func ask(_ input: Int) {
    board.withLock { $0.waiting.append(input) }
    available.signal()
  }

  /// Batch `number` of an input, counted from 0; nil when the input has no such chunk.
  ///
  /// Precondition: `ask` was called for it. To be called once for each.
  func batch(_ number: Int, of input: Int) -> IntakeBatch? {
    while true {
      if let result = inputs[input].take(number) { return result.batch }
      if let waiting = takeWaiting() {
        inputs[waiting].work()
      } else {
        inputs[input].delivered.wait()
      }
    }
  }

  /// Why an input's reading ended before its end.
  func failure(_ input: Int) -> InputError? { inputs[input].failure }

  /// Ends the helpers.
  func close() {
    board.withLock { board in
      board.waiting = []
      board.isClosed = true
    }
    for _ in 0..<helperCount { available.signal() }
    helpers.wait()
  }

  private func help() {
    while true {
      available.wait()
      if let waiting = takeWaiting() {
        inputs[waiting].work()
      } else if board.withLock({ $0.isClosed }) {
        return
      }
    }
  }

  private func takeWaiting() -> Int? {
    board.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
  }
}

extension IntakeCrew {
  /// One input: its chunks in order, its batches as they are done.
  final class Input: Sendable {
    struct Result: Sendable { let batch: IntakeBatch? }

    private struct Reading: ~Copyable {
      var source: LineChunkSource
      var nextNumber = 0
    }

    private let label: String
    private let reading: Mutex<Reading>
    private let lanes: IntakeLanes
    private let pool: BufferPool
    private let done = Mutex<[Int: Result]>([:])
    /// Signalled once a batch.
    let delivered = DispatchSemaphore(value: 0)

    init(_ plan: InputPlan, chunkByteCount: Int, _ lanes: IntakeLanes, _ pool: BufferPool) {
      label = plan.label
      self.lanes = lanes
      self.pool = pool
      reading = Mutex(
        Reading(source: LineChunkSource(paths: plan.paths, chunkByteCount: chunkByteCount)))
    }

    var failure: InputError? { reading.withLock { $0.source.failure } }

    func take(_ number: Int) -> Result? { done.withLock { $0.removeValue(forKey: number) } }

    /// Reads the next chunk and makes its batch.
    func work() {
      let (number, chunk) = reading.withLock { reading in
        defer { reading.nextNumber += 1 }
        return (reading.nextNumber, reading.source.next(pool))
      }
      let batch = chunk.map { lanes.read($0, label: label, buffer: pool.take()) }
      if let chunk { pool.give(chunk.takeBuffer()) }
      done.withLock { $0[number] = Result(batch: batch) }
      delivered.signal()
    }
  }
}

/// Intakes of one kind for several threads at once, each behind a lock of its own.
final class IntakeLanes: Sendable {
  private final class Lane: Sendable {
    let intake: Mutex<EntryIntake>

    init(_ format: LogFormat, _ settings: LogSettings, _ secret: [UInt8]) {
      intake = Mutex(EntryIntake(format, settings, secret: secret))
    }
  }

  private let lanes: [Lane]

  init(_ format: LogFormat, _ settings: LogSettings, secret: [UInt8], count: Int) {
    lanes = (0..<count).map { _ in Lane(format, settings, secret) }
  }

  /// On the first lane that is free: there is one for each thread.
  ///
  /// - Parameter buffer: memory for the entries.
  func read(_ chunk: LineChunk, label: String, buffer: [UInt8]) -> IntakeBatch {
    var buffer = buffer
    for lane in lanes {
      let batch = lane.intake.withLockIfAvailable {
        $0.read(chunk, label: label, buffer: exchange(&buffer, with: []))
      }
      if let batch { return batch }
    }
    return lanes[0].intake.withLock { $0.read(chunk, label: label, buffer: buffer) }
  }
}
