import Ingest
import TestSupport

extension Harness {
  static let records: [Harness] = [
    Harness(
      "record",
      words: ["\"kind\":", "\"v\":1", "\"original\":{", "\"ts\":", "\"run\"", "\"task\""],
      seeds: { RecordProperties.records.map { $0.encoded() } }, run: RecordProperties.record),
    Harness(
      "entries",
      words: ["\n", "\"kind\":", "\"v\":1", "\"original\":{", "\"received_at\":", "\"run\""],
      seeds: { RecordProperties.received.flatMap { [$0, $0 + [0x0A] + $0] } },
      run: RecordProperties.entries),
    Harness(
      "timestamp", byteCountMax: 64, words: ["T", "Z", "+01:00", "-23:59", ".999999", ":60"],
      seeds: {
        texts(
          "2026-11-24T05:28:54.000000Z", "2016-12-31T23:59:60+01:00", "0001-01-01t00:00:00z",
          "9999-12-31 23:59:59.9999995-00:30", "2024-02-29T12:00:00.5Z")
      }, run: RecordProperties.timestamp),
  ]
}

/// What holds for every record, and every time.
enum RecordProperties {
  static let records: [Record] = [
    Build.request("r1", originalByteCount: 40), Build.run("1", .started), Build.run("2", .failed),
    Build.control("c1", .journalOpened),
    Record(
      header: RecordHeader(timestamp: Build.time(1), source: "luigi/etl", id: "t1"),
      body: .task(TaskRecord(event: .started))),
    Record(
      header: RecordHeader(timestamp: Build.time(2), source: "vigil/gateway", id: "d1"),
      body: .decision(DecisionRecord(effect: .deny))),
  ]

  static let received: [[UInt8]] = records.map {
    var record = $0
    record.header.receivedAt = Build.time(3)
    return record.encoded()
  }

  /// Reading entries quickly and making the record of each say the same.
  static func entries(_ bytes: [UInt8]) throws {
    let text = bytes.last == 0x0A ? bytes : bytes + [0x0A]
    let lines = text.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
    var reader = EntryReader()
    let quick = reader.facts(of: text.span, count: lines.count)
    try require(quick.count == lines.count, "\(quick.count) of \(lines.count) entries")
    for (facts, line) in zip(quick, lines) {
      let line = Array(line)
      try require(facts == reader.facts(ofEntry: line.span), "another reading of \(line.text)")
    }
  }

  /// A record's bytes are canonical: reading them back gives the record, writing it the bytes.
  static func record(_ bytes: [UInt8]) throws {
    var document = JSONDocument()
    do { try document.parse(bytes.span) } catch { return }
    var record: Record
    do { record = try Record(document) } catch { return try requireLegible(error.key) }
    try requireCanonical(record)
    record.header.original = nil
    record.cutToLimits()
    let cut = record.encoded()
    try require(cut.count <= Record.entryByteCountMax, "a cut record of \(cut.count) bytes")
    let once = record
    record.cutToLimits()
    try require(record == once, "cutting again cuts more")
    try requireCanonical(record)
  }

  static func requireCanonical(_ record: Record) throws {
    let entry = record.encoded()
    var document = JSONDocument()
    let second: Record
    do {
      try document.parse(entry.span)
      second = try Record(document)
    } catch { throw BrokenProperty(description: "an entry that does not read back: \(error)") }
    try require(second == record, "read back as another record: \(entry.text)")
    try require(second.encoded() == entry, "written as other bytes: \(entry.text)")
  }

  static func timestamp(_ bytes: [UInt8]) throws {
    guard let instant = Timestamp(rfc3339: bytes.span) else { return }
    let text = instant.rfc3339
    try require(text.utf8.count == 27, "\(text) has not 27 bytes")
    try require(Timestamp(rfc3339: text) == instant, "\(text) reads as another time")
    try require(
      (Timestamp.earliest...Timestamp.latest).contains(instant), "\(text) is out of range")
    let days = Int(instant.microseconds.flooredDivision(by: 86_400_000_000).quotient)
    let date = CivilDate(daysSinceEpoch: days)
    try require(
      CivilDate(year: date.year, month: date.month, day: date.day)?.daysSinceEpoch == days,
      "\(text) is no day")
    let next = instant.advanced(bySeconds: 1)
    try require(
      next == .latest || next.rfc3339 > text, "\(next.rfc3339) does not sort after \(text)")
  }
}
