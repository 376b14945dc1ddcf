import Detect
import Dispatch
import Ingest

/// A file that grows by one line of JSON for each notification, each on the disk before it counts.
///
/// The file is opened for each line: one that was moved away in between is left where it is, and a new
/// one begun. A line that a crash cut short is ended before the next one, so that it stays one bad line.
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

  init(_ common: SinkSettings, _ settings: Settings) {
    events = common.events
    self.settings = settings
  }

  func deliver(_ notification: AlertNotification) async -> AlertOutcome {
    let line = AlertPayload.bytes(notification) + [0x0A]
    // On another thread: a disk may take its time, and the pool's threads are few.
    return await withCheckedContinuation { continuation in
      queue.async {
        do throws(StorageError) {
          continuation.resume(returning: try append(line))
        } catch {
          continuation.resume(returning: .retry(reason: "file: \(error)", after: nil))
        }
      }
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
