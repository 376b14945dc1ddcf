/// What a shim is to run: the file `spec` of an attempt's directory.
///
/// Texts, each ended by a zero, for no argument and no variable can hold one:
///
///     vigil-shim 1 | run_id=… | attempt=1 | … | arg=prog | arg=--date=… | env=PATH=… | end
///
/// A shim has no JSON reader: it starts with each run, and what it does not link, no run waits for.
package struct ShimSpecification: Sendable, Equatable {
  /// 32 hex digits.
  package var runID: String
  /// From 1.
  package var attempt: Int
  /// The program first; never empty.
  package var arguments: [String]
  /// `NAME=value`.
  package var environment: [String]
  /// Absolute.
  package var directory: String
  /// From the start to TERM; milliseconds.
  package var timeoutMilliseconds: Int
  /// From TERM to KILL; milliseconds.
  package var graceMilliseconds: Int
  package var heartbeatMilliseconds: Int
  /// Kept of standard output and of standard error each.
  package var outputByteCountMax: Int
  /// CPU seconds, address space, open files, processes, file size; -1 for none of ours.
  package var limits: [Int64]
  /// The server's Unix socket; empty for none.
  package var socket: String
  /// What the shim shows there; never in a record, an error or a log.
  package var token: String

  /// Bytes of a file that is looked at. 8 MiB.
  package static let byteCountMax = 8 << 20
  private static let heading = "vigil-shim 1"

  package init(runID: String, attempt: Int, arguments: [String]) {
    self.runID = runID
    self.attempt = attempt
    self.arguments = arguments
    environment = []
    directory = "/"
    timeoutMilliseconds = 86_400_000
    graceMilliseconds = 10_000
    heartbeatMilliseconds = 5000
    outputByteCountMax = 16 << 20
    limits = [-1, -1, -1, -1, -1]
    socket = ""
    token = ""
  }

  /// The file's bytes; nil where a text holds a zero.
  package var bytes: [UInt8]? {
    let fields = [
      ShimSpecification.heading, "run_id=\(runID)", "attempt=\(attempt)",
      "directory=\(directory)", "timeout_ms=\(timeoutMilliseconds)",
      "grace_ms=\(graceMilliseconds)", "heartbeat_ms=\(heartbeatMilliseconds)",
      "output_bytes=\(outputByteCountMax)", "socket=\(socket)", "token=\(token)",
    ]
    let texts =
      fields + limits.map { "limit=\($0)" } + arguments.map { "arg=" + $0 }
      + environment.map { "env=" + $0 } + ["end"]
    var result: [UInt8] = []
    for text in texts {
      guard !text.utf8.contains(0) else { return nil }
      result.append(contentsOf: text.utf8)
      result.append(0)
    }
    return result
  }

  /// Reads a file's bytes; nil for a torn or foreign one.
  package init?(_ bytes: [UInt8]) {
    guard bytes.last == 0, bytes.count <= ShimSpecification.byteCountMax else { return nil }
    let texts = bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard texts.first == ShimSpecification.heading, texts.last == "end" else { return nil }
    self.init(runID: "", attempt: 0, arguments: [])
    limits = []
    for text in texts.dropFirst().dropLast() {
      guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let value = String(text[text.index(after: equals)...])
      guard take(text[..<equals], value) else { return nil }
    }
    guard !runID.isEmpty, attempt > 0, !arguments.isEmpty, limits.count == 5 else { return nil }
  }

  private mutating func take(_ key: Substring, _ value: String) -> Bool {
    switch key {
    case "run_id": runID = value
    case "directory": directory = value
    case "socket": socket = value
    case "token": token = value
    case "arg": arguments.append(value)
    case "env": environment.append(value)
    case "attempt": return take(value, \.attempt)
    case "timeout_ms": return take(value, \.timeoutMilliseconds)
    case "grace_ms": return take(value, \.graceMilliseconds)
    case "heartbeat_ms": return take(value, \.heartbeatMilliseconds)
    case "output_bytes": return take(value, \.outputByteCountMax)
    case "limit":
      guard let limit = Int64(value) else { return false }
      limits.append(limit)
    default: return false
    }
    return true
  }

  private mutating func take(
    _ value: String, _ place: WritableKeyPath<ShimSpecification, Int>
  ) -> Bool {
    guard let number = Int(value), number >= 0 else { return false }
    self[keyPath: place] = number
    return true
  }
}

extension ShimSpecification: CustomStringConvertible {
  /// Without arguments, environment and token: they may hold secrets.
  package var description: String { "run \(runID), attempt \(attempt)" }
}
