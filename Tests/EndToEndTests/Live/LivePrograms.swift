import Foundation
import Testing

/// The real programs that the live tests stand on: where they are, and whether their absence is a
/// failure.
enum LivePrograms {
  /// `make test-live` sets it: then nothing may be missing.
  static let areRequired = ProcessInfo.processInfo.environment["VIGIL_TEST_LIVE"] == "required"

  /// A Python with Luigi in it; `make test-live` makes one.
  static var python: String {
    ProcessInfo.processInfo.environment["VIGIL_TEST_PYTHON"]
      ?? BuiltTool.root.appendingPathComponent(".build/live/bin/python").path
  }

  /// What is not there.
  static var missing: [String] {
    let programs = ["/usr/bin/caddy", "/usr/bin/glewlwyd", "/usr/bin/curl", python]
    return programs.filter { !FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Whether the live tests run: where something is missing they are skipped, unless required.
  static var areUsable: Bool { areRequired || missing.isEmpty }
}

/// A port that was free a moment ago.
func freePort() throws -> UInt16 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  // SAFETY: the address outlives both calls, and its length is stated.
  let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
      unsafe bind(descriptor, generic, length) | getsockname(descriptor, generic, &length)
    }
  }
  try #require(status == 0)
  return UInt16(bigEndian: address.sin_port)
}

/// A program that runs beside the test, with both streams in one file.
final class LiveProcess {
  /// Looks, 5 ms apart, for what is to appear: a minute on an idle machine.
  private static let lookCountMax = 12_000

  private let process = Process()
  let log: String

  init(
    _ program: String, _ words: [String], log: String, environment: [String: String] = [:],
    directory: String? = nil
  ) throws {
    self.log = log
    #expect(FileManager.default.createFile(atPath: log, contents: nil))
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = words
    process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]
      .merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    process.standardInput = FileHandle.nullDevice
    let handle = try #require(FileHandle(forWritingAtPath: log))
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var identifier: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }
  var text: String {
    String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
  }

  /// Waits until something is there; fails with the log when the program ends before.
  func wait(for what: String, until isThere: () throws -> Bool) throws {
    for _ in 0..<LiveProcess.lookCountMax {
      if try isThere() { return }
      guard process.isRunning else { break }
      usleep(5000)  // between two looks
    }
    Issue.record("\(what): \(process.isRunning ? "not within the time" : "ended"): \(text)")
    throw CocoaError(.executableLoad)
  }

  /// Its exit status, when it has ended by itself.
  func wait() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// SIGTERM, then its exit status.
  @discardableResult
  func stop() -> Int32 {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// SIGKILL: a crash.
  func crash() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
