import Foundation
import Ingest
import Testing

@Suite("a journal, its key and its witnesses, with the built tool")
struct WitnessedJournalTests {
  private let fixture = BuiltTool.fixture("recorded/live-1/luigi-events.jsonl")
  private let more = BuiltTool.fixture("recorded/live-1/trigger-events.jsonl")

  private func ingest(_ file: String, _ journal: String) throws -> BuiltTool.Result {
    try BuiltTool.run(["ingest", "--quiet", "--journal", journal, "--source", "h", file])
  }

  private func vkey(_ initialised: BuiltTool.Result) throws -> String {
    let line = try #require(initialised.output.split(separator: "\n").last)
    return String(line.dropFirst("vkey ".count))
  }

  @Test(
    "two witnesses cosign; a quorum of two is met until one is missing, and a rewriting is found")
  func quorum() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    let made = try BuiltTool.run(["init", "--journal", journal, "--origin", "edge-1"])
    #expect(made.status == 0)
    #expect(made.output.hasPrefix("origin edge-1\nvkey edge-1+"))
    let key = try vkey(made)
    #expect(try ingest(fixture, journal).status == 0)
    let one = try RunningWitness("w1", in: folder, trusting: key)
    let two = try RunningWitness("w2", in: folder, trusting: key)
    let keys = ["--witness-key", one.vkey, "--witness-key", two.vkey]
    let verify = ["verify", "--journal", journal, "--vkey", key] + keys
    #expect(try BuiltTool.run(verify).status == 1, "nobody has cosigned yet")

    let ask = [
      "checkpoint", "--journal", journal, "--witness", one.address, "--witness", two.address,
    ]
    let cosigned = try BuiltTool.run(ask + keys)
    #expect(cosigned.status == 0, "\(cosigned.errors)")
    let note = try SignedNote(Array(cosigned.output.utf8))
    let known = try [key, one.vkey, two.vkey].map { try VerifierKey($0) }
    #expect(try note.verified(under: known).count == 3)
    let kept = try Data(contentsOf: URL(fileURLWithPath: journal + "/checkpoint"))
    #expect(kept == Data(cosigned.output.utf8))
    let met = try BuiltTool.run(verify)
    #expect(met.status == 0, "\(met.output)")
    #expect(met.output.contains("witnessed by w1.example, w2.example (quorum 2); 0 since then"))

    #expect(two.stop() == 0)
    #expect(try ingest(more, journal).status == 0)
    let missed = try BuiltTool.run(ask + keys)
    #expect(missed.status == 4)
    #expect(missed.errors.contains("w1: cosigned as w1.example"))
    #expect(missed.errors.contains("w2: failed: request to http://witness: not connected"))
    #expect(try BuiltTool.run(ask + keys + ["--quorum", "1"]).status == 0)
    let third = try RunningWitness("w3", in: folder, trusting: key)
    #expect(third.stop() == 0)
    #expect(
      try BuiltTool.run(verify + ["--witness-key", third.vkey, "--quorum", "3"]).status == 1)

    try forgeAndCompare(folder, journal, key, one, cosigned.output)
    #expect(one.stop() == 0)
  }

  /// The holder of the key writes another history: the witness and the kept note both find it.
  private func forgeAndCompare(
    _ folder: TemporaryFolder, _ journal: String, _ key: String, _ witness: RunningWitness,
    _ kept: String
  ) throws {
    let forged = folder.path("forged")
    #expect(
      try BuiltTool.run([
        "init", "--journal", forged, "--origin", "edge-1", "--key", journal + "/key",
      ]).output.contains(key))
    let ran = try BuiltTool.run([
      "ingest", "--quiet", "--journal", forged, "--source", "h", "--key", journal + "/key",
      BuiltTool.fixture("recorded/live-1/caddy-access.log"), fixture, more,
    ])
    #expect(ran.status == 0, "\(ran.errors)")
    #expect(try BuiltTool.run(["verify", "--journal", forged, "--vkey", key]).status == 0)
    let refused = try BuiltTool.run([
      "checkpoint", "--journal", forged, "--key", journal + "/key", "--witness", witness.address,
    ])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("answered 422"), "\(refused.errors)")
    let note = folder.path("kept.note")
    try Data(kept.utf8).write(to: URL(fileURLWithPath: note))
    let found = try BuiltTool.run(["verify", "--journal", forged, "--checkpoint", note])
    #expect(found.status == 1)
    #expect(found.output.contains("DAMAGED root_differs"), "\(found.output)")
    #expect(try BuiltTool.run(["verify", "--journal", journal, "--checkpoint", note]).status == 0)
  }

  @Test("a journal without its key is refused with status 4, and can still be read and verified")
  func missingKey() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    #expect(try ingest(fixture, journal).status == 0)
    let attributes = try FileManager.default.attributesOfItem(atPath: journal + "/key")
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: journal + "/key")
    let open = try ingest(more, journal)
    #expect(open.status == 4)
    #expect(open.errors.contains("found mode 0644, expected 0600"), "\(open.errors)")
    try FileManager.default.removeItem(atPath: journal + "/key")
    for words in [["init", "--journal", journal], ["checkpoint", "--journal", journal]] {
      let refused = try BuiltTool.run(words)
      #expect(refused.status == 4)
      #expect(refused.errors.contains("signing key key: found no file"), "\(refused.errors)")
    }
    #expect(try BuiltTool.run(["verify", "--journal", journal]).status == 0)
    #expect(try BuiltTool.run(["init", "--adopt", "--journal", journal]).status == 2)
  }

  @Test(
    "keys and quorums that cannot be are refused with status 2",
    arguments: [
      (["--vkey", "x"], "--vkey: vkey \"x\": expected name, key id and key"),
      (["--quorum", "1"], "--quorum \"1\": expected a whole number from 1 to the 0"),
      (
        ["--witness-key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"],
        "found a key of type 1, expected 4"
      ),
      (["--checkpoint", "/nothing"], "/nothing"),
      (["--checkpoint", BuiltTool.root.path + "/Makefile"], "expected one checkpoint"),
    ])
  func usage(_ words: [String], _ message: String) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    #expect(try BuiltTool.run(["init", "--journal", journal]).status == 0)
    let ran = try BuiltTool.run(["verify", "--journal", journal] + words)
    #expect(ran.status == 2)
    #expect(ran.errors.contains(message), "\(ran.errors)")
  }

  @Test(
    "a witness that cannot begin says why",
    arguments: [
      (["--listen", "0.0.0.0:80"], 2, "expected 127.0.0.1:PORT"),
      ([], 2, "--listen or --socket is missing"),
      (["--listen", "127.0.0.1:0", "--socket", "/x"], 2, "expected one of them"),
      (["--socket", "/nothing/there/s"], 4, "listen on unix:/nothing/there/s"),
      (["--socket", "/x", "--name", "a b"], 2, "expected a name without white space"),
    ])
  func witnessUsage(_ words: [String], _ status: Int32, _ message: String) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let ran = try BuiltTool.run(
      [
        "witness", "--store", folder.path("store"), "--key", folder.path("key"), "--trust",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
      ] + words)
    #expect(ran.status == status)
    #expect(ran.errors.contains(message), "\(ran.errors)")
    #expect(ran.output.isEmpty)
  }
}
