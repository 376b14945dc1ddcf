import Foundation
import Ingest
import Testing

/// `vigil query` and `vigil activity --where`, as a user calls them.
@Suite("Query command")
struct QueryCommandTests {
  @Test(
    "JSON Lines are the entries' own bytes, in the order of the journal; counts agree in every form"
  )
  func forms() throws {
    let journal = try ForensicJournal()
    defer { journal.folder.remove() }
    let filter = ["job=etl and (status>=500 or event=failed)"]
    let found = try journal.run("query", filter + ["--format", "jsonl"])
    #expect(found.status == 0, "\(found.errors)")
    let expected = try journal.entries().filter {
      $0.contains("\"status\":500") || $0.contains("\"event\":\"failed\"")
    }
    #expect(expected.count > 8)
    #expect(found.output == expected.map { $0 + "\n" }.joined())
    #expect(try journal.run("query", filter + ["--count"]).output == "\(expected.count)\n")
    let csv = try journal.run("query", filter + ["--format", "csv"]).output
    #expect(csv.components(separatedBy: "\r\n").count == expected.count + 2)
    #expect(csv.hasPrefix("index,kind,ts,source,id,"))
    let days = try journal.run("query", filter + ["--histogram", "day", "--zone", "Asia/Tokyo"])
    let counts = days.output.split(separator: "\n").compactMap {
      $0.split(separator: " ").dropFirst(2).first
    }
    #expect(counts.compactMap { Int($0) }.reduce(0, +) == expected.count)
    #expect(days.output.hasPrefix("2026-11-2"))
    let table = try journal.run("query", filter + ["--limit", "3"])
    #expect(table.output.split(separator: "\n").count == 4)
    #expect(table.errors == "\(expected.count - 3) more match: --limit 3 printed the first 3\n")
  }

  @Test("without a filter every entry is there; instants count back from --now")
  func bounds() throws {
    let journal = try ForensicJournal()
    defer { journal.folder.remove() }
    let all = try journal.run("query", ["--format", "jsonl"])
    #expect(all.output == (try journal.entries()).map { $0 + "\n" }.joined())
    let some = try journal.run(
      "query",
      [
        "since=2h", "and", "source=caddy/edge", "--count",
        "--now", "2026-11-24T10:00:00Z",
      ])
    #expect(some.output == "37\n", "\(some.errors)")
    let few = try journal.run(
      "query",
      [
        "source=caddy/edge and since=2h and until=1h", "--count",
        "--now", "2026-11-24T10:00:00Z",
      ])
    #expect(few.output == "1\n")
  }

  @Test("a mistake is wrong usage, with its column")
  func mistakes() throws {
    let journal = try ForensicJournal(count: 2)
    defer { journal.folder.remove() }
    for (words, message) in [
      (["jbo=etl"], "column 1: unknown field \"jbo\": did you mean job?"),
      (["job=etl and"], "column 12: found the end: expected a field"),
      (["v=1", "--zone", "Mars/Base"], "--zone \"Mars/Base\""),
      (["v=1", "--count", "--histogram", "hour"], "--count and --histogram"),
    ] {
      let ran = try journal.run("query", words)
      #expect(ran.status == 2 && ran.output.isEmpty)
      #expect(ran.errors.contains(message), "\(ran.errors)")
    }
  }

  @Test("hostile names show harmlessly in a table")
  func hostile() throws {
    let journal = try ForensicJournal()
    defer { journal.folder.remove() }
    let ran = try journal.run("query", ["principal~eve*"])
    #expect(ran.output.contains("eve\\u{1b}[2J\\u{202e}</script>"))
    #expect(ran.output.isHarmless)
  }

  @Test("activities answer the same language")
  func activities() throws {
    let journal = try ForensicJournal()
    defer { journal.folder.remove() }
    let ran = try journal.run(
      "activity", ["--where", "state=failed and principal!=alice", "--format", "jsonl"])
    #expect(ran.status == 0, "\(ran.errors)")
    let found = try ran.objects()
    #expect(!found.isEmpty)
    #expect(
      found.allSatisfy {
        $0["state"] as? String == "failed" && $0["principal"] as? String != "alice"
      })
    #expect(
      try journal.run("activity", ["--where", "stat=failed"]).errors.contains("did you mean state?")
    )
  }
}
