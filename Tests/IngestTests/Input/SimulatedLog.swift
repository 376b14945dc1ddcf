import Ingest

/// A program that writes a log, and what rotates it: the reference for followers.
final class SimulatedLog {
  enum Rotation: CaseIterable {
    /// As Caddy: renamed to a stamped name, a new file created; compressed later.
    case stamped
    /// As logrotate: numbered names that shift up, a new file created.
    case numbered
    /// As logrotate with copytruncate: copied to a numbered name, then cut.
    case copied
  }

  let files = SimulatedLogFiles()
  let rotation: Rotation
  let path = "x.log"
  private(set) var lines: [String] = []
  /// Whether the follower stands in the live file without having seen a byte of it. What is written
  /// and copied away before it looks again leaves no trace in a file that is cut in place: the one
  /// case in which copytruncate loses lines to any follower. The copying is then left out.
  var isWatchedEmpty = false
  private var hasOpenLine = false
  private var rotationCount = 0
  private var writerNode: SimulatedLogFiles.Node?

  init(_ rotation: Rotation) {
    self.rotation = rotation
    files.create(path)
    writerNode = files.names[path]
  }

  /// Appends a line, or the rest of one that was begun.
  func write() {
    if !hasOpenLine { begin() }
    writerNode?.bytes += Array(" end\n".utf8)
    hasOpenLine = false
  }

  /// Appends a line's first half.
  func begin() {
    guard !hasOpenLine else { return }
    lines.append("line \(lines.count) end")
    writerNode?.bytes += Array("line \(lines.count - 1)".utf8)
    hasOpenLine = true
  }

  /// Rotates, but never within a line, as the real ones do not.
  func rotate() {
    if rotation == .copied, isWatchedEmpty { return }
    if hasOpenLine { write() }
    rotationCount += 1
    switch rotation {
    case .stamped:
      let stamp = "2026-11-23T23-39-\(10 + rotationCount / 1000).\(100 + rotationCount % 1000)"
      files.names["x-\(stamp).log"] = files.names.removeValue(forKey: path)
      files.create(path)
    case .numbered:
      shiftUp()
      files.names["x.log.1"] = files.names.removeValue(forKey: path)
      files.create(path)
    case .copied:
      shiftUp()
      files.create("x.log.1")
      files.names["x.log.1"]?.bytes = writerNode?.bytes ?? []
      writerNode?.bytes = []
    }
    writerNode = files.names[path]
  }

  /// Compresses every rotated file that is not yet.
  func compress() {
    for (name, node) in files.names where name != path && !name.hasSuffix(".gz") {
      files.create(name + ".gz")
      files.names[name + ".gz"]?.bytes = storedGzip(node.bytes)
      files.names[name] = nil
    }
  }

  private func shiftUp() {
    for number in stride(from: rotationCount + 1, through: 1, by: -1) {
      for suffix in ["", ".gz"] {
        if let node = files.names.removeValue(forKey: "x.log.\(number)\(suffix)") {
          files.names["x.log.\(number + 1)\(suffix)"] = node
        }
      }
    }
  }
}

/// A follower of a simulated log, with what it was given.
final class SimulatedFollower {
  let log: SimulatedLog
  private(set) var lines: [String] = []
  private(set) var notices: [FollowNotice] = []
  private var tail: FileTail<SimulatedLogFiles>
  private var savedPosition: FollowPosition?

  init(_ log: SimulatedLog) throws {
    self.log = log
    tail = try FileTail(path: log.path, start: .oldest, in: log.files, lineByteCountMax: 64)
  }

  /// Polls once, to the end of what there is.
  func poll() {
    var progress = FileTail<SimulatedLogFiles>.Progress.more
    while progress == .more {
      var taken: [String] = []
      var told: [FollowNotice] = []
      progress = tail.poll(
        byteCountMax: 30, notice: { told.append($0) },
        line: { _, line, bytes in
          let text = (0..<bytes.count).map { bytes[$0] }
          taken.append(String(decoding: text, as: UTF8.self) + (line.isTerminated ? "" : "~"))
        })
      lines += taken
      notices += told
      savedPosition = tail.position
    }
    log.isWatchedEmpty = log.files.names[log.path]?.bytes.isEmpty ?? false
  }

  /// Starts again from the saved position, through its JSON.
  func restart() throws {
    log.isWatchedEmpty = false
    var start = FollowState.Start.oldest
    if let savedPosition {
      let json = savedPosition.json
      start = .position(try FollowPosition(json: json.span))
    }
    tail = try FileTail(path: log.path, start: start, in: log.files, lineByteCountMax: 64)
  }

  /// Polls until nothing can be outstanding.
  func settle() {
    log.write()
    for _ in 0..<8 { poll() }
  }
}
