import Foundation
import Ingest
import Testing

/// The files of fixtures/recorded, split on byte 0x0A only.
enum RecordedLog {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "fixtures/recorded")

  /// The access log, oldest file first.
  static let accessFiles = [
    "live-1/caddy-access-2026-11-23T23-39-35.969.log.gz",
    "live-1/caddy-access-2026-11-23T23-40-19.553.log.gz",
    "live-1/caddy-access.log",
  ]

  static func lines(_ name: String) throws -> [[UInt8]] {
    let bytes = name.hasSuffix(".gz") ? try gunzip(name) : try read(name)
    return bytes.split(separator: 0x0A, omittingEmptySubsequences: true).map(Array.init)
  }

  static func accessLines() throws -> [[UInt8]] { try accessFiles.flatMap(lines) }

  /// The access log with what a parser under `auto` makes of it, parsed once for all tests.
  static let parsedAccess = Result { () throws -> [(line: [UInt8], parsed: ParsedLine)] in
    var parser = LineParser(format: .auto)
    return try accessLines().map { ($0, parser.parse($0)) }
  }

  private static func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appending(path: name)))
  }

  private static func gunzip(_ name: String) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", folder.appending(path: name).path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let bytes = Array(pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "gzip -dc \(name)")
    return bytes
  }
}

extension LineParser {
  mutating func parse(_ line: [UInt8]) -> ParsedLine { parse(line.span) }

  mutating func parse(_ line: String) -> ParsedLine { parse(Array(line.utf8)) }
}

extension ParsedLine {
  var prepared: PreparedRecord? {
    if case .record(let prepared) = self { prepared } else { nil }
  }

  var rejection: Rejection? {
    if case .rejected(let rejection) = self { rejection } else { nil }
  }

  var ignoredReason: String? {
    if case .ignored(let reason) = self { reason } else { nil }
  }

  var request: RequestRecord? {
    if case .request(let body) = prepared?.record.body { body } else { nil }
  }

  var run: RunRecord? {
    if case .run(let body) = prepared?.record.body { body } else { nil }
  }

  var task: TaskRecord? {
    if case .task(let body) = prepared?.record.body { body } else { nil }
  }

  var control: ControlRecord? {
    if case .control(let body) = prepared?.record.body { body } else { nil }
  }
}
