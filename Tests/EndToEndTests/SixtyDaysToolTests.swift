import Foundation
import SixtyDays
import Testing

@Suite("sixty-days")
struct SixtyDaysToolTests {
  @Test("the tool writes the library's stream, without what it is told to leave out")
  func writesFiles() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sixty-days-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let ran = try run([
      "--out", folder.path, "--without", "lostTrigger", "--without", "clockChange", "--seed", "3",
    ])
    #expect(ran.exitCode == 0, "\(ran.errors)")
    let expected = Survey.otherRecording
    for log in Log.allCases {
      let written = try Data(contentsOf: folder.appendingPathComponent(log.rawValue))
      let isSame = written == Data(expected.text(of: log).utf8)
      #expect(isSame, "\(log.rawValue)")
      #expect(ran.output.contains("\(log.rawValue): \(expected.lines(of: log).count) lines\n"))
    }
    let truth = try Data(contentsOf: folder.appendingPathComponent("truth.json"))
    #expect(truth == Data(expected.truth.json.utf8))
  }

  @Test(
    "a command line that it does not understand is refused with what was found and expected",
    arguments: [
      ([], "option '--out' is missing: expected a folder"),
      (["--out"], "option '--out': found no value after it"),
      (["--out", "x", "--seed", "-1"], "option '--seed': found '-1', expected a whole number"),
      (["--out", "x", "--without", "rain"], "found 'rain', expected one of compromisedAccount"),
      (["--into", "x"], "unknown option '--into'"),
    ])
  func usageErrors(words: [String], message: String) throws {
    let ran = try run(words)
    #expect(ran.exitCode == 2)
    #expect(ran.errors.hasPrefix("sixty-days: "))
    #expect(ran.errors.contains(message), "\(ran.errors)")
    #expect(ran.output.isEmpty)
  }

  @Test("a folder that cannot be written to is named, with exit code 4")
  func unwritableFolder() throws {
    let ran = try run(["--out", "/proc/sixty-days"])
    #expect(ran.exitCode == 4)
    #expect(ran.errors.contains("write files to '/proc/sixty-days': "), "\(ran.errors)")
  }

  @Test("the help names every incident and look-alike")
  func help() throws {
    let ran = try run(["--help"])
    #expect(ran.exitCode == 0)
    for name in Incident.allCases.map(\.rawValue) + LookAlike.allCases.map(\.rawValue) {
      #expect(ran.output.contains(name))
    }
  }

  /// Runs the tool, which is built into the folder of the test program.
  private func run(
    _ words: [String]
  ) throws -> (exitCode: Int32, output: String, errors: String) {
    let tests = try #require(CommandLine.arguments.first)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tests).resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("sixty-days")
    process.arguments = words
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    // Both are short: neither pipe fills while the other is read.
    let written = output.fileHandleForReading.readDataToEndOfFile()
    let complained = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: written, as: UTF8.self),
      String(decoding: complained, as: UTF8.self)
    )
  }
}
