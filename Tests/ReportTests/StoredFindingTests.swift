import Detect
import Ingest
import Report
import Testing

@Suite struct StoredFindingTests {
  private static let finding = Finding(
    findingID: "abcd", rule: "runaway", timestamp: .earliest, severity: .low, pValue: 0.01,
    job: "etl", observed: [.init("elapsed_s", 60)], expected: [],
    history: .init(events: 3, days: 2), explanation: "it ran", evidence: [1, 2], score: 20)

  @Test("the same bytes are equal")
  func equal() {
    let stored = StoredFinding(
      index: 7, stored: StoredFindingTests.finding.encoded(), recomputed: StoredFindingTests.finding
    )
    #expect(stored.isEqual && stored.index == 7)
  }

  @Test("a changed, a missing and a foreign key are each named with both values")
  func different() {
    let text = String(decoding: StoredFindingTests.finding.encoded(), as: UTF8.self)
      .replacing("\"p_value\":0.01", with: "\"p_value\":0.02")
      .replacing("\"job\":\"etl\",", with: "").replacing(
        "{\"finding_id\"", with: "{\"x\":1,\"finding_id\"")
    let stored = StoredFinding(
      index: 7, stored: Array(text.utf8), recomputed: StoredFindingTests.finding)
    #expect(stored.differences.map(\.key) == ["p_value", "job", "x"])
    #expect(stored.differences.map(\.stored) == ["0.02", nil, "1"])
    #expect(stored.differences.map(\.recomputed) == ["0.01", "\"etl\"", nil])
  }

  @Test("bytes that are no finding differ in every key", arguments: ["", "[]", "{", "7", "{}"])
  func garbage(text: String) {
    let stored = StoredFinding(
      index: 0, stored: Array(text.utf8), recomputed: StoredFindingTests.finding)
    #expect(stored.differences.count >= 10)
  }
}
