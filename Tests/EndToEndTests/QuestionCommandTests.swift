import Foundation
import Testing

@Suite("one question asked of files") struct QuestionCommandTests {
  private static let logs = ["caddy-access.log.gz", "launcher.jsonl.gz"].map {
    BuiltTool.fixture("sixty-days/\($0)")
  }

  @Test("the answer is sorted lines, its counts one JSON object, wherever the answer goes")
  func answerAndCounts() throws {
    let question = ["scan", "--question", "common"]
    let printed = try BuiltTool.run(question + QuestionCommandTests.logs)
    #expect(printed.status == 0)
    let lines = printed.output.split(separator: "\n")
    #expect(lines == lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    #expect(lines.allSatisfy { $0.split(separator: "\t").count == 4 })
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let written = try BuiltTool.run(
      question + ["--out", folder.path("answer")] + QuestionCommandTests.logs)
    #expect(written.status == 0 && written.errors.isEmpty)
    #expect(try String(contentsOfFile: folder.path("answer"), encoding: .utf8) == printed.output)
    #expect(printed.errors == written.output)
    let counts = try #require(try written.objects().first)
    // Counted by a script that shares nothing with the tool.
    #expect(counts["triggers"] as? Int == 4289 && counts["runs"] as? Int == 4298)
    #expect(counts["joined"] as? Int == 4288 && counts["malformed"] as? Int == 0)
    let named = (counts["offhours"] as? Int ?? 0) + (counts["runaway"] as? Int ?? 0)
    #expect(named == lines.count)
  }

  @Test(
    "a wrong command line ends with status 2 and says what was expected",
    arguments: [
      (["--question", "common", "a"], "1 files with --question: expected two"),
      (["--question", "rare", "a", "b"], "--question \"rare\": expected one of common"),
      (["--question", "common", "--activities", "a", "b"], "--activities with --question"),
      (["--question", "common", "--fail-on", "high", "a", "b"], "--fail-on with --question"),
      (["--question", "common", "--p-max", "0.1", "a", "b"], "--p-max with --question"),
      (["--question", "common", "-", "-"], "- given twice"),
      (["--out", "a", "b"], "--out without --question"),
      (["--question", "common", "/nonexistent/a", "b"], "open /nonexistent/a: nothing there"),
    ])
  func usage(words: [String], message: String) throws {
    let ran = try BuiltTool.run(["scan"] + words)
    #expect(ran.status == 2)
    #expect(ran.errors.contains(message))
  }

  @Test("lines that cannot be read are placed on standard error, and the rest is answered")
  func malformedLines() throws {
    let ran = try BuiltTool.run(
      ["scan", "--question", "common", "-", QuestionCommandTests.logs[1]], input: "{}\n{\"a\":\n")
    #expect(ran.status == 0)
    #expect(ran.errors.contains("\"malformed\":1"))
    #expect(ran.errors.contains("-: line at byte 3: unexpected_end at its byte 5: not counted"))
  }
}
