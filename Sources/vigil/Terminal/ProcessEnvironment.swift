import CPlatform
import Glibc

/// What only the process itself knows.
enum ProcessEnvironment {
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Columns of the terminal behind a descriptor; 0 when it does not say.
  static func terminalColumns(_ descriptor: Int32) -> Int {
    Int(vigil_terminal_columns(descriptor))
  }

  /// The value of an environment variable; nil when unset. Hostile like any input.
  static func variable(_ name: String) -> String? {
    // SAFETY: getenv returns null or a C string that nobody changes: the tool never calls setenv.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(validatingCString: value)
  }

  /// `NAME=value` for those of the variables that are set.
  static func passedOn(_ names: [String]) -> [String] {
    names.compactMap { name in variable(name).map { "\(name)=\($0)" } }
  }

  /// The file that this process runs, as the kernel knows it; nil when it does not say.
  static func executablePath() -> String? {
    var buffer = [CChar](repeating: 0, count: 4097)
    // SAFETY: readlink writes at most the count it is given; the last byte stays 0.
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
    return count > 0 ? text(buffer) : nil
  }

  static func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

  /// Absolute; nil when it has been removed or its name is longer than 4,096 bytes.
  static func workingDirectory() -> String? {
    var buffer = [CChar](repeating: 0, count: 4097)
    // SAFETY: getcwd writes at most the count it is given, terminated.
    guard unsafe getcwd(&buffer, buffer.count) != nil else { return nil }
    return text(buffer)
  }

  /// Microseconds since the Unix epoch by the system's clock.
  static func clockMicroseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  /// Processors that this process may use; at least 1.
  static func processorCount() -> Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// The system's name for the user whose rights this process has; nil when it has none that is text.
  static func userName() -> String? {
    // SAFETY: the entry lives until the next call, which no other thread makes; the name is copied here.
    guard let entry = unsafe getpwuid(geteuid()), let name = unsafe entry.pointee.pw_name else {
      return nil
    }
    return unsafe String(validatingCString: name)
  }

  /// The machine's name; nil when it has none that is text.
  static func hostName() -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    // SAFETY: gethostname writes at most the count it is given; the last byte stays 0.
    guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return nil }
    return text(buffer)
  }

  /// Makes a directory of its own under `parent`; nil when that failed.
  static func makeTemporaryDirectory(in parent: String) -> String? {
    var template = (parent + "/vigil-XXXXXX").utf8.map { CChar(bitPattern: $0) } + [0]
    // SAFETY: mkdtemp rewrites the six X in place; the buffer is terminated and outlives the call.
    guard unsafe mkdtemp(&template) != nil else { return nil }
    return text(template)
  }

  /// Up to the first zero byte; nil when it is no UTF-8.
  private static func text(_ buffer: [CChar]) -> String? {
    String(validating: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Frees this process of what it inherited and must not heed. To be called first.
  static func clean() { vigil_start_clean() }

  static func exit(_ status: Int32) -> Never { Glibc.exit(status) }
}

/// SIGINT and SIGTERM as a flag, so that following ends behind a commit.
enum StopSignal {
  static func install() { vigil_install_stop_signal() }
  static var wasReceived: Bool { vigil_stop_was_requested() != 0 }
  static func sleep(milliseconds: Int32) { vigil_sleep_milliseconds(milliseconds) }
}
