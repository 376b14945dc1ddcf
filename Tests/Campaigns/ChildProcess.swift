import Foundation
import Glibc

/// A program started by a campaign; its streams are files, so that nothing can fill a pipe, and what
/// it wrote before it was killed stays readable.
final class ChildProcess {
  private let process = Process()
  private let outputPath: String
  private let errorPath: String

  /// - Parameter folder: takes the files of the streams.
  init(_ words: [String], in folder: WorkFolder, input: String? = nil) throws {
    outputPath = folder.newPath("output")
    errorPath = folder.newPath("errors")
    for path in [outputPath, errorPath] {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw CampaignError("\(path): could not be made")
      }
    }
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    process.standardInput = FileHandle(forReadingAtPath: input ?? "/dev/null")
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: errorPath)
    try process.run()
  }

  deinit {
    for path in [outputPath, errorPath] { try? FileManager.default.removeItem(atPath: path) }
  }

  var processID: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  /// What it wrote so far.
  var output: String { ChildProcess.text(outputPath) }
  var errors: String { ChildProcess.text(errorPath) }

  /// Only while it runs: afterwards its number may be another process's.
  func kill() {
    if process.isRunning { _ = Glibc.kill(process.processIdentifier, SIGKILL) }
  }

  /// Waits for its end; the exit status, or 128 and the signal.
  @discardableResult
  func wait() -> Int32 {
    process.waitUntilExit()
    let status = process.terminationStatus
    return process.terminationReason == .uncaughtSignal ? 128 + status : status
  }

  /// Waits until its output holds `text`; false when it ends first, or after 20 s.
  func waitFor(_ text: String) -> Bool {
    for _ in 0..<4000 {
      if output.contains(text) { return true }
      if !process.isRunning { return output.contains(text) }
      usleep(5000)
    }
    return false
  }

  private static func text(_ path: String) -> String {
    String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data(), as: UTF8.self)
  }
}

/// A folder that is removed at the end, unless a failure makes it worth keeping.
final class WorkFolder {
  let path: String
  private var count = 0

  /// - Parameter inMemory: where syncs cost nothing; for faults that no real disk has a part in.
  init(_ name: String, inMemory: Bool = false) throws {
    let memory = "/dev/shm"
    let parent =
      inMemory && FileManager.default.isWritableFile(atPath: memory)
      ? URL(fileURLWithPath: memory) : FileManager.default.temporaryDirectory
    path = parent.appendingPathComponent("vigil-\(name)-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// A path that was not given before.
  func newPath(_ name: String) -> String {
    count += 1
    return "\(path)/\(count)-\(name)"
  }

  func write(_ name: String, _ text: String) throws -> String {
    let place = "\(path)/\(name)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: place))
    return place
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Records as lines, for the tool to read.
enum CampaignLines {
  /// Request records with ids `name-0` …, each of about `byteCount` bytes.
  static func requests(_ name: String, count: Int, byteCount: Int = 200) -> String {
    let path = "/" + String(repeating: "x", count: max(1, byteCount - 150))
    return (0..<count).map { number in
      #"{"v":1,"kind":"request","ts":"2026-11-24T05:28:54.000000Z","source":"caddy/campaign","#
        + #""id":"\#(name)-\#(number)","method":"GET","path":"\#(path)","status":200}"# + "\n"
    }.joined()
  }
}
