import Correlate
import Detect
import Foundation
import Ingest
import Report
import TestSupport
import Testing

@Suite("Filter")
struct FilterTests {
  private static let now = Build.time(86_400)

  private func filter(_ text: String) throws(FilterError) -> RecordFilter {
    try RecordFilter(text, now: Self.now)
  }

  @Test("a filter holds for just the records for which its reference holds", arguments: 0..<60)
  func equalsReference(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var samples = RecordSamples(random: SeededRandom(seed: seed &+ 1000))
    let records = (0..<60).map { samples.record($0) }
    let entries = try records.map {
      try #require(
        try JSONSerialization.jsonObject(with: Data($0.record.encoded())) as? [String: Any])
    }
    for _ in 0..<20 {
      let reference = ReferenceFilter.random(&random)
      let filter = try filter(reference.text)
      for (record, entry) in zip(records, entries) {
        let (found, expected) = (filter.matches(record), reference.holds(entry))
        #expect(found == expected, "seed \(seed): \(reference.text): \(entry)")
        guard found else { continue }
        #expect(filter.kinds.contains(record.record.kind), "seed \(seed): \(reference.text)")
        let at = record.record.header.timestamp
        let (since, until) = filter.bounds
        #expect(
          since.map { at >= $0 } ?? true && until.map { at < $0 } ?? true, "\(reference.text)")
      }
    }
  }

  @Test(
    "a mistake is told with its column and what would have been right",
    arguments: [
      ("", 1, "found the end: expected a field, not, or ("),
      ("jbo=etl", 1, "unknown field \"jbo\": did you mean job?"),
      ("job=etl and statsu>=500", 13, "did you mean status?"),
      ("job etl", 5, "found \"etl\": expected =, !=, <"),
      ("job=", 5, "expected a value, or closing quotes"),
      ("job=\"etl", 5, "expected a value, or closing quotes"),
      ("(job=etl", 9, "found the end: expected and, or, or )"),
      ("job=etl job=b", 9, "found \"job=b\": expected and, or, or the end"),
      ("event=strted", 7, "event is never \"strted\": did you mean started?"),
      ("kind=cat", 6, "expected one of request, decision, run"),
      ("status~5*", 7, "status with ~: expected =, !=, <"),
      ("kind<run", 5, "kind with <: expected =, !=, ~ or !~"),
      ("since>2d", 6, "since with >: expected ="),
      ("since=soon", 7, "expected RFC 3339"),
      ("duration_s>5x", 12, "expected seconds, or a duration"),
      ("status=1e3", 8, "found \"1e3\": expected a number"),
      ("imported=yes", 10, "expected true or false"),
      ("params=3", 1, "expected params.NAME"),
      ("héhé=1 and x=2", 1, "unknown field"),
      ("\"job\"=etl", 1, "expected a field"),
      ("job=\"\u{202E}\u{1B}[31m\" bad", 14, "expected and, or, or the end"),
    ])
  func errors(text: String, column: Int, message: String) throws {
    do throws(FilterError) {
      _ = try filter(text)
      Issue.record("no error for \(text)")
    } catch {
      #expect(error.column == column, "\(error)")
      #expect(error.description.contains(message), "\(error)")
      #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202E}" })
    }
  }

  @Test("durations count back from the given now, sizes and durations add up")
  func units() throws {
    let record = IndexedRecord(
      index: 3, record: Build.request("a", at: Self.now.advanced(bySeconds: -90)))
    #expect(try filter("since=2m").matches(record))
    #expect(try filter("since=1m30s and until=1m29s").matches(record))
    #expect(try !filter("since=89s").matches(record))
    #expect(try filter("ts>=2026-11-25T04:58:30Z and ts<2026-11-26").matches(record))
    var run = RunRecord(event: .failed)
    (run.durationSeconds, run.maxRSSBytes) = (5400, 65_536)
    let ended = IndexedRecord(
      index: 0, record: Record(header: record.record.header, body: .run(run)))
    #expect(
      try filter("duration_s=1h30m and max_rss_bytes=64KiB and not max_rss_bytes>66kB").matches(
        ended))
    #expect(try filter("status=202 and index=3 and id=a").matches(record))
  }

  @Test("quoted values keep spaces, quotes and stars; names are compared by bytes")
  func quoting() throws {
    var record = Build.request("say \"hi\" *now*\\")
    #expect(try filter(#"id="say \"hi\" *now*\\""#).matches(.init(index: 0, record: record)))
    #expect(try filter(#"id~"say*\**\\""#).matches(.init(index: 0, record: record)))
    #expect(try !filter(#"id~"say \* *""#).matches(.init(index: 0, record: record)))
    record.header.id = "e\u{301}"
    #expect(try !filter("id=é").matches(.init(index: 0, record: record)))
  }

  @Test(
    "any text of the language's pieces is a filter or an error in one legible line",
    arguments: 0..<40)
  func anyText(seed: UInt64) {
    let pieces = [
      "job", "status", "params.a", "counts.", "error.type", "since", "until", "=", "!=", "<", ">=",
      "~",
      "!~", "(", ")", " ", " and ", " or ", "not ", "\"", "\\", "*", "5", "1e9", "2d", "64KiB", "-",
      ".",
      "99999999999999999999", "2026-11-24", "T05:00:00Z", "true", "é", "\u{202E}", "\u{0}", "\n",
      "\t",
    ]
    var random = SeededRandom(seed: seed)
    var samples = RecordSamples(random: SeededRandom(seed: seed))
    let records = (0..<5).map { samples.record($0) }
    for _ in 0..<300 {
      let count = Int.random(in: 0...12, using: &random)
      let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      do throws(FilterError) {
        let filter = try filter(text)
        let opposite = try self.filter("not (\(text))")
        for record in records {
          #expect(filter.matches(record) != opposite.matches(record), "\(text)")
        }
      } catch {
        #expect((1...text.unicodeScalars.count + 1).contains(error.column), "seed \(seed): \(text)")
        #expect(
          !error.description.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202E}" },
          "seed \(seed): \(text.debugDescription)")
      }
    }
  }

  @Test("depth, number of comparisons and length are bounded")
  func limits() throws {
    let deep = String(repeating: "(", count: 32) + "v=1" + String(repeating: ")", count: 32)
    #expect(try filter(deep).matches(.init(index: 0, record: Build.request("a"))))
    let tooDeep = #expect(throws: FilterError.self) { try filter("not " + deep) }
    #expect(tooDeep?.reason == .tooDeep)
    let many = Array(repeating: "v=1", count: 128).joined(separator: " and ")
    #expect(try filter(many).matches(.init(index: 0, record: Build.request("a"))))
    let tooMany = #expect(throws: FilterError.self) { try filter(many + " or v=1") }
    #expect(tooMany?.reason == .tooManyComparisons)
    let long = #expect(throws: FilterError.self) {
      try filter("id=" + String(repeating: "x", count: 4096))
    }
    #expect(long?.reason == .tooLong(byteCount: 4099))
  }

  @Test(
    "the kinds of which a record may match follow from the fields that are asked for",
    arguments: [
      ("status>=500", [RecordKind.request, .control]), ("kind=run", [.run]),
      ("not kind=run", RecordKind.allCases.filter { $0 != .run }),
      ("status>=500 and kind!=control", [.request]), ("task~* or effect=deny", [.decision, .task]),
      ("status!=500", RecordKind.allCases), ("job=etl and status=1 and exit_code=2", []),
    ])
  func kinds(text: String, kinds: [RecordKind]) throws {
    #expect(try filter(text).kinds == Set(kinds))
  }

  @Test("activities and findings are asked in the same language")
  func otherSubjects() throws {
    var activity = Activity(activityID: "a", state: .failed)
    (activity.job, activity.startedAt, activity.tasks.total) = ("etl", Build.time(5), 3)
    let ours = try Filter<Activity>("state=failed and tasks.total>2 and since=1d", now: Self.now)
    #expect(ours.matches(activity))
    #expect(try !Filter<Activity>("wait_s<9 or principal=eve", now: Self.now).matches(activity))
    let finding = Finding(
      findingID: "f", rule: "off_hours", timestamp: Build.time(0), severity: .high, pValue: 0.001,
      principal: "eve", observed: [], expected: [], history: .init(events: 1, days: 1),
      explanation: "why", evidence: [], score: 30)
    #expect(
      try Filter<Finding>("rule=off_hours and p_value<=0.001 and severity=high", now: Self.now)
        .matches(finding))
    #expect(throws: FilterError.self) { try Filter<Finding>("rule=offhours", now: Self.now) }
  }
}

@Suite("Glob")
struct GlobTests {
  @Test("a glob matches what its definition matches", arguments: 0..<40)
  func equalsDefinition(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    func word(_ letters: String, _ most: Int) -> [UInt8] {
      (0..<Int.random(in: 0...most, using: &random)).map { _ in
        Array(letters.utf8).randomElement(using: &random) ?? 0
      }
    }
    for _ in 0..<200 {
      let (pattern, text) = (word("aab*", 8), word("aab", 10))
      let expected = ReferenceFilter.Operand.isLike(pattern[...], text[...])
      #expect(Glob(pattern).matches(text.span) == expected, "seed \(seed): \(pattern) \(text)")
    }
  }

  @Test("patterns that make others try again and again take time in line with the text")
  func linear() {
    let pattern = Array(repeating: "a*", count: 200).joined() + "b"
    let text = String(repeating: "a", count: 60_000)
    let clock = ContinuousClock()
    let spent = clock.measure { #expect(!Glob(Array(pattern.utf8)).matches(text)) }
    #expect(spent < .seconds(5))
  }
}
