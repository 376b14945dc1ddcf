import Foundation
import SixtyDays
import Testing

/// The sixty days through the built tool: the incidents are found, the look-alikes stay quiet, and
/// without the incidents there is nothing to find of them.
@Suite("findings of the sixty days", .serialized) struct SixtyDayFindingTests {
  struct Finding {
    let rule: String
    let severity: String
    let principal: String?
    let job: String?
    let requestID: String?
    let runID: String?
    let explanation: String

    init(_ object: [String: Any]) throws {
      rule = try #require(object["rule"] as? String)
      severity = try #require(object["severity"] as? String)
      principal = object["principal"] as? String
      job = object["job"] as? String
      requestID = object["request_id"] as? String
      runID = object["run_id"] as? String
      explanation = try #require(object["explanation"] as? String)
    }

    func isAbout(_ incident: Truth.Told) -> Bool {
      incident.requestIDs.contains { $0 == requestID } || incident.runIDs.contains { $0 == runID }
    }
  }

  private func scan(_ files: [String]) throws -> [Finding] {
    let ran = try BuiltTool.run(
      [
        "scan", "--source", "pipelines-1", "--format", "jsonl", "--config",
        BuiltTool.fixture("sixty-days/vigil.json5"),
      ] + files)
    #expect(ran.status == 0, "\(ran.errors)")
    return try ran.objects().map(Finding.init)
  }

  private static let rule: [Incident: String] = [
    .compromisedAccountAtNight: "off_hours", .hungJob: "runaway",
    .runRoundTheGateway: "run_without_request", .lostTrigger: "request_without_run",
  ]

  @Test("each incident is found by its rule, at the head of what is said")
  func findsIncidents() throws {
    let files = ["caddy-access.log.gz", "launcher.jsonl.gz", "luigi-events.jsonl.gz"]
    let findings = try scan(files.map { BuiltTool.fixture("sixty-days/\($0)") })
    let truth = SixtyDayStream().record().truth
    #expect(truth.incidents.count == Incident.allCases.count)
    for told in truth.incidents {
      let rule = try #require(Self.rule[told.incident])
      let about = findings.filter { $0.rule == rule && $0.isAbout(told) }
      #expect(!about.isEmpty, "\(told.incident)")
      // A hung job is first told as a maybe, and again when it is beyond doubt.
      #expect(about.contains { ["high", "critical"].contains($0.severity) }, "\(told.incident)")
    }
    quietLookAlikes(findings)
  }

  private func quietLookAlikes(_ findings: [Finding]) {
    #expect(!findings.contains { $0.rule == "off_hours" && $0.principal == "nora" })
    for job in ["warehouse-compact", "feature-build"] {
      #expect(!findings.contains { $0.rule == "runaway" && $0.job == job }, "\(job)")
    }
    // Sixty days at two alerts a day: the budget is a rate, and it is kept.
    #expect(findings.count <= 120)
  }

  @Test("without the incidents nothing is said of them")
  func withoutIncidents() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let calm = SixtyDayStream(incidents: []).record()
    for log in Log.allCases {
      try Data(calm.text(of: log).utf8).write(to: folder.url.appendingPathComponent(log.rawValue))
    }
    let findings = try scan(Log.allCases.map { folder.path($0.rawValue) })
    #expect(!findings.contains { $0.rule == "run_without_request" })
    #expect(!findings.contains { $0.rule == "request_without_run" })
    for told in SixtyDayStream().record().truth.incidents {
      #expect(!findings.contains { $0.isAbout(told) }, "\(told.incident)")
    }
  }
}
