import Foundation
import Testing

@Suite("the budget in the configuration") struct BudgetConfigurationTests {
  private func scan(_ budget: String) throws -> BuiltTool.Result {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.url.appendingPathComponent("vigil.json5")
    try Data("{ detection: { budget: \(budget) } }".utf8).write(to: file)
    return try BuiltTool.run(["scan", "--config", file.path, "-"], input: "")
  }

  @Test(
    "each kind is read",
    arguments: ["{ alerts_per_day: 0.5 }", "{ per_1000_runs: 1 }", "{ fdr: 0.05 }"])
  func kinds(budget: String) throws {
    let ran = try scan(budget)
    #expect(ran.status == 0, "\(ran.errors)")
  }

  @Test(
    "none, two and impossible ones are refused with their place",
    arguments: [
      ("{}", "found 0 kinds of budget"), ("{ alerts_per_day: 2, fdr: 0.1 }", "found 2 kinds"),
      ("{ alerts_per_day: 2, per_1000_runs: 1, fdr: 0.1 }", "found 3 kinds"),
      ("{ fdr: 1 }", "a number from"), ("{ alerts: 2 }", "unknown key"), ("2", "an object"),
    ])
  func refused(budget: String, words: String) throws {
    let ran = try scan(budget)
    #expect(ran.status == 2)
    #expect(ran.errors.contains("line 1, column") && ran.errors.contains(words), "\(ran.errors)")
  }
}
