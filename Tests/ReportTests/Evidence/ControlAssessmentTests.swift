import Detect
import Ingest
import Report
import TestSupport
import Testing

@Suite struct ControlAssessmentTests {
  private func rows(
    _ records: [Record], _ standard: ComplianceStandard
  ) throws -> [String: (verdict: String, reason: String, evidence: Int)] {
    let fixture = try PackageFixture(records)
    let query = PackageFixture.query {
      $0.standard = standard
      $0.formats = [.jsonl]
      // Without the journal's own records, whose time is the clock's.
      $0.until = Build.time(100_000)
    }
    let package = try fixture.export(query)
    var result: [String: (verdict: String, reason: String, evidence: Int)] = [:]
    for document in try PackageFixture.objects("tables/controls.jsonl", package) {
      func text(_ key: StaticString) -> String {
        document.member(document.root, key).flatMap { document.string($0) } ?? ""
      }
      var count = 0
      if let list = document.member(document.root, "evidence") {
        document.forEachElement(list) { _ in count += 1 }
      }
      result[text("clause")] = (text("verdict"), text("reason"), count)
    }
    return result
  }

  @Test(
    "without a record of the watched systems nothing but what is about the log itself is met",
    arguments: ComplianceStandard.allCases)
  func withoutData(_ standard: ComplianceStandard) throws {
    // One record of a kind that no control speaks about.
    let heartbeat = Build.control("h", .heartbeat, at: Build.time(10))
    for (clause, row) in try rows([heartbeat], standard) where row.verdict == "met" {
      // The journal's own opening and closing are data about the log.
      let isOfLog = row.reason.contains("lead to root") || row.reason.contains("starts, stops")
      #expect(isOfLog, "\(clause): \(row.reason)")
    }
  }

  @Test("approvals are met with two people, and not met by one who asked and gave")
  func approvals() throws {
    #expect(try rows(PackageFixture.records, .nist80053)["AC-5"]?.verdict == "met")
    let own = PackageFixture.records.map { record in
      guard case .approval(var body) = record.body else { return record }
      body.principal = "alice"
      return Record(header: record.header, body: .approval(body))
    }
    let row = try #require(try rows(own, .nist80053)["AC-5"])
    #expect(row.verdict == "not_met" && row.evidence > 0)
  }

  @Test("triggers without a principal are not met, with the entries that show it")
  func attribution() throws {
    #expect(try rows(PackageFixture.records, .pciDSS)["10.2.2"]?.verdict == "met")
    var record = PackageFixture.request("q7", Build.time(50), principal: "x")
    if case .request(var body) = record.body {
      body.principal = nil
      record.body = .request(body)
    }
    let row = try #require(try rows(PackageFixture.records + [record], .pciDSS)["10.2.2"])
    #expect(row.verdict == "not_met" && row.evidence == 1)
  }

  @Test(
    "an obeyed denial is met; retention beyond the journal's age is not said")
  func others() throws {
    let nist = try rows(PackageFixture.records, .nist80053)
    #expect(nist["AC-3"]?.verdict == "met")
    #expect(nist["AU-11"]?.verdict == "insufficient_data")
    #expect(try rows(PackageFixture.records, .pciDSS)["10.5.1"]?.verdict == "insufficient_data")
    #expect(nist["AC-2(12)"]?.verdict == "insufficient_data", "less than two weeks of past")
  }
}
