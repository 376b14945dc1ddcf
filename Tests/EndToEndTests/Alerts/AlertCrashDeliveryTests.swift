import Detect
import Foundation
import Ingest
import TestSupport
import Testing

/// A thousand alerts through the built tool to a real receiver that is down, slow, busy or hangs up, while
/// the tool is killed again and again between sending and recording.
@Suite(.serialized) struct AlertCrashDeliveryTests {
  private static let alertCount = 1000

  @Test(
    "of 1,000 alerts none is lost, and what came twice has the same key and the same bytes",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "no python3"))
  func crashes() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let port = try freePort()
    let journal = folder.path("journal")
    let ids = try raise(in: journal)
    try configuration(port, secret: folder.path("secret")).write(
      toFile: folder.path("vigil.json5"), atomically: true, encoding: .utf8)
    try "whsec_\(Data((0..<32).map { UInt8($0) }).base64EncodedString())".write(
      toFile: folder.path("secret"), atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder.path("secret"))
    var random = SeededRandom(seed: 11)
    var killCount = 0
    // The first lives meet nobody; then the receiver is there, and is taken away once more.
    for life in 0..<8 {
      let receiver = life == 0 || life == 4 ? nil : try receiver(folder, port, seed: life)
      let delivery = try deliver(folder, journal, "--follow")
      let before = lines(folder).count
      try delivery.wait(for: "messages") { receiver == nil || lines(folder).count > before + 20 }
      usleep(UInt32(random.next() % 150_000))
      if delivery.isRunning { killCount += 1 }
      delivery.crash()
      receiver?.stop()
    }
    let receiver = try receiver(folder, port, seed: 99)
    let last = try deliver(folder, journal, "--follow")
    for _ in 0..<240 where try tell(journal) < ids.count { usleep(500_000) }  // between two looks
    #expect(last.stop() == 0, "\(last.text)")
    receiver.stop()
    #expect(killCount == 8)
    try check(folder, ids)
    let verified = try BuiltTool.run(["verify", "--journal", journal])
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    #expect(try tell(journal) == ids.count)
  }

  /// Alerts that the receiver has, by the journal.
  private func tell(_ journal: String) throws -> Int {
    let list = try BuiltTool.run(
      ["alerts", "list", "--journal", journal, "--all", "--format", "jsonl"])
    return try list.objects().count { ($0["sinks"] as? [String]) == ["hook"] }
  }

  private func check(_ folder: TemporaryFolder, _ ids: Set<String>) throws {
    var bodies: [Substring: Set<Substring>] = [:]
    var keys: [Substring: Set<Substring>] = [:]
    var answered: Set<String> = []
    for line in lines(folder) {
      let parts = line.split(separator: " ")
      try #require(parts.count == 4, "\(line)")
      bodies[parts[0], default: []].insert(parts[1])
      for id in parts[3].split(separator: ",") {
        keys[id, default: []].insert(parts[0])
        if parts[2] == "ok" || parts[2] == "slow" { answered.insert(String(id)) }
      }
    }
    #expect(answered == ids, "\(ids.subtracting(answered).count) of \(ids.count) are lost")
    #expect(bodies.values.allSatisfy { $0.count == 1 }, "one key with two texts")
    #expect(keys.values.allSatisfy { $0.count == 1 }, "one finding under two keys")
    // The campaign is none if nothing came twice.
    #expect(lines(folder).count > bodies.count)
  }

  private func lines(_ folder: TemporaryFolder) -> [Substring] {
    let data = FileManager.default.contents(atPath: folder.path("received")) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n")
  }

  private func configuration(_ port: UInt16, secret: String) -> String {
    """
    { alerts: {
        sinks: { hook: { type: "webhook", url: "http://127.0.0.1:\(port)/hook",
                         secret: "file:\(secret)", timeout: "2s" } },
        group: { wait: "0s", interval: "0s" },
        rate: { messages: 10000, per: "1h" },
        retry: { first: "100ms", most: "1s" },
    } }
    """
  }

  /// One episode each, as Detect's own records.
  private func raise(in directory: String) throws -> Set<String> {
    let storage = try PosixStorage(directory: directory, creating: true)
    let now = Timestamp(secondsSinceEpoch: Date().timeIntervalSince1970) ?? .earliest
    let journal = try Journal.open(
      storage, JournalSettings(origin: "test/alerts"), at: now, randomBytes: SecureRandom.bytes)
    var ids: Set<String> = []
    for number in 0..<Self.alertCount {
      let id = String(repeating: "0", count: 28) + String(format: "%04x", number)
      let finding = Finding(
        findingID: id, rule: "run_without_request", timestamp: now,
        severity: number.isMultiple(of: 10) ? .critical : .high, pValue: 0.001,
        job: "etl-\(number)",
        episodeID: "e\(number)", observed: [], expected: [], history: .init(events: 1, days: 1),
        explanation: "a run that nobody asked for", evidence: [number], score: 30)
      var alert = AlertRecord(event: .raised)
      alert.findingID = id
      alert.finding = finding.encoded()
      let header = RecordHeader(timestamp: now, source: "vigil/detect", id: "alert/\(id)/raised")
      _ = try journal.append(Record(header: header, body: .alert(alert)), at: now)
      ids.insert(id)
    }
    _ = try journal.commit()
    try journal.close(at: now)
    return ids
  }

  private func receiver(
    _ folder: TemporaryFolder, _ port: UInt16, seed: Int
  ) throws -> ReceiverProcess {
    let receiver = try ReceiverProcess(
      "/usr/bin/python3",
      [
        BuiltTool.root.appendingPathComponent("Tests/Live/faulty_sink.py").path, "\(port)",
        folder.path("received"), "\(seed)",
      ], log: folder.path("receiver-\(seed).out"))
    try receiver.wait(for: "the receiver") { receiver.text.contains("ready") }
    return receiver
  }

  private func deliver(
    _ folder: TemporaryFolder, _ journal: String, _ how: String
  ) throws -> ReceiverProcess {
    try ReceiverProcess(
      try BuiltTool.url().path,
      ["alerts", "deliver", "--journal", journal, "--config", folder.path("vigil.json5"), how],
      log: folder.path("deliver-\(UUID().uuidString).out"))
  }
}
