import Foundation
import Testing

/// `vigil case`, from its first step to the export that somebody else checks.
@Suite("Case command")
struct CaseCommandTests {
  private func vkey(_ directory: String) throws -> String {
    let ran = try BuiltTool.run(["init", "--journal", directory])
    return try #require(ran.output.split(separator: "\n").last?.dropFirst("vkey ".count))
      .description
  }

  @Test(
    "an investigation is kept, verified, exported, checked under known keys, and refused once changed"
  )
  func investigation() throws {
    let journal = try ForensicJournal()
    defer { journal.folder.remove() }
    let folder = journal.folder.path("case")
    func step(_ words: [String], by person: String = "kim") throws -> BuiltTool.Result {
      try BuiltTool.run(["case"] + words + ["--case", folder, "--by", person])
    }
    #expect(try step(["new", "--title", "Failed imports"]).status == 0)
    #expect(try step(["new", "--title", "Again"]).status == 2)
    let asked = try journal.run(
      "query", ["event=failed", "--count", "--case", folder, "--by", "kim"])
    #expect(asked.status == 0, "\(asked.errors)")
    let picked = try step(
      ["add", "3", "5", "--journal", journal.journal, "--comment", "why"], by: "lee")
    #expect(picked.output == "2 entries picked\n", "\(picked.errors)")
    let more = try step(["add", "--where", "event=failed", "--journal", journal.journal])
    #expect(more.output == "\(asked.output.dropLast()) entries picked\n", "\(more.errors)")
    #expect(try step(["add", "9999", "--journal", journal.journal]).status == 2)
    #expect(try step(["note", ForensicJournal.hostile, "was here"]).status == 0)
    let list = try step(["list"]).output
    #expect(
      list.isHarmless && list.contains("lee") && list.contains("entry 5 of vigil/forensic: why"))
    let steps = try step(["list", "--format", "jsonl"]).objects()
    #expect(steps.first?["step"] as? String == "opened" && steps.last?["step"] as? String == "note")
    #expect(try BuiltTool.run(["verify", "--journal", folder]).status == 0)

    let file = journal.folder.path("case.json")
    #expect(try step(["export", "--out", file]).status == 0)
    let keys = ["--vkey", try vkey(folder), "--vkey", try vkey(journal.journal)]
    let checked = try BuiltTool.run(["case", "check", file] + keys)
    #expect(
      checked.status == 0 && !checked.output.contains("key from the file"), "\(checked.output)")
    let unpinned = try BuiltTool.run(["case", "check", file]).output
    #expect(unpinned.components(separatedBy: "key from the file itself").count == 3)
    #expect(try BuiltTool.run(["case", "check", file] + keys.prefix(2)).status == 1)

    let text = try String(contentsOfFile: file, encoding: .utf8)
    try text.replacing("was here", with: "was gone").write(
      toFile: file, atomically: true, encoding: .utf8)
    let refused = try BuiltTool.run(["case", "check", file])
    #expect(refused.status == 1 && refused.output.contains("REFUSED: root"))
  }

  @Test("each piece of evidence is a proof that check-proof takes")
  func evidence() throws {
    let journal = try ForensicJournal(count: 5)
    defer { journal.folder.remove() }
    let folder = journal.folder.path("case")
    let person = ["--case", folder, "--by", "kim"]
    #expect(try BuiltTool.run(["case", "new", "--title", "t"] + person).status == 0)
    #expect(
      try BuiltTool.run(["case", "add", "2", "--journal", journal.journal] + person).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/evidence")
    #expect(names.count == 1)
    let proof = folder + "/evidence/" + (names.first ?? "")
    let checked = try BuiltTool.run(["check-proof", proof, "--vkey", try vkey(journal.journal)])
    #expect(checked.status == 0 && checked.output.contains("is entry 2 of"), "\(checked.output)")
    try FileManager.default.removeItem(atPath: proof)
    let broken = try BuiltTool.run(
      ["case", "export", "--out", journal.folder.path("x.json")] + person)
    #expect(
      broken.status == 1 && broken.errors.contains("expected a proof file"), "\(broken.errors)")
  }

  @Test(
    "what cannot be done is wrong usage",
    arguments: [
      ["case"], ["case", "open"], ["case", "check"], ["case", "check", "/nowhere"],
      ["case", "new"],
      ["case", "list", "--case", "/nowhere"], ["case", "list", "x", "--case", "/nowhere"],
    ])
  func usage(_ words: [String]) throws {
    let ran = try BuiltTool.run(words)
    #expect(ran.status == 2 && ran.output.isEmpty && !ran.errors.isEmpty, "\(ran)")
  }

  @Test("a file that is no case is refused, not a crash")
  func noCase() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try Data("{\"format\":\"vigil-case/1\"}".utf8).write(to: URL(fileURLWithPath: folder.path("x")))
    let ran = try BuiltTool.run(["case", "check", folder.path("x")])
    #expect(ran.status == 1 && ran.output.contains("no case file"))
  }
}
