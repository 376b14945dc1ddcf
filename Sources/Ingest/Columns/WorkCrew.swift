import Dispatch
import Synchronization

/// Does work ahead of the one who needs it, on threads beside the caller's.
///
/// Helpers take what waits in the order of `submit`; whoever asks for a result that nobody has begun
/// does it. Output depends on the input alone, so no scheduling changes what comes out. Helpers end
/// with the crew.
/// Memory: what was submitted and not yet asked for; the caller bounds it.
///
/// libdispatch rather than tasks: reading is a plain function that blocks, which a task must not.
final class WorkCrew<Input: Sendable, Output: Sendable>: Sendable {
  private let bench: WorkBench<Input, Output>

  /// - Parameter helperCount: threads beside the caller's; 0 does all work in `result`.
  init(helperCount: Int, _ work: @escaping @Sendable (Input) -> Output) {
    let bench = WorkBench(work)
    self.bench = bench
    for _ in 0..<helperCount { DispatchQueue.global().async { bench.help() } }
  }

  deinit { bench.close() }

  /// Hands in work; its result is asked for once, later, or never.
  func submit(_ input: Input) -> WorkPiece<Input, Output> {
    let piece = WorkPiece<Input, Output>(input)
    bench.add(piece)
    return piece
  }

  /// The result of work that was handed in. Precondition: asked once.
  func result(_ piece: WorkPiece<Input, Output>) -> Output {
    if let input = piece.take() { return bench.work(input) }
    return piece.wait()
  }
}

/// One piece on its way: waiting, taken by one thread, done.
final class WorkPiece<Input: Sendable, Output: Sendable>: Sendable {
  private struct Progress {
    var input: Input?
    var output: Output?
  }

  private let progress: Mutex<Progress>
  private let finished = DispatchSemaphore(value: 0)

  fileprivate init(_ input: Input) { progress = Mutex(Progress(input: input)) }

  /// The input for the one who is to do it; nil for everybody after.
  fileprivate func take() -> Input? {
    progress.withLock { progress in
      defer { progress.input = nil }
      return progress.input
    }
  }

  fileprivate func finish(_ output: Output) {
    progress.withLock { $0.output = output }
    finished.signal()
  }

  fileprivate func wait() -> Output {
    finished.wait()
    let output = progress.withLock { progress in
      defer { progress.output = nil }
      return progress.output
    }
    guard let output else { preconditionFailure("a result asked for twice") }
    return output
  }
}

/// What the helpers of a crew share: it outlives the crew by the piece in hand.
private final class WorkBench<Input: Sendable, Output: Sendable>: Sendable {
  private struct Board {
    var waiting: [WorkPiece<Input, Output>] = []
    var isClosed = false
  }

  let work: @Sendable (Input) -> Output
  private let board = Mutex(Board())
  private let available = DispatchSemaphore(value: 0)

  init(_ work: @escaping @Sendable (Input) -> Output) { self.work = work }

  func add(_ piece: WorkPiece<Input, Output>) {
    board.withLock { $0.waiting.append(piece) }
    available.signal()
  }

  func close() {
    board.withLock { board in
      board.waiting = []
      board.isClosed = true
    }
    available.signal()
  }

  func help() {
    while true {
      available.wait()
      let (next, isClosed) = board.withLock { board in
        (board.waiting.isEmpty ? nil : board.waiting.removeFirst(), board.isClosed)
      }
      if let next {
        if let input = next.take() { next.finish(work(input)) }
      } else if isClosed {
        // For the next helper.
        available.signal()
        return
      }
    }
  }
}
