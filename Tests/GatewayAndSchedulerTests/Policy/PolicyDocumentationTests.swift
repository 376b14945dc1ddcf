import Foundation
import GatewayAndScheduler
import Ingest
import Testing

@Suite("Documentation/Policy.md") struct PolicyDocumentationTests {
  private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../Documentation/Policy.md")

  /// The page's JSON5 blocks, in order.
  private static func blocks() throws -> [String] {
    let text = try String(contentsOf: page, encoding: .utf8)
    return text.split(separator: "```json5\n").dropFirst().compactMap { part in
      part.split(separator: "```", maxSplits: 1).first.map(String.init)
    }
  }

  @Test("the example is a policy without doubts, and the example's cases get their answers")
  func examples() throws {
    let blocks = try Self.blocks()
    try #require(blocks.count == 2)
    let policy = try PolicyBuild.policy(blocks[0])
    let doubts = PolicyCheck.doubts(policy, jobs: ["etl-daily", "report"])
    #expect(doubts.filter(\.isProblem).isEmpty, "\(doubts)")
    let cases = try PolicyCases(
      Array(blocks[1].utf8).span, file: "cases.json5", routes: .standard
    ).cases
    #expect(cases.count == 6)
    for each in cases {
      let answer = policy.decide(each.question)
      #expect(each.isMet(by: answer), "\(each.name): \(answer)")
    }
  }

  @Test("the routes of the page are the standard ones")
  func routes() throws {
    for (request, action) in [
      ("POST /jobs/etl/runs", "run:trigger"), ("GET /approvals", "approval:view"),
      ("POST /approvals/1", "approval:give"), ("POST /runs/1/kill", "run:kill"),
    ] {
      let parts = request.split(separator: " ").map(String.init)
      guard
        case .action(let match) = ActionRoutes.standard.resolve(method: parts[0], target: parts[1])
      else {
        Issue.record("\(request) is not mapped")
        continue
      }
      #expect(match.action == action)
    }
  }
}
