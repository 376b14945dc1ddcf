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

  /// Microseconds since the Unix epoch by the system's clock.
  static func clockMicroseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  /// Processors that this process may use; at least 1.
  static func processorCount() -> Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

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

  static func exit(_ status: Int32) -> Never { Glibc.exit(status) }
}

/// SIGINT and SIGTERM as a flag, so that following ends behind a commit.
enum StopSignal {
  static func install() { vigil_install_stop_signal() }
  static var wasReceived: Bool { vigil_stop_was_requested() != 0 }
  static func sleep(milliseconds: Int32) { vigil_sleep_milliseconds(milliseconds) }
}
