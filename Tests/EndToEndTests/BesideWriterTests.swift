import Foundation
import Ingest
import Testing

/// Commands beside a `vigil ingest --follow` that has the lock.
@Suite("commands beside a running writer") struct BesideWriterTests {
  private let folder: TemporaryFolder
  private let journal: String
  private let log: String
  private let vkey: String

  init() throws {
    folder = try TemporaryFolder()
    journal = folder.path("journal")
    log = folder.path("trigger.log")
    let lines = BuiltTool.fixture("recorded/live-1/trigger-events.jsonl")
    try FileManager.default.copyItem(atPath: lines, toPath: log)
    let made = try BuiltTool.run(["init", "--journal", journal, "--origin", "edge-1"])
    vkey = String(try #require(made.output.split(separator: "\n").last).dropFirst("vkey ".count))
  }

  private func follow() throws -> RunningTool { try .follow(log, into: journal, folder) }

  private func record(_ id: String) throws {
    let line =
      #"{"v":1,"kind":"control","ts":"2026-11-24T05:28:54Z","source":"cron/backup","id":"\#(id)","#
      + #""event":"notice","reason":"backup done"}"#
    let ran = try BuiltTool.run(["record", "--journal", journal], input: line)
    #expect(ran.output.contains("\"appended\""), "\(ran.errors)")
  }

  private func entries() throws -> [String] {
    try String(contentsOfFile: journal + "/segments/000000000000.jsonl", encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  private func note(_ text: String) throws -> SignedCheckpoint {
    try SignedCheckpoint(Array(text.utf8), by: VerifierKey(vkey))
  }

  private func verify(_ words: String...) throws -> BuiltTool.Result {
    try BuiltTool.run(["verify", "--journal", journal, "--vkey", vkey] + words)
  }

  @Test("checkpoint has the writer sign what was just recorded, and is itself recorded there")
  func checkpoint() throws {
    defer { folder.remove() }
    let writer = try follow()
    try record("1")
    let words = ["checkpoint", "--journal", journal]
    let ran = try BuiltTool.run(words)
    #expect(ran.status == 0 && ran.errors.isEmpty, "\(ran.errors)")
    let size = try note(ran.output).checkpoint.size
    let covered = try entries().prefix(size)
    #expect(covered.last?.contains("\"event\":\"checkpoint_signed\"") == true)
    #expect(covered.contains { $0.contains("backup done") })
    #expect(try !entries().contains { $0.contains("journal_closed") }, "the writer did it")
    // Without the key: it is the writer's business.
    let key = try Data(contentsOf: URL(fileURLWithPath: journal + "/key"))
    try FileManager.default.removeItem(atPath: journal + "/key")
    try record("2")
    let second = try BuiltTool.run(words)
    #expect(second.status == 0, "\(second.errors)")
    #expect(try note(second.output).checkpoint.size > size)
    #expect(writer.stop() == 0)
    #expect(try BuiltTool.run(words).status == 4, "now it is this command's")
    #expect(
      FileManager.default.createFile(
        atPath: journal + "/key", contents: key, attributes: [.posixPermissions: 0o600]))
    let alone = try BuiltTool.run(words)
    #expect(alone.status == 0, "\(alone.errors)")
    #expect(try verify().status == 0)
  }

  @Test("checkpoint --witness has the writer keep the cosignatures, for the newest and older notes")
  func witnessed() throws {
    defer { folder.remove() }
    let writer = try follow()
    let witness = try RunningWitness("w1", in: folder, trusting: vkey)
    let words = [
      "checkpoint", "--journal", journal, "--witness", witness.address, "--witness-key",
      witness.vkey,
    ]
    for number in 0..<3 {
      try record("\(number)")
      let ran = try BuiltTool.run(words)
      #expect(ran.status == 0, "\(ran.errors)")
      #expect(try note(ran.output).note.verified(under: [VerifierKey(witness.vkey)]).count == 1)
      #expect(try verify("--witness-key", witness.vkey, "--quorum", "1").status == 0)
    }
    // Another checkpoint while the witness thinks: the cosignature is one of an older note.
    try record("slow")
    witness.tool.signal(SIGSTOP)
    let slow = try RunningTool(words, in: folder)
    try slow.wait { try witness.isAsked }
    try record("meanwhile")
    let meanwhile = try note(try BuiltTool.run(["checkpoint", "--journal", journal]).output)
    witness.tool.signal(SIGCONT)
    #expect(slow.end() == 0, "\(slow.errors)")
    let late = try note(slow.output)
    #expect(late.checkpoint.size < meanwhile.checkpoint.size)
    let history = try String(contentsOfFile: journal + "/checkpoints", encoding: .utf8)
    #expect(history.contains(slow.output), "kept beside the newer one")
    #expect(writer.stop() == 0)
    #expect(witness.stop() == 0)
    #expect(try verify("--witness-key", witness.vkey, "--quorum", "1").status == 0)
  }

  @Test(
    "a writer that dies while witnesses are asked: this command keeps, or says so with the note",
    arguments: [true, false])
  func crash(_ hasKey: Bool) throws {
    defer { folder.remove() }
    let key = folder.path("elsewhere")
    try FileManager.default.moveItem(atPath: journal + "/key", toPath: key)
    let writer = try RunningTool.follow(log, into: journal, folder, key: key)
    let witness = try RunningWitness("w1", in: folder, trusting: vkey)
    try record("1")
    witness.tool.signal(SIGSTOP)
    let words = ["checkpoint", "--journal", journal, "--witness", witness.address]
    let asking = try RunningTool(words + (hasKey ? ["--key", key] : []), in: folder)
    try asking.wait { try witness.isAsked }
    writer.crash()
    witness.tool.signal(SIGCONT)
    #expect(asking.end() == (hasKey ? 0 : 4), "\(asking.errors)")
    let printed = try note(asking.output)
    #expect(try printed.note.verified(under: [VerifierKey(witness.vkey)]).count == 1)
    if !hasKey {
      #expect(asking.errors.contains("signing key key: found no file"), "\(asking.errors)")
    }
    let history = try String(contentsOfFile: journal + "/checkpoints", encoding: .utf8)
    #expect(history.contains(asking.output) == hasKey)
    #expect(witness.stop() == 0)
    #expect(try verify().status == 0)
  }

  @Test(
    "what needs the lock for itself names the writer and says what to do, with status 4",
    arguments: [
      ["ingest", "LOG"], ["compress"], ["init"],
      ["prune", "--before", "2020-01-01", "--policy", "two years"],
    ])
  func refused(_ words: [String]) throws {
    defer { folder.remove() }
    let writer = try follow()
    let ran = try BuiltTool.run(
      words.map { $0 == "LOG" ? log : $0 } + ["--journal", journal])
    #expect(ran.status == 4 && ran.output.isEmpty)
    #expect(
      ran.errors.contains(
        "held by process \(writer.identifier), expected no other writer: wait for its end, or stop it"
      ),
      "\(ran.errors)")
    #expect(writer.stop() == 0)
    #expect(try !entries().contains { $0.contains("\"event\":\"segment_") })
    #expect(try verify().status == 0)
  }
}
