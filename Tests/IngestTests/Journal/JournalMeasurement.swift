import Foundation
import Ingest
import TestSupport
import Testing

/// Figures, not judgements: runs only when asked for.
///
///     VIGIL_MEASURE=1000000 swift test -c release --filter JournalMeasurement
@Suite(
  "JournalMeasurement",
  .enabled(if: ProcessInfo.processInfo.environment["VIGIL_MEASURE"] != nil), .serialized)
struct JournalMeasurement {
  private let count =
    ProcessInfo.processInfo.environment["VIGIL_MEASURE"].flatMap { Int($0) } ?? 1_000_000

  private func report(_ what: String, _ count: Int, _ body: () throws -> Void) rethrows {
    let start = ContinuousClock.now
    let startOfWork = clock()
    try body()
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let work = Double(clock() - startOfWork) / Double(CLOCKS_PER_SEC)
    print(
      "\(what): \(count) in \(elapsed) s (\(work) s of processor time):",
      "\(Int(Double(count) / elapsed)) a second, \(Int(Double(count) / work)) a processor second")
  }

  private func record(_ number: Int) -> Record {
    var record = Build.request(
      "0123456789abcdef\(number)", at: Build.time(Double(number % 997)), path: "/jobs/etl/trigger")
    record.header.original = Array(
      #"{"level":"info","ts":1764000000.123,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"10.0.0.7","remote_port":"51234","proto":"HTTP/2.0"},"n":\#(number)}"#
        .utf8)
    return record
  }

  @Test("hashes")
  func hashes() {
    let bytes = [UInt8](repeating: 0x61, count: 300)
    report("sha-256 of 300 bytes", count) {
      var hash = SHA256()
      for _ in 0..<count {
        hash.update(bytes.span)
        _ = hash.finish()
      }
    }
    report("hmac-sha-256 of 300 bytes", count) {
      var code = HMACSHA256(key: bytes.span)
      for _ in 0..<count { _ = code.code(bytes.span) }
    }
    var writer = JSONWriter()
    let record = record(1)
    report("encode \(record.encoded().count) bytes", count) {
      for _ in 0..<count {
        writer.removeAll()
        record.encode(to: &writer)
      }
    }
  }

  @Test("a journal's life")
  func journal() throws {
    let directory = try TemporaryDirectory()
    let storage = try PosixStorage(directory: directory.path, creating: true)
    let settings = JournalSettings(origin: "vigil/measurement")
    let now = Build.time(0)
    func open() throws -> Journal {
      return try Journal.open(storage, settings, at: now) { SecureRandom.bytes(count: $0) }
    }
    let records = (0..<10_000).map { record($0) }
    func appendAll() throws {
      let journal = try open()
      for number in 0..<count {
        var record = records[number % 10_000]
        record.header.id = "0123456789abcdef\(number)"
        _ = try journal.append(record, at: now)
        if number % 1000 == 999 { try journal.commit() }
      }
      try journal.close(at: now)
    }
    try report("append, commit every 1,000", count, appendAll)
    try report("append again, all repeated", count, appendAll)
    try report("open and close", count) { try open().close(at: now) }
    try storage.remove("index/keys.json")
    try report("open with the key index to build", count) { try open().close(at: now) }
    try report("verify", count) {
      let verification = try JournalVerifier(storage).verify()
      #expect(verification.hasPassed)
    }
    try report("read in event order", count) {
      try JournalReader(storage).forEachRecordInEventOrder { _ in }
    }
  }
}
