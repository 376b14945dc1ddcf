/// Follows one log file: does what `FollowState` says and hands over whole lines.
///
/// Polled, not notified: every poll reads what there is. A line is handed over once its newline is
/// there; only at a file's end for good (rotated away, cut) an unfinished line is, not terminated.
package struct FileTail<Files: LogFiles>: ~Copyable {
  /// What a poll came to.
  package enum Progress: Hashable, Sendable {
    /// Everything there is has been handed over.
    case idle
    /// The poll stopped at its byte limit; there is more.
    case more
  }

  /// Steps of one poll that bring no line: more mean that files change faster than they are read.
  package static var stepCountMax: Int { 10_000 }

  private let files: Files
  private var state: FollowState
  private var buffer: LineBuffer
  private var log: OpenedLog<Files.Handle>?
  private var deliveredByteCount = 0

  /// Throws for a path that names something other than a file; a missing file is waited for.
  package init(
    path: String, start: FollowState.Start, in files: Files,
    lineByteCountMax: Int = LineBuffer.lineByteCountMax
  ) throws(InputError) {
    if let status = try files.status(ofPath: path), status.kind != .regular {
      throw .notAFile(path: path, kind: status.kind)
    }
    self.files = files
    state = FollowState(path: path, start: start)
    buffer = LineBuffer(lineByteCountMax: lineByteCountMax)
  }

  /// The followed path.
  package var path: String { state.path }

  /// Where a restart would go on: after the last line that was handed over. Nil before the first.
  ///
  /// To be saved once those lines are durable, and never before.
  package var position: FollowPosition? { state.position }

  /// Hands over the whole lines there are, in order.
  ///
  /// - Parameters:
  ///   - byteCountMax: stops after about so many bytes of lines (at most a chunk more).
  ///   - notice: gets what could not be done quietly.
  ///   - line: gets the path of the file that the line is in, its place and its bytes. When it
  ///     throws, the tail is of no more use: start another from the saved position.
  package mutating func poll<E: Error>(
    byteCountMax: Int = .max, notice: (FollowNotice) -> Void,
    line: (_ path: String, LineBuffer.Line, Span<UInt8>) throws(E) -> Void
  ) throws(E) -> Progress {
    deliveredByteCount = 0
    for _ in 0..<FileTail.stepCountMax {
      switch state.action {
      case .deliver:
        try deliverLines(line)
        if deliveredByteCount >= byteCountMax { return .more }
      case .close(let deliversRest):
        if deliversRest { try deliverRest(line) }
        log = nil
        state.handle(.closed)
      case .report(let reported):
        notice(reported)
        state.handle(.reported)
      case .wait:
        state.handle(.waited)
        return .idle
      case .survey, .open, .read, .inspect: performStep()
      }
    }
    return .more
  }

  private mutating func performStep() {
    do {
      switch state.action {
      case .survey(let count):
        state.handle(
          .surveyed(try FollowSurvey(ofPath: state.path, prefixByteCount: count, in: files)))
      case .open(let path, let offset): try open(path, offset)
      case .read(let count): try read(prefixByteCount: count)
      case .inspect: state.handle(.inspected(try files.status(ofPath: state.path)))
      case .deliver, .close, .report, .wait: preconditionFailure("no step: \(state.action)")
      }
    } catch {
      failed(error)
    }
  }

  private mutating func open(_ path: String, _ offset: Int) throws(InputError) {
    log = nil
    var opened = try OpenedLog(opening: path, in: files)
    let identity = try opened.status().identity
    guard try opened.skip(toOffset: offset) else {
      // A plain file was cut since it was looked at; a compressed one never was what it seemed.
      state.handle(.openFailed(isGone: !opened.isCompressed))
      return
    }
    log = consume opened
    buffer.restart(atOffset: offset)
    state.handle(.opened(identity))
  }

  private mutating func read(prefixByteCount: Int) throws(InputError) {
    guard var opened = log.take() else { preconditionFailure("follow \(path): no file is open") }
    do {
      try read(from: &opened, prefixByteCount)
    } catch {
      log = consume opened
      throw error
    }
    log = consume opened
  }

  private mutating func read(
    from opened: inout OpenedLog<Files.Handle>, _ prefixByteCount: Int
  ) throws(InputError) {
    let count = try buffer.fill { (space) throws(InputError) in try opened.read(into: &space) }
    do {
      let head = Array(buffer.filled(last: count, limit: prefixByteCount))
      let length = opened.isCompressed ? nil : try opened.status().byteCount
      let prefix = opened.isCompressed ? nil : try opened.prefix(prefixByteCount)
      state.handle(
        .read(byteCount: count, head: head, fileByteCount: length, filePrefix: prefix))
    } catch {
      takeBack(count, &opened)
      throw error
    }
    if count > 0, state.action != .deliver { takeBack(count, &opened) }
  }

  private mutating func takeBack(_ count: Int, _ opened: inout OpenedLog<Files.Handle>) {
    buffer.unfill(count)
    if !opened.isCompressed { opened.unread(count) }
  }

  private mutating func failed(_ error: InputError) {
    let isOpening = if case .open = state.action { true } else { false }
    switch error {
    case .missing where isOpening: state.handle(.openFailed(isGone: true))
    case .gzipCorrupt, .gzipTruncated, .unsupportedCompression, .notAFile:
      state.handle(isOpening ? .openFailed(isGone: false) : .readFailed)
    default: state.handle(.failed(error))
    }
  }

  private mutating func deliverLines<E: Error>(
    _ body: (_ path: String, LineBuffer.Line, Span<UInt8>) throws(E) -> Void
  ) throws(E) {
    let path = log?.path ?? state.path
    while let line = buffer.next() {
      deliveredByteCount += line.byteCount + 1
      try body(path, line, buffer.bytes(of: line))
    }
    state.handle(.delivered(lineOffset: buffer.lineOffset))
  }

  private mutating func deliverRest<E: Error>(
    _ body: (_ path: String, LineBuffer.Line, Span<UInt8>) throws(E) -> Void
  ) throws(E) {
    guard let line = buffer.rest() else { return }
    try body(log?.path ?? state.path, line, buffer.bytes(of: line))
  }
}
