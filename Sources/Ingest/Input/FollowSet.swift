/// Several followed logs, polled in turn, with their positions saved after each commit.
package struct FollowSet<Files: LogFiles> {
  /// Bytes of lines taken from one log before the next has its turn.
  package static var turnByteCountMax: Int { 4 << 20 }

  private final class Member {
    var tail: FileTail<Files>
    var savedPosition: FollowPosition?

    init(_ tail: consuming FileTail<Files>) {
      savedPosition = tail.position
      self.tail = tail
    }
  }

  private let members: [Member]
  private let store: FollowPositionStore

  /// Starts each log where the store says, else at `start`.
  package init(
    paths: [String], in files: Files, store: FollowPositionStore,
    start: FollowState.Start = .beginning
  ) throws {
    var members: [Member] = []
    for path in paths {
      let saved = try store.load(path: path)
      let tail = try FileTail(
        path: path, start: saved.map { .position($0) } ?? start, in: files)
      members.append(Member(tail))
    }
    self.members = members
    self.store = store
  }

  /// One turn for each log. `.idle` when none has more. See `FileTail.poll`.
  package func poll<E: Error>(
    notice: (FollowNotice) -> Void,
    line: (_ path: String, LineBuffer.Line, Span<UInt8>) throws(E) -> Void
  ) throws(E) -> FileTail<Files>.Progress {
    var progress = FileTail<Files>.Progress.idle
    for member in members {
      let own = try member.tail.poll(
        byteCountMax: FollowSet.turnByteCountMax, notice: notice, line: line)
      if own == .more { progress = .more }
    }
    return progress
  }

  /// Whether lines were handed over whose positions are not saved.
  package var hasUnsavedPositions: Bool {
    members.contains { $0.tail.position != $0.savedPosition }
  }

  /// Saves the positions that moved. To be called when the lines handed over are durable.
  package func savePositions() throws(InputError) {
    for member in members {
      guard let position = member.tail.position, position != member.savedPosition else { continue }
      try store.save(position)
      member.savedPosition = position
    }
  }

  /// Polls until the task is cancelled: lines, then `commit`, then positions, then sleep when idle.
  ///
  /// Cancelled between two turns, so that what was handed over is committed and its position saved.
  ///
  /// - Parameters:
  ///   - sleep: waits for the interval; may throw when the task is cancelled.
  ///   - commit: makes what `line` got durable. Not called when there was nothing.
  package func run(
    interval: Duration, sleep: (Duration) async throws -> Void,
    notice: (FollowNotice) -> Void,
    line: (_ path: String, LineBuffer.Line, Span<UInt8>) throws -> Void,
    commit: () async throws -> Void
  ) async throws {
    while !Task.isCancelled {
      let progress = try poll(notice: notice, line: line)
      if hasUnsavedPositions {
        try await commit()
        try savePositions()
      }
      guard progress == .idle else { continue }
      do {
        try await sleep(interval)
      } catch is CancellationError {
        return
      }
    }
  }
}
