import Foundation
import Testing

/// The built tool, run as a user runs it.
struct BuiltTool {
  struct Result {
    let status: Int32
    let output: String
    let errors: String

    /// Each line of the output as a JSON object.
    func objects() throws -> [[String: Any]] {
      try output.split(separator: "\n").map { line in
        try #require(
          try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
      }
    }
  }

  /// The repository's root.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func fixture(_ path: String) -> String {
    root.appendingPathComponent("fixtures").appendingPathComponent(path).path
  }

  /// The tool, which is built into the folder of the test program.
  static func url(_ program: String = "vigil") throws -> URL {
    let tests = try #require(CommandLine.arguments.first)
    return URL(fileURLWithPath: tests).resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent(program)
  }

  /// Runs `vigil` and waits; both streams go through files, so that neither can fill a pipe.
  static func run(
    _ words: [String], input: String? = nil, in directory: String? = nil
  ) throws -> Result {
    try run(words, data: input.map { Data($0.utf8) }, in: directory)
  }

  /// - Parameters:
  ///   - program: another of the package's executables, beside the tool.
  ///   - directory: the working directory; ours by itself.
  static func run(
    program: String = "vigil", _ words: [String], data: Data? = nil, in directory: String? = nil
  ) throws -> Result {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let process = Process()
    process.executableURL = try url(program)
    process.arguments = words
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let (output, errors) = (folder.path("output"), folder.path("errors"))
    for path in [output, errors, folder.path("input")] {
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
    }
    try (data ?? Data()).write(to: URL(fileURLWithPath: folder.path("input")))
    process.standardInput = FileHandle(forReadingAtPath: folder.path("input"))
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus,
      output: String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: URL(fileURLWithPath: errors)), as: UTF8.self))
  }
}

/// A folder of its own, to be removed by whoever made it.
struct TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("vigil-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func remove() { try? FileManager.default.removeItem(at: url) }
}
