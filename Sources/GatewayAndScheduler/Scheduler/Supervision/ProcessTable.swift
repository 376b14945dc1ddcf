internal import CPlatform
internal import Glibc
internal import Ingest

/// What the kernel says of processes of other sessions; and the end of what a dead shim left.
enum ProcessTable {
  /// Names the machine's run: process ids and start times mean nothing beyond it.
  static func bootID() -> String {
    let bytes = read("/proc/sys/kernel/random/boot_id") ?? []
    return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
  }

  /// Clock ticks from the machine's start to the process's; nil when there is none of this id.
  static func startTicks(_ process: Int) -> Int? {
    guard let bytes = read("/proc/\(process)/stat"),
      let end = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = String(decoding: bytes[(end + 1)...], as: UTF8.self).split(separator: " ")
    return fields.count > 19 ? Int(fields[19]) : nil
  }

  /// A pidfd of exactly this process; nil when it is gone or its id belongs to another.
  static func open(_ process: Int, startTicks: Int, bootID: String) -> OwnedDescriptor? {
    guard bootID == self.bootID(), let id = Int32(exactly: process) else { return nil }
    let number = vigil_process_descriptor(id)
    guard number >= 0 else { return nil }
    let descriptor = OwnedDescriptor(number)
    // Compared once the descriptor holds the id: from then on it cannot be given to another.
    guard self.startTicks(process) == startTicks else { return nil }
    return consume descriptor
  }

  /// Kills what is left of a run whose shim died: the job's leader by its id and start time, all others
  /// by the run id in their environment. A process that started before the job is never touched.
  static func killRemains(of runID: String, _ started: AttemptReport.Started) {
    guard started.bootID == bootID() else { return }
    let mark = Array("AUDIT_RUN_ID=\(runID)".utf8)
    for process in processes() {
      guard let ticks = startTicks(process), ticks >= started.startTicks else { continue }
      let isLeader = process == started.process && ticks == started.startTicks
      guard isLeader || hasVariable(process, mark) else { continue }
      guard let descriptor = open(process, startTicks: ticks, bootID: started.bootID) else {
        continue
      }
      _ = vigil_process_signal(descriptor.number, SIGKILL)
    }
  }

  private static func hasVariable(_ process: Int, _ mark: [UInt8]) -> Bool {
    guard let bytes = read("/proc/\(process)/environ") else { return false }
    return bytes.split(separator: 0).contains { $0.elementsEqual(mark) }
  }

  private static func processes() -> [Int] {
    guard let stream = unsafe opendir("/proc") else { return [] }
    defer { unsafe closedir(stream) }
    var result: [Int] = []
    while result.count < 4_194_304, let entry = unsafe readdir(stream) {
      // SAFETY: d_name is terminated and lives until the next readdir on this stream.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if let process = Int(name) { result.append(process) }
    }
    return result
  }

  /// At most 1 MiB of a file of /proc.
  private static func read(_ path: String) -> [UInt8]? {
    let number = unsafe vigil_open(path, O_RDONLY, 0)
    guard number >= 0 else { return nil }
    let file = OwnedDescriptor(number)
    return AttemptFileReading.readAll(file.number, byteCountMax: 1 << 20)
  }
}

/// Reads a descriptor to its end.
enum AttemptFileReading {
  /// Nil for an error; at most so many bytes.
  static func readAll(_ descriptor: Int32, byteCountMax: Int) -> [UInt8]? {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while result.count < byteCountMax {
      // SAFETY: the pointer and the count are the buffer's own.
      let count = unsafe buffer.withUnsafeMutableBytes { raw in
        unsafe Glibc.read(descriptor, raw.baseAddress, raw.count)
      }
      if count == 0 { return result }
      if count > 0 {
        result.append(contentsOf: buffer[0..<count])
      } else if errno != EINTR {
        return nil
      }
    }
    return result
  }
}
