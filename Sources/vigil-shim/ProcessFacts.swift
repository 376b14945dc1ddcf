import CPlatform
import Glibc

/// What /proc says about processes.
enum ProcessFacts {
  /// Clock ticks from the machine's start to the process's: with the id it names one process for ever.
  static func startTicks(_ process: Int32) -> Int64 {
    stat(process).flatMap { $0.count > 19 ? Int64($0[19]) : nil } ?? -1
  }

  static func bootID() -> String {
    let bytes = read("/proc/sys/kernel/random/boot_id") ?? []
    return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
  }

  /// Bytes that reached and left the disk layer's callers; -1 where the kernel does not say.
  static func transfer(_ process: Int32) -> (read: Int64, written: Int64) {
    let text = String(decoding: read("/proc/\(process)/io") ?? [], as: UTF8.self)
    func value(_ key: String) -> Int64 {
      let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
      return line.flatMap { Int64($0.dropFirst(key.count)) } ?? -1
    }
    return (value("rchar: "), value("wchar: "))
  }

  /// Children of this process.
  static func children(of parent: Int32) -> [Int32] {
    var result: [Int32] = []
    forEachProcess { process, fields in
      if fields.count > 1, Int32(fields[1]) == parent { result.append(process) }
    }
    return result
  }

  /// Whether a group has a member that has not ended.
  static func isAnyAlive(inGroup group: Int32) -> Bool {
    var isAlive = false
    forEachProcess { _, fields in
      guard fields.count > 2, Int32(fields[2]) == group else { return }
      isAlive = isAlive || (fields[0] != "Z" && fields[0] != "X")
    }
    return isAlive
  }

  /// At most 65,536 entries of /proc are looked at.
  private static func forEachProcess(_ body: (Int32, [Substring]) -> Void) {
    guard let stream = unsafe opendir("/proc") else { return }
    defer { unsafe closedir(stream) }
    for _ in 0..<65_536 {
      guard let entry = unsafe readdir(stream) else { break }
      // SAFETY: d_name is terminated and lives until the next readdir on this stream.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if let process = Int32(name), let fields = stat(process) { body(process, fields) }
    }
  }

  /// The fields behind the name: [0] is the state, [1] the parent, [2] the group, [19] the start.
  private static func stat(_ process: Int32) -> [Substring]? {
    guard let bytes = read("/proc/\(process)/stat"),
      let end = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    return String(decoding: bytes[(end + 1)...], as: UTF8.self).split(separator: " ")
  }

  private static func read(_ path: String) -> [UInt8]? {
    let file = unsafe vigil_open(path, O_RDONLY, 0)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return Descriptors.readAll(file, byteCountMax: 16 << 10)
  }
}
