import Detect
import Ingest
import Testing

@Suite struct FindingJSONTests {
  @Test("the keys come in the documented order and absent values are left out")
  func keysInOrder() throws {
    var history = History()
    history.addOffice(count: 12, days: 0..<40, seed: 1)
    history.trigger("report-0", by: "worker-0", at: History.at(day: 40, hour: 3.2))
    let findings = history.findings(History.configuration("off_hours"))
    let finding = try #require(findings.last)
    var document = JSONDocument()
    let bytes = finding.encoded()
    try document.parse(bytes.span)
    let text = String(decoding: bytes, as: UTF8.self)
    let keys = [
      "finding_id", "rule", "ts", "severity", "p_value", "score", "principal", "job", "request_id",
      "run_id", "activity_id", "episode_id", "observed", "expected", "history", "explanation",
      "evidence",
    ]
    var places: [Int] = []
    for key in keys {
      let range = try #require(text.firstRange(of: "\"\(key)\":"), "\(key) is missing in \(text)")
      places.append(text.utf8.distance(from: text.startIndex, to: range.lowerBound))
    }
    #expect(places == places.sorted())
    #expect(finding.findingID.utf8.count == 32)
    var anonymous = finding
    anonymous.principal = nil
    #expect(!String(decoding: anonymous.encoded(), as: UTF8.self).contains("\"principal\""))
  }

  @Test(
    "score is -10 log10 of p, uncapped and never below 0",
    arguments: [
      (1.0, 0.0), (0.1, 10.0), (1e-3, 30.0), (1e-100, 1000.0),
    ])
  func score(p: Double, score: Double) {
    #expect(abs(Finding.score(p) - score) < 1e-9)
  }
}

@Suite struct LegibleTests {
  @Test(
    "control and bidirectional scalars are escaped",
    arguments: [
      ("plain", "plain"), ("a\nb", "a\\u{a}b"), ("\u{202E}gnp", "\\u{202e}gnp"),
      ("\u{1B}[2J", "\\u{1b}[2J"), ("zero\u{200B}width", "zero\\u{200b}width"),
      ("Łukasz", "Łukasz"),
    ])
  func escapes(text: String, expected: String) {
    #expect(Legible.name(text) == expected)
  }

  @Test("a long name is cut to the stated length")
  func cuts() {
    let name = Legible.name(String(repeating: "x", count: 500))
    #expect(name.unicodeScalars.count == Legible.nameCountMax + 1)
    #expect(name.hasSuffix("…"))
  }

  @Test(
    "odds keep two digits",
    arguments: [
      (1.0, "1 in 1"), (0.05, "1 in 20"), (0.000_77, "1 in 1,300"), (1e-6, "1 in 1,000,000"),
      (1e-200, "less than 1 in 10^15"),
    ])
  func odds(p: Double, expected: String) {
    #expect(Legible.odds(p) == expected)
  }

  @Test(
    "durations take the unit that reads best",
    arguments: [
      (45.0, "45 s"), (3.25, "3.3 s"), (720, "12 min"), (12_600, "3.5 h"), (200_000, "2.3 days"),
    ])
  func durations(seconds: Double, expected: String) {
    #expect(Legible.duration(seconds) == expected)
  }
}
