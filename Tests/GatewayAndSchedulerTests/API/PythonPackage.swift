import Foundation
import Glibc

/// A Python package that a test drives: in an environment of its own, made where there is none.
struct PythonPackage: Sendable {
  struct Failure: Error { let message: String }

  /// What pip installs, with its version.
  let requirement: String
  /// What is imported.
  let module: String
  /// The environment names an interpreter that has the package already; the first that is set counts.
  let variables: [String]
  /// The variable that, set to `required`, makes an absent package a failure.
  let demand: String
  /// One that another target of the Makefile makes, from the repository's root.
  var other: String?

  static let openAPI = PythonPackage(
    requirement: "openapi-spec-validator==0.9.0", module: "openapi_spec_validator",
    variables: ["VIGIL_TEST_OPENAPI"], demand: "VIGIL_TEST_INTEROP")
  static let luigi = PythonPackage(
    requirement: "luigi==3.8.1", module: "luigi",
    variables: ["VIGIL_TEST_LUIGI", "VIGIL_TEST_PYTHON"], demand: "VIGIL_TEST_LIVE",
    other: ".build/live/bin/python")

  private static let environment = ProcessInfo.processInfo.environment

  /// Whether the test is to run: the package is there, or must be.
  var isWanted: Bool { PythonPackage.environment[demand] == "required" || ready != nil }

  /// An interpreter that is there.
  private var ready: String? {
    if let named = variables.compactMap({ PythonPackage.environment[$0] }).first { return named }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    let places = [other.map { "\(root)/\($0)" }, folder.path + "/bin/python"].compactMap { $0 }
    return places.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  var absence: String {
    "\(requirement) is not at hand: set \(variables[0]) to a Python that has it, or "
      + "\(demand)=required to have it installed"
  }

  /// Beside the test program, so that it is made once.
  private var folder: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("python-\(module)")
  }

  /// An interpreter that can import the package; installs it where it must.
  func interpreter() async throws -> String {
    if let ready, try await PythonPackage.run(ready, ["-c", "import \(module)"]).status == 0 {
      return ready
    }
    let python = folder.path + "/bin/python"
    for words in [
      ["python3", "-m", "venv", folder.path],
      [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement],
    ] {
      let result = try await PythonPackage.run("/usr/bin/env", words)
      guard result.status == 0 else {
        throw Failure(message: "\(words.joined(separator: " ")): \(result.text)")
      }
    }
    return python
  }

  /// Runs a program; its output and errors together. 127 where there is none.
  static func run(
    _ program: String, _ words: [String], environment: [String: String] = [:]
  ) async throws -> (status: Int32, text: String) {
    try await offPool {
      guard FileManager.default.isExecutableFile(atPath: program) else { return (127, "") }
      let directory = try TemporaryDirectory()
      let output = directory.path + "/output"
      try Data().write(to: URL(fileURLWithPath: output))
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = words
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle(forWritingAtPath: output)
      process.standardError = process.standardOutput
      try process.run()
      process.waitUntilExit()
      let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self)
      let signal = process.terminationReason == .uncaughtSignal
      return (signal ? -process.terminationStatus : process.terminationStatus, text)
    }
  }
}
