import Detect
import Ingest
import Report

/// `vigil scan --question common`: one question, answered from the files as fast as they can be read.
struct QuestionRun {
  private let gateway: String
  private let runs: String
  private let output: String?

  /// Takes the two operands and `--out`.
  init(_ arguments: ParsedArguments) throws(UsageError) {
    // An option that changes nothing here would be believed to: `--fail-on` above all.
    for option in ScanCommand.specification.options.map(\.name)
    where option != "--question" && option != "--out" && arguments.has(option) {
      throw UsageError("\(option) with --question: expected one of them")
    }
    guard arguments.operands.count == 2 else {
      throw UsageError(
        "\(arguments.operands.count) files with --question: expected two, a gateway's access log and "
          + "a launcher's events")
    }
    gateway = arguments.operands[0]
    runs = arguments.operands[1]
    guard gateway != InputFile.standardInputName || runs != InputFile.standardInputName else {
      throw UsageError("- given twice: standard input can be read once")
    }
    output = arguments.value("--out")
  }

  /// Prints the answer, and the counts behind it: to standard output, or to standard error where that
  /// has the answer.
  func run(_ tool: Tool) throws {
    let crew = ChunkCrew(threadCount: Assembly.helperCount() + 1)
    let question = CommonQuestion(crew, Assembly.questionSecret())
    let answer = try question.answer(gateway: gateway, runs: runs)
    var bytes: [UInt8] = []
    for line in answer.lines { bytes += line + [0x0A] }
    let counts = QuestionCounts.line(answer.counts)
    if let output {
      try QuestionRun.write(bytes, to: output)
      tool.print(counts)
    } else {
      tool.write(bytes: bytes)
      tool.printError(counts)
    }
    complain(gateway, answer.malformedGateway, tool)
    complain(runs, answer.malformedRuns, tool)
  }

  private func complain(_ path: String, _ lines: [MalformedLine], _ tool: Tool) {
    for line in lines {
      tool.printError(
        "\(TerminalText.escaped(path)): line at byte \(line.byteOffset): \(line.reason) at its byte "
          + "\(line.offsetInLine): not counted")
    }
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard !name.isEmpty else {
      throw UsageError("--out \(Quotation.quoted(path)): expected the name of a file")
    }
    let storage = try PosixStorage(directory: directory, creating: false)
    try storage.replace(name, with: bytes.span, .group)
  }
}

/// The counts as one line of JSON.
enum QuestionCounts {
  static func line(_ counts: CommonAnswer.Counts) -> String {
    let members: [(String, Int)] = [
      ("gateway", counts.gateway), ("events", counts.events), ("triggers", counts.triggers),
      ("runs", counts.runs), ("joined", counts.joined),
      ("unmatched_requests", counts.unmatchedRequests), ("unmatched_runs", counts.unmatchedRuns),
      ("runaway", counts.runaway), ("offhours", counts.offhours), ("malformed", counts.malformed),
    ]
    return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }
}
