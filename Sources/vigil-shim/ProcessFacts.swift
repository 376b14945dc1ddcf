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

  /// Children of this process, at most 65,536 entries of /proc looked at.
  static func children(of parent: Int32) -> [Int32] {
    guard let stream = unsafe opendir("/proc") else { return [] }
    defer { unsafe closedir(stream) }
    var result: [Int32] = []
    for _ in 0..<65_536 {
      guard let entry = unsafe readdir(stream) else { break }
      // SAFETY: d_name is terminated and lives until the next readdir on this stream.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      guard let process = Int32(name), let fields = stat(process), fields.count > 1,
        Int32(fields[1]) == parent
      else { continue }
      result.append(process)
    }
    return result
  }

  /// The fields behind the name, from the state on: [1] is the parent, [19] the start.
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
