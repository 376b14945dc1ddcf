import Dispatch
import Synchronization

/// Examines blocks on several threads, of which the caller's is one.
///
/// Helpers take waiting blocks in the order of `submit`; whoever asks for a result works on waiting
/// blocks itself instead of idling. Facts depend on the block alone and come out by block, so no
/// scheduling changes what is found. `close` waits until no helper runs.
/// Memory: what was submitted and not yet asked for; the caller bounds it.
///
/// libdispatch rather than tasks: verifying is a plain function that blocks, which a task must not.
final class BlockCrew: Sendable {
  private struct Board {
    var waiting: [BlockWork] = []
    var isClosed = false
  }

  private let board = Mutex(Board())
  private let available = DispatchSemaphore(value: 0)
  private let helpers = DispatchGroup()
  private let helperCount: Int
  private let isReading: Bool

  /// - Parameters:
  ///   - helperCount: threads beside the caller's; 0 does all work in `facts`.
  ///   - isReading: see `EntryExaminer`.
  init(helperCount: Int, isReading: Bool) {
    self.helperCount = helperCount
    self.isReading = isReading
    for _ in 0..<helperCount {
      DispatchQueue.global().async(group: helpers) { self.help() }
    }
  }

  /// Hands in a block; its facts are asked for once, later, or never.
  func submit(_ block: EntryBlock, _ bytes: consuming [UInt8]) -> BlockWork {
    let work = BlockWork(block, bytes)
    guard helperCount > 0 else { return work }
    board.withLock { $0.waiting.append(work) }
    available.signal()
    return work
  }

  /// The facts of a block that was handed in. To be asked once a block.
  func facts(_ work: BlockWork, _ examiner: inout EntryExaminer) -> BlockFacts {
    if work.take() {
      work.examine(&examiner)
    } else {
      // A helper has it. Only while it is not done: taking more would leave helpers idle later.
      while !work.isDone, let next = takeWaiting() {
        if next.take() { next.examine(&examiner) }
      }
    }
    return work.wait()
  }

  /// Ends the helpers; blocks that nobody asked for are dropped.
  func close() {
    board.withLock { board in
      board.waiting = []
      board.isClosed = true
    }
    for _ in 0..<helperCount { available.signal() }
    helpers.wait()
  }

  private func help() {
    var examiner = EntryExaminer(isReading: isReading)
    while true {
      available.wait()
      if let work = takeWaiting() {
        if work.take() { work.examine(&examiner) }
      } else if board.withLock({ $0.isClosed }) {
        return
      }
    }
  }

  private func takeWaiting() -> BlockWork? {
    board.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
  }
}

/// One block on its way: waiting, taken by one thread, done.
final class BlockWork: Sendable {
  private struct Progress {
    var isTaken = false
    var bytes: [UInt8]
    var facts: BlockFacts?
  }

  let block: EntryBlock
  private let progress: Mutex<Progress>
  private let finished = DispatchSemaphore(value: 0)

  init(_ block: EntryBlock, _ bytes: consuming [UInt8]) {
    self.block = block
    progress = Mutex(Progress(bytes: bytes))
  }

  var isDone: Bool { progress.withLock { $0.facts != nil } }

  /// True for the one who is to do it.
  func take() -> Bool {
    progress.withLock { progress in
      defer { progress.isTaken = true }
      return !progress.isTaken
    }
  }

  /// Precondition: taken by the caller.
  func examine(_ examiner: inout EntryExaminer) {
    // The bytes are lent out of the lock, so that they have one owner and are changed in place.
    var bytes = takeBytes()
    let facts = examiner.facts(of: block, &bytes)
    progress.withLock { progress in
      progress.bytes = bytes
      progress.facts = facts
    }
    finished.signal()
  }

  /// The facts, once they are there. Precondition: asked once.
  func wait() -> BlockFacts {
    finished.wait()
    guard let facts = progress.withLock({ $0.facts }) else {
      preconditionFailure("a block is done without facts")
    }
    return facts
  }

  /// The buffer, for another block; once done.
  func takeBytes() -> [UInt8] { progress.withLock { exchange(&$0.bytes, with: []) } }
}
