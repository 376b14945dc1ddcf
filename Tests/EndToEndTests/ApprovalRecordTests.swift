import Foundation
import Testing

@Suite("approvals and tokens by vigil record") struct ApprovalRecordTests {
  private func line(_ kind: String, _ id: Int, _ minute: Int, _ keys: String) -> String {
    let clock = minute < 10 ? "0\(minute)" : "\(minute)"
    return #"{"v":1,"kind":"\#(kind)","ts":"2026-11-24T05:\#(clock):00Z","#
      + #""source":"vigil/gateway","id":"\#(id)",\#(keys)}"#
  }

  /// Findings of the rule over a journal with these records.
  private func findings(_ rule: String, _ lines: [String]) throws -> [[String: Any]] {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = folder.path("journal")
    let run =
      #"{"schema":"trigger-event/1","ts":1.5,"event":"run.requested","run_id":"r","job":"j"}"#
    #expect(try BuiltTool.run(["ingest", "--journal", path, "-"], input: run).status == 0)
    for line in lines {
      let ran = try BuiltTool.run(["record", "--journal", path], input: line)
      #expect(ran.output.contains("\"appended\""), "\(ran.errors)")
    }
    let ran = try BuiltTool.run(
      ["detect", "--journal", path, "--rule", rule, "--format", "jsonl"])
    #expect(ran.status == 0, "\(ran.errors)")
    return try ran.objects()
  }

  @Test("a token used after its rotation is a critical finding with both records as evidence")
  func token() throws {
    let decision =
      #""principal":"svc-ci","action":"run:trigger","effect":"permit","credential_id":"t-1""#
    let found = try findings(
      "token_after_rotation",
      [
        line("decision", 1, 1, decision),
        line(
          "control", 2, 2, #""event":"token_rotated","subject":"t-1","counts":{"overlap_s":60}"#),
        line("decision", 3, 3, decision), line("decision", 4, 4, decision),
      ])
    #expect(found.count == 1)
    #expect(found.first?["severity"] as? String == "critical")
    #expect(found.first?["ts"] as? String == "2026-11-24T05:04:00.000000Z")
    #expect((found.first?["evidence"] as? [Int])?.count == 2)
  }

  @Test("an approval by who asked for it is a finding")
  func approval() throws {
    func keys(_ event: String, _ principal: String) -> String {
      #""approval_id":"a-1","subject":"run","subject_id":"r-9","event":"\#(event)","#
        + #""principal":"\#(principal)""#
    }
    let found = try findings(
      "approval_misuse",
      [
        line("approval", 1, 1, keys("requested", "anna")),
        line("approval", 2, 2, keys("given", "anna")),
      ])
    #expect(found.count == 1)
    #expect(
      found.first?["explanation"] as? String
        == "anna gave approval a-1 of run r-9: they had asked for it themselves")
  }
}
