import Detect
import Dispatch
import GatewayAndScheduler
import Ingest
import Synchronization

/// A file that grows by one line of JSON for each notification, each on the disk before it counts.
///
/// The file is opened for each line: one that was moved away in between is left where it is, and a new
/// one begun. A line that a crash cut short is ended before the next one, so that it stays one bad line.
///
/// A write that has begun cannot be broken off: at the time limit its outcome is no longer waited for, and
/// it may still come to a line, as may happen with any sink.
struct FileSink: AlertSink {
  struct Settings: Sendable {
    let folder: String
    let name: String

    init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
      let path = reader.resolved(try reader.required("path", .string))
      let slash = path.lastIndex(of: "/")
      folder = slash.map { String(path[...$0]) } ?? "."
      name = slash.map { String(path[path.index(after: $0)...]) } ?? path
      guard !name.isEmpty, !path.utf8.contains(0), path.utf8.count <= 4000 else {
        throw reader.error("path", "found \(Quotation.quoted(path)): expected the path of a file")
      }
    }
  }

  /// Five milliseconds apart: a second.
  private static let lockTryCountMax = 200

  let events: Set<AlertNotification.Event>
  private let settings: Settings
  /// One line after the other: the lock is for other processes.
  private let queue = DispatchQueue(label: "alert-file")
  /// Writes in the queue, the one under way included.
  private let waiting = Waiting()
  private let timeout: Duration

  /// Writes that may wait for one that takes its time.
  private static let waitingCountMax = 64

  private final class Waiting: Sendable {
    let count = Atomic<Int>(0)
  }

  init(_ common: SinkSettings, _ settings: Settings) {
    events = common.events
    timeout = common.timeout
    self.settings = settings
  }

  func deliver(_ notification: AlertNotification) async -> AlertOutcome {
    let line = AlertPayload.bytes(notification) + [0x0A]
    guard waiting.count.load(ordering: .relaxed) < FileSink.waitingCountMax else {
      return .retry(
        reason: "file: \(FileSink.waitingCountMax) earlier messages are not written yet", after: nil
      )
    }
    let answer = FirstAnswer<AlertOutcome>()
    waiting.count.add(1, ordering: .relaxed)
    // On another thread: a disk may take its time, a mounted one for ever.
    queue.async {
      // One that nobody waits for any more would be a line twice.
      if !answer.isGiven { answer.give(outcome(line)) }
      waiting.count.subtract(1, ordering: .relaxed)
    }
    return await answer.value(
      within: timeout, late: .retry(reason: "file: not written within \(timeout)", after: nil),
      cancelled: .retry(reason: "file: cancelled", after: nil))
  }

  private func outcome(_ line: [UInt8]) -> AlertOutcome {
    do throws(StorageError) {
      return try append(line)
    } catch {
      return .retry(reason: "file: \(error)", after: nil)
    }
  }

  private func append(_ line: [UInt8]) throws(StorageError) -> AlertOutcome {
    let storage = try PosixStorage(directory: settings.folder, creating: false)
    guard let lock = try lock(storage) else {
      return .retry(reason: "file: another process is writing to it", after: nil)
    }
    defer { withExtendedLifetime(lock) {} }
    let file = try storage.open(settings.name, .writing(.owner))
    let size = try file.size()
    var bytes = line
    if size > 0 {
      var last: [UInt8] = [0]
      if try file.read(at: size - 1, into: &last, 0..<1) == 1, last[0] != 0x0A {
        bytes = [0x0A] + bytes
      }
    }
    try file.write(bytes.span, at: size)
    try file.synchronize()
    // Its name too, where it is new.
    if size == 0 { try storage.synchronizeDirectory("") }
    return .delivered
  }

  /// Nil when another process keeps it. A child of ours between fork and exec has it too, for a moment.
  private func lock(_ storage: PosixStorage) throws(StorageError) -> (any JournalFile)? {
    for _ in 0..<FileSink.lockTryCountMax {
      if let lock = try storage.lock(settings.name + ".lock") { return lock }
      StopSignal.sleep(milliseconds: 5)
    }
    return nil
  }
}
