import Dispatch
import Synchronization

/// What is done with the lines of a chunk. Each thread has one of its own.
package protocol ChunkWorker: AnyObject, SendableMetatype {
  /// What comes of one chunk.
  associatedtype Product: Sendable
  /// What the worker has learnt over all its chunks.
  associatedtype Knowledge: Sendable

  /// Begins a chunk of an input.
  func begin(input: Int)
  /// Whole lines, each with its newline; the first byte stands at `offset` in the input.
  func take(_ lines: Span<UInt8>, offset: Int)
  /// Ends the chunk. `overlong` lines were too long to be given; the first of them began there.
  func finish(overlongCount: Int, overlongOffsets: [Int]) -> Product
  /// Asked once, at the end.
  func knowledge() -> Knowledge
}

/// Reads inputs on several threads, chunk by chunk, and has the products in the inputs' order.
///
/// Which thread has which chunk is left to chance; what comes of a chunk must depend on its lines
/// alone. Memory: a piece of 256 KiB a thread, and the products.
package struct ChunkCrew: Sendable {
  /// What one worker made.
  package struct Result<Worker: ChunkWorker>: Sendable {
    /// By input, in the order of chunks: the product, and the number of the worker.
    package var products: [[(worker: Int, product: Worker.Product)]]
    /// By worker.
    package var knowledge: [Worker.Knowledge]
  }

  private let threadCount: Int
  private let chunkByteCount: Int
  private let pieceByteCount: Int

  /// - Parameters:
  ///   - threadCount: at least 1; the caller's is one of them.
  ///   - chunkByteCount: bytes of a plain file that are one thread's at a time.
  package init(
    threadCount: Int, chunkByteCount: Int = 4 << 20, pieceByteCount: Int = 256 << 10
  ) {
    precondition(threadCount > 0 && chunkByteCount > 0, "\(threadCount) threads")
    self.threadCount = threadCount
    self.chunkByteCount = chunkByteCount
    self.pieceByteCount = pieceByteCount
  }

  /// Reads all inputs to their ends. A compressed file, and standard input, is one chunk.
  ///
  /// - Throws: the first error in the order of inputs; what other threads had begun is dropped.
  package func run<Worker: ChunkWorker>(
    _ paths: [String], _ makeWorker: @Sendable (_ number: Int) -> Worker
  ) throws(InputError) -> Result<Worker> {
    var tasks: [ChunkTask] = []
    for (input, path) in paths.enumerated() {
      try ChunkTask.append(path, input: input, chunkByteCount, to: &tasks)
    }
    let board = Mutex(ChunkBoard<Worker>(taskCount: tasks.count, threadCount: threadCount))
    let (list, pieceByteCount) = (tasks, pieceByteCount)
    DispatchQueue.concurrentPerform(iterations: threadCount) { number in
      let worker = makeWorker(number)
      while let next = board.withLock({ $0.take() }) {
        do throws(InputError) {
          let product = try list[next].run(worker, pieceByteCount)
          board.withLock { $0.products[next] = (number, product) }
        } catch {
          board.withLock { $0.fail(next, error) }
        }
      }
      let knowledge = worker.knowledge()
      board.withLock { $0.knowledge[number] = knowledge }
    }
    return try ChunkCrew.result(board.withLock { $0 }, tasks, inputCount: paths.count)
  }

  private static func result<Worker: ChunkWorker>(
    _ board: ChunkBoard<Worker>, _ tasks: [ChunkTask], inputCount: Int
  ) throws(InputError) -> Result<Worker> {
    if let failure = board.failure { throw failure.error }
    var result = Result<Worker>(
      products: Array(repeating: [], count: inputCount),
      knowledge: board.knowledge.compactMap { $0 })
    for (task, product) in zip(tasks, board.products) {
      if let product { result.products[task.input].append(product) }
    }
    return result
  }
}

/// What the threads share.
private struct ChunkBoard<Worker: ChunkWorker>: Sendable {
  private var next = 0
  private let taskCount: Int
  var products: [(worker: Int, product: Worker.Product)?]
  var knowledge: [Worker.Knowledge?]
  private(set) var failure: (task: Int, error: InputError)?

  init(taskCount: Int, threadCount: Int) {
    self.taskCount = taskCount
    products = Array(repeating: nil, count: taskCount)
    knowledge = Array(repeating: nil, count: threadCount)
  }

  mutating func take() -> Int? {
    guard next < taskCount, failure == nil else { return nil }
    defer { next += 1 }
    return next
  }

  mutating func fail(_ task: Int, _ error: InputError) {
    if let failure, failure.task < task { return }
    failure = (task, error)
  }
}

/// One chunk to be read.
private struct ChunkTask: Sendable {
  let input: Int
  let path: String
  /// Nil for what can only be read from its beginning to its end.
  let file: SharedFile?
  let range: Range<Int>

  static func append(
    _ path: String, input: Int, _ chunkByteCount: Int, to tasks: inout [ChunkTask]
  ) throws(InputError) {
    guard path != InputFile.standardInputName, try isPlain(path) else {
      tasks.append(ChunkTask(input: input, path: path, file: nil, range: 0..<Int.max))
      return
    }
    let file = try SharedFile(path)
    var start = 0
    while start < file.byteCount {
      let end = min(start + chunkByteCount, file.byteCount)
      tasks.append(ChunkTask(input: input, path: path, file: file, range: start..<end))
      start = end
    }
  }

  private static func isPlain(_ path: String) throws(InputError) -> Bool {
    try InputFile.open(path).compression == .plain
  }

  func run<Worker: ChunkWorker>(
    _ worker: Worker, _ pieceByteCount: Int
  ) throws(InputError) -> Worker.Product {
    worker.begin(input: input)
    guard let file else {
      return try ChunkTask.run(
        worker,
        LinePieces(
          try InputFile.open(path), from: 0, until: Int.max, pieceByteCount: pieceByteCount))
    }
    let start = max(range.lowerBound - 1, 0)
    return try ChunkTask.run(
      worker,
      LinePieces(
        FileStretch(file, from: start), from: start, until: range.upperBound,
        skipsToNewline: range.lowerBound > 0, pieceByteCount: pieceByteCount))
  }

  private static func run<Worker: ChunkWorker, Source: ByteSource & ~Copyable>(
    _ worker: Worker, _ source: consuming LinePieces<Source>
  ) throws(InputError) -> Worker.Product {
    var pieces = source
    while let piece = try pieces.next() {
      worker.take(pieces.bytes(of: piece), offset: piece.offset)
    }
    return worker.finish(
      overlongCount: pieces.overlongCount, overlongOffsets: pieces.overlongOffsets)
  }
}
