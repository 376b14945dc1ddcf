import Synchronization

/// What went wrong in handlers, on its way to the main thread, which alone writes to the terminal.
final class BackgroundReports: Sendable {
  /// Lines kept; further ones are dropped until these were taken.
  private static let lineCountMax = 100
  private let lines = Mutex<[String]>([])

  func add(_ line: String) {
    lines.withLock { if $0.count < BackgroundReports.lineCountMax { $0.append(line) } }
  }

  func takeAll() -> [String] {
    lines.withLock { lines in
      defer { lines = [] }
      return lines
    }
  }
}
