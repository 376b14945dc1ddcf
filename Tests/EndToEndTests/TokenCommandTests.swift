import Foundation
import Testing

@Suite("vigil token") struct TokenCommandTests {
  private let folder: TemporaryFolder
  private let journal: String
  private let state: String

  init() throws {
    folder = try TemporaryFolder()
    journal = folder.path("journal")
    state = folder.path("state")
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: false)
    let run =
      #"{"schema":"trigger-event/1","ts":1.5,"event":"run.requested","run_id":"r","job":"j"}"#
    #expect(try BuiltTool.run(["ingest", "--journal", journal, "-"], input: run).status == 0)
  }

  private func token(_ words: [String]) throws -> BuiltTool.Result {
    try BuiltTool.run(["token"] + words + ["--state", state, "--journal", journal])
  }

  private func id(_ text: String) -> String { String(text.dropFirst(6).prefix(16)) }

  private func entries() throws -> [[String: Any]] {
    let text = try String(contentsOfFile: journal + "/segments/000000000000.jsonl", encoding: .utf8)
    return try text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test("a token's life: shown once, listed without its secret, rotated, revoked, and recorded")
  func life() throws {
    defer { folder.remove() }
    let created = try token(
      [
        "create", "--for", "svc-ci", "--scope", "run:trigger:etl", "--group", "ci", "--expires",
        "30d",
      ])
    #expect(created.status == 0, "\(created.errors)")
    let text = created.output.trimmingCharacters(in: .newlines)
    #expect(
      text.hasPrefix("vigil_") && text.utf8.count == 87 && !created.errors.contains(text.suffix(64))
    )
    let old = id(text)
    let rotated = try token(["rotate", old, "--overlap", "1h"])
    let new = id(rotated.output)
    #expect(rotated.status == 0 && new != old)
    let listed = try BuiltTool.run(["token", "list", "--state", state, "--format", "jsonl"])
    #expect(!listed.output.contains(text.suffix(64)))
    let objects = try listed.objects()
    #expect(objects.map { $0["state"] as? String } == ["overlapping", "good"])
    #expect(
      objects.map { $0["id"] as? String } == [old, new] && objects[0]["successor"] as? String == new
    )
    #expect(
      objects[1]["scopes"] as? [String] == ["run:trigger:etl"]
        && objects[1]["groups"] as? [String] == ["ci"])
    #expect(try token(["revoke", new, "--reason", "leaked"]).status == 0)
    #expect(try token(["rotate", new, "--overlap", "1h"]).status == 2)
    let controls = try entries().filter { ($0["event"] as? String)?.hasPrefix("token_") == true }
    #expect(
      controls.map { $0["event"] as? String } == [
        "token_created", "token_created", "token_rotated", "token_revoked",
      ])
    #expect(controls.map { $0["subject"] as? String } == [old, new, old, new])
    #expect((controls[2]["counts"] as? [String: Int])?["overlap_s"] == 3600)
    #expect(
      controls.allSatisfy { $0["imported"] == nil && $0["source"] as? String == "vigil/gateway" })
    let all = try String(contentsOfFile: journal + "/segments/000000000000.jsonl", encoding: .utf8)
    #expect(!all.contains(text.suffix(64)) && !all.contains(rotated.output.suffix(65).prefix(64)))
    for name in ["tokens.jsonl", "token-key"] {
      let mode = try FileManager.default.attributesOfItem(atPath: state + "/" + name)[
        .posixPermissions]
      #expect(mode as? Int == 0o600, "\(name)")
    }
    #expect(try BuiltTool.run(["verify", "--journal", journal]).status == 0)
  }

  @Test("a use of the old credential after the overlap is the finding token_after_rotation")
  func finding() throws {
    defer { folder.remove() }
    let old = id(try token(["create", "--for", "svc-ci", "--scope", "*"]).output)
    let new = id(try token(["rotate", old, "--overlap", "600s"]).output)
    // What the gateway records of the checker's refusal, and of uses that are good.
    func use(_ credential: String, afterSeconds seconds: Double, _ effect: String) throws {
      let date = Date(timeIntervalSinceNow: seconds)
      let ts = date.formatted(.iso8601)
      let line =
        #"{"v":1,"kind":"decision","ts":"\#(ts)","source":"vigil/gateway","id":"decision/\#(credential)-\#(seconds)","#
        + #""request_id":"\#(credential)-\#(seconds)","principal":"svc-ci","action":"run:trigger","job":"etl","#
        + #""effect":"\#(effect)","rule":"credential","reason":"rotated_away","credential":"service_token","credential_id":"\#(credential)"}"#
      #expect(try BuiltTool.run(["record", "--journal", journal], input: line).status == 0)
    }
    try use(old, afterSeconds: 60, "permit")
    try use(new, afterSeconds: 700, "permit")
    try use(old, afterSeconds: 720, "deny")
    let found = try BuiltTool.run(
      ["detect", "--journal", journal, "--rule", "token_after_rotation", "--format", "jsonl"])
    let findings = try found.objects()
    #expect(findings.count == 1, "\(found.output)\(found.errors)")
    let observed = findings.first?["observed"] as? [String: Any]
    #expect(
      observed?["credential_id"] as? String == old && observed?["effect"] as? String == "deny")
    #expect(findings.first?["principal"] as? String == "svc-ci")
    // And the list says when each was last seen.
    let listed = try BuiltTool.run(
      ["token", "list", "--state", state, "--journal", journal, "--format", "jsonl"]).objects()
    #expect(listed.allSatisfy { $0["last_use"] != nil })
  }

  @Test("works beside a running writer")
  func besideWriter() throws {
    defer { folder.remove() }
    let log = folder.path("empty.log")
    #expect(FileManager.default.createFile(atPath: log, contents: nil))
    let writer = try RunningTool.follow(log, into: journal, folder)
    let created = try token(["create", "--for", "svc-ci", "--scope", "*", "--expires", "never"])
    #expect(created.status == 0 && created.output.hasPrefix("vigil_"), "\(created.errors)")
    #expect(writer.stop() == 0)
    #expect(try entries().contains { $0["subject"] as? String == id(created.output) })
  }

  @Test("a journal that is not there leaves no token behind")
  func noJournal() throws {
    defer { folder.remove() }
    let words = [
      "create", "--for", "a", "--scope", "*", "--state", state, "--journal", folder.path("none"),
    ]
    let ran = try BuiltTool.run(["token"] + words)
    #expect(ran.status != 0 && ran.output.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: state).isEmpty)
  }

  @Test("a damaged token file is damage, told by its line")
  func damaged() throws {
    defer { folder.remove() }
    #expect(try token(["create", "--for", "a", "--scope", "*"]).status == 0)
    let path = state + "/tokens.jsonl"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacing("\"a\"", with: "\"b\"").write(
      toFile: path, atomically: true, encoding: .utf8)
    let ran = try BuiltTool.run(["token", "list", "--state", state])
    #expect(ran.status == 1 && ran.errors.contains("token file: line 1"), "\(ran.errors)")
  }

  @Test(
    "what cannot be meant is wrong usage, and touches nothing",
    arguments: [
      ["token"], ["token", "mint"], ["token", "create"], ["token", "create", "--for", "a"],
      ["token", "create", "--for", "a", "--scope", "run"],
      ["token", "create", "--for", "a", "--scope", "*", "--expires", "soon"],
      ["token", "create", "--for", "a\u{7}", "--scope", "*"],
      ["token", "create", "--for", "a", "--scope", "*", "--zone", "Mars/Base"],
      ["token", "rotate", "--overlap", "1h"], ["token", "rotate", "0123456789abcdef"],
      ["token", "rotate", "0123456789abcdef", "--overlap", "400d"], ["token", "revoke"],
      ["token", "revoke", "0123456789abcdef", "--overlap", "1h"],
      ["token", "revoke", "0123456789abcdef"],
    ])
  func usage(words: [String]) throws {
    defer { folder.remove() }
    let before = try entries().count
    #expect(try BuiltTool.run(words + ["--state", state, "--journal", journal]).status == 2)
    #expect(try entries().count - before <= 2)
    #expect(!FileManager.default.fileExists(atPath: state + "/tokens.jsonl"))
  }
}
