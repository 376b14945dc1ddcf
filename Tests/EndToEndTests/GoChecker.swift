import Foundation
import Testing

/// The independent checker of Tests/Interop, built with Go.
struct GoChecker {
  struct Failure: Error { let message: String }

  let executable: URL

  /// Asked for by the environment, so that a missing Go is a failure and not a skipped test.
  static let isDemanded = ProcessInfo.processInfo.environment["VIGIL_TEST_INTEROP"] == "required"

  static let compiler: URL? = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":").map { URL(fileURLWithPath: String($0)).appendingPathComponent("go") }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }

  static var isWanted: Bool { isDemanded || compiler != nil }

  /// Built once for all tests, beside the tests' own binary.
  static let shared = Result { try build() }

  private static func build() throws -> GoChecker {
    guard let compiler else {
      throw Failure(message: "no go on the PATH: expected Debian's golang-go")
    }
    let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    let folder = tests.deletingLastPathComponent().appendingPathComponent("interop")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let executable = folder.appendingPathComponent("check")
    let sources = BuiltTool.root.appendingPathComponent("Tests/Interop")
    let files = try FileManager.default.contentsOfDirectory(atPath: sources.path)
      .filter { $0.hasSuffix(".go") }.sorted()
    let result = try run(
      compiler, ["build", "-o", executable.path] + files, in: sources,
      environment: [
        "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "",
        "GOCACHE": folder.appendingPathComponent("cache").path,
      ])
    guard result.status == 0 else { throw Failure(message: "go build: \(result.text)") }
    return GoChecker(executable: executable)
  }

  /// Runs the checker; its output and errors together.
  func run(_ words: [String]) throws -> (status: Int32, text: String) {
    try GoChecker.run(executable, words, in: BuiltTool.root, environment: [:])
  }

  private static func run(
    _ program: URL, _ words: [String], in folder: URL, environment: [String: String]
  ) throws -> (status: Int32, text: String) {
    let scratch = try TemporaryFolder()
    defer { scratch.remove() }
    let output = scratch.path("output")
    guard FileManager.default.createFile(atPath: output, contents: nil) else {
      throw Failure(message: "\(output): could not be made")
    }
    let process = Process()
    process.executableURL = program
    process.arguments = words
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = process.standardOutput
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self)
    return (process.terminationStatus, text)
  }
}

/// A journal made and published by the built tool, in a folder of its own.
struct PublishedByTool {
  let folder: TemporaryFolder

  var journal: String { folder.path("journal") }
  var tiles: String { folder.path("tiles") }

  init() throws { folder = try TemporaryFolder() }

  /// Request records, one a line, as the tool takes them.
  static func lines(_ range: Range<Int>) -> String {
    range.map { number in
      "{\"v\":1,\"kind\":\"request\",\"ts\":\"2026-11-24T05:00:00.000000Z\","
        + "\"source\":\"caddy/edge-1\",\"id\":\"r\(number)\",\"method\":\"GET\","
        + "\"path\":\"/jobs/\(number)\",\"status\":200}\n"
    }.joined()
  }

  func ingest(_ range: Range<Int>) throws {
    let result = try BuiltTool.run(
      [
        "ingest", "--journal", journal, "--origin", "vigil/interop", "--format", "record",
        "--clock", "2026-11-24T06:00:00Z", "-",
      ], input: PublishedByTool.lines(range))
    #expect(result.status == 0, "\(result.errors)")
  }

  func publish() throws {
    let result = try BuiltTool.run(["tiles", "--journal", journal, "--out", tiles])
    #expect(result.status == 0, "\(result.errors)")
  }

  /// As journal.json states it.
  func vkey() throws -> String {
    let data = try Data(contentsOf: URL(fileURLWithPath: journal + "/journal.json"))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try #require(object["vkey"] as? String)
  }

  /// Lines of the checkpoint file: origin, size, root, nothing, signatures.
  func size() throws -> Int {
    let text = try String(contentsOfFile: journal + "/checkpoint", encoding: .utf8)
    return try #require(Int(text.split(separator: "\n")[1]))
  }

  func entry(_ index: Int) throws -> String {
    let text = try String(
      contentsOfFile: journal + "/segments/000000000000.jsonl", encoding: .utf8)
    return String(text.split(separator: "\n")[index])
  }
}
