import Detect
import Ingest
import Testing

@Suite struct FindingReadingTests {
  @Test("what was written of a finding reads as it was, byte for byte")
  func roundTrip() throws {
    var history = History()
    history.addOffice(count: 12, days: 0..<40, seed: 1)
    history.trigger("report-0", by: "worker-0", at: History.at(day: 40, hour: 3.2))
    var findings = history.findings(History.configuration("off_hours"))
    findings.append(AlertWorld.finding("x", job: nil, principal: nil, episode: "e"))
    #expect(findings.count > 1)
    for finding in findings {
      let read = try #require(Finding(json: finding.encoded()))
      #expect(read == finding)
      #expect(read.encoded() == finding.encoded())
    }
  }

  @Test(
    "what is no finding reads as none",
    arguments: [
      "", "[]", "{}", "{\"finding_id\":\"a\"}",
      "{\"finding_id\":\"a\",\"rule\":\"r\",\"ts\":\"2026-11-24T05:00:00.000000Z\",\"severity\":\"huge\",\"p_value\":0.1}",
      "{\"finding_id\":\"a\",\"rule\":\"r\",\"ts\":\"2026-11-24T05:00:00.000000Z\",\"severity\":\"low\",\"p_value\":0}",
      "{\"finding_id\":\"a\",\"rule\":\"r\",\"ts\":\"yesterday\",\"severity\":\"low\",\"p_value\":0.1}",
    ])
  func others(_ text: String) { #expect(Finding(json: Array(text.utf8)) == nil) }
}
