import Detect
import Ingest
import Report
import Testing

@Suite struct FindingListTests {
  private func finding(
    _ id: String, episode: String?, score: Double, severity: Finding.Severity = .low
  ) throws -> Finding {
    Finding(
      findingID: id, rule: "off_hours",
      timestamp: try #require(Timestamp(rfc3339: "2026-10-18T01:12:07Z")), severity: severity,
      pValue: 0.00021, principal: "mara\u{202E}", job: "export", requestID: nil, runID: nil,
      activityID: nil, episodeID: episode, observed: [], expected: [],
      history: Finding.History(events: 212, days: 63), explanation: "sentence of \(id)",
      evidence: [3, 1], score: score)
  }

  @Test("findings of one episode are one block, dated by the first and told by the worst")
  func episodes() throws {
    let findings = [
      try finding("a", episode: "e", score: 10), try finding("b", episode: nil, score: 5),
      try finding("c", episode: "e", score: 30, severity: .high),
    ]
    let episodes = FindingList.episodes(findings)
    #expect(episodes.map { $0.map(\.findingID) } == [["a", "c"], ["b"]])
    let lines = FindingList(width: 200, style: TextStyle(usesColor: false)).lines(findings)
    #expect(lines[0] == "HIGH  off_hours  2026-10-18 01:12:07 UTC  mara\\u{202e} → export")
    #expect(lines[1] == "    sentence of c")
    #expect(lines.joined().contains("2 findings in this episode"))
    #expect(lines.joined(separator: " ").contains("id c"))
  }

  @Test("lines keep to the width, whatever the explanation", arguments: [20, 60, 100])
  func fits(width: Int) throws {
    var long = try finding("a", episode: nil, score: 1)
    long.explanation = String(repeating: "word ", count: 100) + String(repeating: "x", count: 300)
    let lines = FindingList(width: width, style: TextStyle(usesColor: false)).lines([long])
    #expect(lines.allSatisfy { TerminalText.width($0) <= max(48, width) })
  }

  @Test("no findings, no lines")
  func none() {
    #expect(FindingList(width: nil, style: TextStyle(usesColor: false)).lines([]).isEmpty)
  }
}
