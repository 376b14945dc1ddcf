import Correlate
import Detect
import Ingest
import Testing

@Suite struct PrincipalRecordTests {
  @Test(
    "the ratio is that of exceedances met and foreseen, with three of both before, by brute force")
  func bruteForce() {
    var random = SplitMix(seed: 5)
    var record = PrincipalRecord()
    var runs: [(share: Double, isBeyond: Bool, weight: Double)] = []
    #expect(record.ratio == 1)
    for _ in 0..<300 {
      let run = (random.uniform(), random.uniform() < 0.3, 0.2 + 0.8 * random.uniform())
      runs.append(run)
      record.learn(foreseen: run.0, isBeyond: run.1, weight: run.2)
    }
    var (met, foreseen, stay) = (0.0, 0.0, 1.0)
    for run in runs.reversed() {
      met += run.isBeyond ? stay * run.weight : 0
      foreseen += stay * run.weight * run.share
      stay *= 1 - 0.0005 * run.weight
    }
    #expect(abs(record.ratio - (met + 3) / (foreseen + 3)) < 1e-12)
  }

  /// A site of a steady and a changing person with new jobs every week, whose fifth run lasts ten
  /// times as long if the person is changing; in the end both start the same old job, for a time that
  /// it never lasted.
  private static func long(_ seed: UInt64) throws -> [String: Finding] {
    var random = SplitMix(seed: seed)
    var history = History()
    for day in 0..<240 {
      let jobs = [("a", "steady"), ("b-\(day / 5)", "changing"), ("c-\(day / 5)", "steady")]
      for (job, who) in jobs {
        let isLong = who == "changing" && day % 5 == 4
        history.trigger(
          job, by: who, at: History.at(day: day, hour: 9),
          seconds: (isLong ? 3000 : 300) * Elementary.exp(0.2 * random.normal()))
      }
    }
    let at = History.at(day: 240, hour: 9)
    for who in ["steady", "changing"] { history.trigger("a", by: who, at: at, seconds: 900) }
    let findings = history.findings(History.configuration("runaway", pMax: 0.5))
      .filter { $0.timestamp == at.advanced(bySeconds: 901) }
    return Dictionary(grouping: findings) { $0.principal ?? "" }.compactMapValues(\.first)
  }

  @Test(
    "a long run of somebody whose runs often outlast their jobs' pasts is less strange",
    arguments: 1...3 as ClosedRange<UInt64>)
  func changing(seed: UInt64) throws {
    let findings = try PrincipalRecordTests.long(seed)
    let steady = try #require(findings["steady"], "seed \(seed)")
    let changing = try #require(findings["changing"], "seed \(seed)")
    #expect(steady.pValue < changing.pValue, "seed \(seed)")
    #expect(steady.expected.contains { $0.name == "principal_ratio" })
  }
}
