import Foundation
import Testing

/// The built tool while it runs; both its streams go to files.
final class RunningTool {
  /// Looks, 2 ms apart, for what is to appear: 60 s on an idle machine.
  private static let lookCountMax = 30_000

  private let process = Process()
  private let streams: (output: String, errors: String)

  init(_ words: [String], in folder: TemporaryFolder) throws {
    let name = UUID().uuidString
    streams = (folder.path(name + ".out"), folder.path(name + ".err"))
    for path in [streams.output, streams.errors] {
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
    }
    process.executableURL = try BuiltTool.url()
    process.arguments = words
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: streams.output)
    process.standardError = FileHandle(forWritingAtPath: streams.errors)
    try process.run()
  }

  /// A writer that follows a file and takes requests of other commands.
  static func follow(
    _ log: String, into journal: String, _ folder: TemporaryFolder, key: String? = nil
  ) throws -> RunningTool {
    let words =
      ["ingest", "--journal", journal, "--follow", log] + (key.map { ["--key", $0] } ?? [])
    let tool = try RunningTool(words, in: folder)
    try tool.wait { FileManager.default.fileExists(atPath: journal + "/writer.sock") }
    return tool
  }

  var identifier: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }
  var output: String { text(streams.output) }
  var errors: String { text(streams.errors) }

  private func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }

  /// Waits until something is there; throws when the tool ends before, or never gets there.
  func wait(until isThere: () throws -> Bool) throws {
    for _ in 0..<RunningTool.lookCountMax {
      if try isThere() { return }
      guard process.isRunning else { break }
      usleep(2000)  // between two looks; what is waited for is the file, not the time
    }
    Issue.record("not there: \(process.isRunning ? "gave up" : errors)")
    throw CocoaError(.executableLoad)
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for its end by itself; its exit status.
  func end() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// SIGTERM, as an operator ends it; its exit status.
  func stop() -> Int32 {
    process.terminate()
    return end()
  }

  /// SIGKILL: a crash.
  func crash() {
    signal(SIGKILL)
    process.waitUntilExit()
  }
}

/// A `vigil witness` that runs beside the test, on a Unix socket.
final class RunningWitness {
  let socket: String
  let vkey: String
  let tool: RunningTool

  init(_ name: String, in folder: TemporaryFolder, trusting vkey: String) throws {
    // Unix sockets have short paths: the folder of the test may be too deep.
    socket = "/tmp/vigil-\(UUID().uuidString.prefix(8))-\(name)"
    let tool = try RunningTool(
      [
        "witness", "--store", folder.path(name), "--key", folder.path("\(name).key"), "--name",
        "\(name).example", "--trust", vkey, "--socket", socket,
      ], in: folder)
    // It prints its vkey once it listens.
    try tool.wait { tool.output.hasSuffix("\n") }
    let line = try #require(tool.output.split(separator: "\n").first)
    self.vkey = String(line.dropFirst("vkey ".count))
    self.tool = tool
  }

  var address: String { "unix:" + socket }

  /// Whether somebody is connected: beside the listening socket the kernel lists another.
  var isAsked: Bool {
    get throws {
      // To its end: a file of /proc states no size, and what reads by size takes its first pages.
      let file = try #require(FileHandle(forReadingAtPath: "/proc/net/unix"))
      let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
      return text.ranges(of: socket).count > 1
    }
  }

  /// Ends it as an operator does; its exit status.
  func stop() -> Int32 {
    let status = tool.stop()
    try? FileManager.default.removeItem(atPath: socket + ".lock")
    return status
  }
}
