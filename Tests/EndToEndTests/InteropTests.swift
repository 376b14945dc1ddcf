import Foundation
import Ingest
import TestSupport
import Testing

/// What the built tool publishes and proves, checked by a program without a line of ours.
@Suite(
  "Interop", .enabled(if: GoChecker.isWanted, "Go is not installed, and nothing demands it"))
struct InteropTests {
  private func check(_ words: [String]) throws -> String {
    let result = try GoChecker.shared.get().run(words)
    #expect(result.status == 0, "\(result.text)")
    return result.text
  }

  @Test("tiles, bundles, checkpoint and proofs of the built tool hold, also after growing")
  func published() throws {
    let log = try PublishedByTool()
    defer { log.folder.remove() }
    var oldCheckpoints: [String] = []
    for range in [0..<3, 3..<300, 300..<700] {
      try log.ingest(range)
      try log.publish()
      let kept = log.folder.path("kept-\(try log.size())")
      try FileManager.default.copyItem(atPath: log.tiles + "/checkpoint", toPath: kept)
      let text = try check(["log", "-dir", log.tiles, "-vkey", try log.vkey()])
      #expect(text.contains("log ok: vigil/interop, \(try log.size()) entries"))
      oldCheckpoints.append(kept)
    }
    let size = try log.size()
    #expect(size > 700)
    let indexes = [0, 1, 255, 256, 257, 511, size - 1].map(String.init)
    let proofs = log.folder.path("proofs")
    for source in [["--journal", log.journal], ["--tiles", log.tiles]] {
      let made = try BuiltTool.run(["prove", "inclusion"] + indexes + source + ["--out", proofs])
      #expect(made.status == 0, "\(made.errors)")
    }
    for old in oldCheckpoints + ["1", "256", "\(size)"] {
      let made = try BuiltTool.run(
        ["prove", "consistency", old, "--journal", log.journal, "--out", proofs])
      #expect(made.status == 0, "\(made.errors)")
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: proofs).sorted()
      .map { proofs + "/" + $0 }
    #expect(files.count == indexes.count + 5)
    let text = try check(
      [
        "log", "-dir", log.tiles, "-vkey", try log.vkey(), "-index",
        indexes.joined(separator: ","),
      ] + files)
    #expect(text.components(separatedBy: "proof ok: ").count == files.count + 1)
    let own = try BuiltTool.run(["check-proof", "--vkey", try log.vkey()] + files)
    #expect(own.status == 0, "\(own.output)")
  }

  @Test("a witness's cosignature on a published checkpoint holds, a forged one does not")
  func cosigned() throws {
    let log = try PublishedByTool()
    defer { log.folder.remove() }
    try log.ingest(0..<3)
    try log.publish()
    let seed = try #require(Ed25519SigningKey(seed: [UInt8](repeating: 3, count: 32)))
    let witness = NoteSigner(name: "witness.example/w", kind: .cosignature, seed)
    let url = URL(fileURLWithPath: log.tiles + "/checkpoint")
    let bytes = Array(try Data(contentsOf: url))
    let note = try SignedNote(bytes)
    let words = ["log", "-dir", log.tiles, "-vkey", try log.vkey(), "-witness", witness.key.vkey]
    #expect(try GoChecker.shared.get().run(words).status == 1)
    for (text, status) in [(note.text, Int32(0)), (Array("other\n".utf8), 1)] {
      let signature = witness.sign(text, at: 1_795_000_000)
      try Data(bytes + Array(signature.line.utf8)).write(to: url)
      #expect(try GoChecker.shared.get().run(words).status == status)
    }
  }

  @Test("a pruned journal's tiles hold, with the bundles that are left")
  func pruned() throws {
    let log = try PublishedByTool()
    defer { log.folder.remove() }
    let storage = try PosixStorage(directory: log.journal, creating: true)
    var settings = JournalSettings(origin: "vigil/interop")
    settings.segmentByteCount = 65_536
    let now = ManualClock().now
    let journal = try Journal.open(storage, settings, at: now, randomBytes: SecureRandom.bytes)
    for number in 0..<900 {
      let timestamp = Build.time(number < 600 ? 0 : 3600)
      _ = try journal.append(Build.request("r\(number)", at: timestamp), at: now)
    }
    try journal.checkpoint()
    let pruned = try journal.prune(before: now.advanced(bySeconds: 1800), policy: "test", at: now)
    try journal.close(at: now)
    let last = try #require(pruned.last)
    let minimum = (last.name.firstIndex + last.entryCount + 255) / 256 * 256
    #expect((256...768).contains(minimum))
    try log.publish()
    let words = ["log", "-dir", log.tiles, "-vkey", try log.vkey()]
    #expect(try GoChecker.shared.get().run(words).status == 1)
    #expect(try GoChecker.shared.get().run(words + ["-minimum", "\(minimum - 256)"]).status == 1)
    #expect(try check(words + ["-minimum", "\(minimum)", "-index", "0,1,899"]).contains("log ok"))
  }

  @Test("every flipped bit of a small published log is refused")
  func flips() throws {
    let log = try PublishedByTool()
    defer { log.folder.remove() }
    try log.ingest(0..<3)
    try log.publish()
    let text = try check(["flips", "-dir", log.tiles, "-vkey", try log.vkey()])
    #expect(text.contains(", 0 not refused"))
    let words = text.split(separator: " ")
    #expect(try #require(Int(words[1])) > 5000)
    print(text, terminator: "")
  }

  @Test("roots, proofs, tiles, paths and verdicts agree", arguments: [1, 2] as [UInt64])
  func differential(_ seed: UInt64) throws {
    let cases = DifferentialCases(seed: seed).lines
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try Data((cases.joined(separator: "\n") + "\n").utf8)
      .write(to: URL(fileURLWithPath: folder.path("cases")))
    let result = try GoChecker.shared.get().run(["differential", folder.path("cases")])
    #expect(result.status == 0, "seed \(seed): \(result.text)")
    print("seed \(seed): \(cases.count) cases: \(result.text)", terminator: "")
  }

  @Test("the differential check notices a wrong answer")
  func differentialIsAlive() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for line in [
      "root 3 \(String(repeating: "00", count: 32))", "inclusion 3 1", "consistency 2 3",
      "tile 0 1 256 tile/0/002", "parse tile/0/0 true", "parse tile/0/000 false", "nonsense",
    ] {
      try Data(("seed 1 3\n" + line + "\n").utf8)
        .write(to: URL(fileURLWithPath: folder.path("cases")))
      #expect(try GoChecker.shared.get().run(["differential", folder.path("cases")]).status == 1)
    }
  }
}
