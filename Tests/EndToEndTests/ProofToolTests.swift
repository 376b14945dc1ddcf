import Foundation
import Ingest
import Testing

/// `vigil tiles`, `vigil prove` and `vigil check-proof` as a user calls them.
@Suite("Proof commands")
struct ProofToolTests {
  private let log: PublishedByTool

  init() throws {
    log = try PublishedByTool()
    try log.ingest(0..<20)
  }

  private func file(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: log.folder.path(name)))
    return log.folder.path(name)
  }

  private func run(_ words: [String]) throws -> BuiltTool.Result { try BuiltTool.run(words) }

  @Test("a proof is printed, and holds for its entry, refused for another with both hashes")
  func inclusion() throws {
    defer { log.folder.remove() }
    let made = try run(["prove", "inclusion", "7", "--journal", log.journal])
    #expect(made.status == 0)
    #expect(made.output.hasPrefix("c2sp.org/tlog-proof@v1\nextra "))
    let proof = try file("7.tlog-proof", made.output)
    let key = ["--vkey", try log.vkey()]
    let entry = try file("entry", try log.entry(7) + "\n")
    let right = try run(["check-proof", proof, "--entry", entry] + key)
    #expect(right.status == 0)
    #expect(right.output.contains("is entry 7 of \(try log.size()) of vigil/interop"))
    #expect(try run(["check-proof", proof] + key).output.contains("its bytes not seen"))
    let wrong = try run(
      ["check-proof", proof, "--entry", try file("other", try log.entry(8))] + key)
    #expect(wrong.status == 1)
    #expect(wrong.output.contains("REFUSED: leaf hash: found"))
    let bare = try file(
      "bare",
      made.output.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.hasPrefix("extra ") }.joined(separator: "\n"))
    #expect(try run(["check-proof", bare, "--entry", entry] + key).status == 0)
    let forged = try run(["check-proof", bare, "--entry", log.folder.path("other")] + key)
    #expect(forged.status == 1)
    #expect(forged.output.contains("REFUSED: root: found") && forged.output.contains("expected"))
    #expect(try run(["check-proof", bare] + key).status == 2)
  }

  @Test("a proof that carries its entry is checked by itself")
  func carriedEntry() throws {
    defer { log.folder.remove() }
    let out = log.folder.path("proofs")
    let made = try run(
      ["prove", "inclusion", "3", "4", "--with-entry", "--journal", log.journal, "--out", out])
    #expect(made.output == "\(out)/3.tlog-proof\n\(out)/4.tlog-proof\n")
    let checked = try run(
      ["check-proof", "\(out)/3.tlog-proof", "\(out)/4.tlog-proof", "--vkey", try log.vkey()])
    #expect(checked.status == 0)
    #expect(
      checked.output.contains("the entry in the proof (\(try log.entry(4).utf8.count) bytes)"))
  }

  @Test("growth is proved from a kept checkpoint, and a forged one is refused")
  func consistency() throws {
    defer { log.folder.remove() }
    let kept = log.folder.path("kept")
    try FileManager.default.copyItem(atPath: log.journal + "/checkpoint", toPath: kept)
    let oldSize = try log.size()
    try log.ingest(20..<50)
    let made = try run(["prove", "consistency", kept, "--journal", log.journal])
    #expect(made.status == 0, "\(made.errors)")
    let proof = try file("growth", made.output)
    let key = ["--vkey", try log.vkey()]
    let checked = try run(["check-proof", proof, "--old", kept] + key)
    #expect(checked.status == 0)
    #expect(checked.output.contains("grew from \(oldSize) entries with that root"))
    let root = Base64.text([UInt8](repeating: 7, count: 32))
    let forged = try file("forged", "vigil/interop\n\(oldSize)\n\(root)\n")
    let refused = try run(["prove", "consistency", forged, "--journal", log.journal])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("expected root 0707"))
    #expect(try run(["check-proof", proof, "--old", forged] + key).status == 1)
    let longer = try file("longer", "vigil/interop\n1000\n\(root)\n")
    #expect(try run(["prove", "consistency", longer, "--journal", log.journal]).status == 1)
  }

  @Test("a proof under another key, or no proof at all, is refused; the others are still checked")
  func refusals() throws {
    defer { log.folder.remove() }
    let made = try run(["prove", "inclusion", "1", "--journal", log.journal])
    let proof = try file("proof", made.output)
    let other = try PublishedByTool()
    defer { other.folder.remove() }
    try other.ingest(0..<1)
    let stranger = try run(["check-proof", proof, "--vkey", try other.vkey()])
    #expect(stranger.status == 1)
    let mixed = try run(
      ["check-proof", try file("none", "nothing\n\n"), proof, "--vkey", try log.vkey()])
    #expect(mixed.status == 1)
    #expect(mixed.output.contains("line 1: found \"nothing\", expected"))
    #expect(mixed.output.contains("is entry 1 of"))
  }

  @Test(
    "what cannot be asked is wrong usage",
    arguments: [
      ["prove"], ["prove", "inclusion"], ["prove", "exclusion", "1"], ["prove", "inclusion", "x"],
      ["prove", "inclusion", "-1"], ["prove", "inclusion", "99999"],
      ["prove", "inclusion", "1", "2"],
      ["prove", "consistency", "0"], ["prove", "consistency", "99999"],
      ["prove", "consistency", "1", "2"], ["prove", "consistency", "no-such-file"],
    ])
  func usage(_ words: [String]) throws {
    defer { log.folder.remove() }
    let result = try run(words + ["--journal", log.journal])
    #expect(result.status == 2, "\(result.errors)")
    #expect(result.output.isEmpty && !result.errors.isEmpty)
  }

  @Test("tiles are written once, and refused where they do not belong or do not agree")
  func tiles() throws {
    defer { log.folder.remove() }
    let words = ["tiles", "--journal", log.journal, "--out", log.tiles]
    let first = try run(words)
    #expect(first.status == 0)
    #expect(first.output.contains("\(try log.size()) entries published\n2 files written"))
    #expect(try run(words).output.contains("0 files written"))
    #expect(try run(words + ["--recheck"]).output.contains("2 files compared"))
    #expect(try run(["tiles", "--journal", log.journal, "--out", log.journal]).status == 2)
    let foreign = log.folder.path("foreign")
    try FileManager.default.createDirectory(atPath: foreign, withIntermediateDirectories: true)
    _ = try file("foreign/index.html", "hello")
    #expect(try run(["tiles", "--journal", log.journal, "--out", foreign]).status == 2)
    let bundle = log.tiles + "/tile/entries/000.p/\(try log.size())"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: bundle))
    bytes[40] ^= 1
    try bytes.write(to: URL(fileURLWithPath: bundle))
    let altered = try run(words + ["--recheck"])
    #expect(altered.status == 1)
    #expect(altered.errors.contains("tile/entries/000.p/\(try log.size()) at byte 40: found"))
  }
}
