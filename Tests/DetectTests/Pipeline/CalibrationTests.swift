import Correlate
import Detect
import Ingest
import Testing

/// p means what it says on streams without anomalies: the share at or below 0.001 lies near 0.001.
@Suite struct CalibrationTests {
  /// 30 people of several habits over 240 days, hours from their own fixed laws; jobs with
  /// lognormal, gamma-like and bimodal durations, drawn independently.
  private static func stream(_ seed: UInt64) -> (history: History, hours: Int, runs: Int) {
    var random = SplitMix(seed: seed)
    var history = History()
    var hours: Set<[Int]> = []
    var runs = 0
    for person in 0..<30 {
      let center = [9.0, 11, 14, 16, 22][person % 5]
      let width = [1.0, 2, 3][person % 3]
      for day in 0..<240 {
        let isWeekend = day % 7 >= 5
        if random.uniform() < (isWeekend ? 0.1 : 0.85) {
          for _ in 0..<Int.random(in: 1...4, using: &random) {
            let hour = center + width * random.normal() + (random.uniform() < 0.02 ? 6 : 0)
            let at = History.at(day: day, hour: hour)
            let job = person % 12
            let seconds = duration(job, &random)
            history.trigger("job-\(job)", by: "p-\(person)", at: at, seconds: seconds)
            guard day >= 40 else { continue }
            let local = LocalHour(at, offsetSeconds: 0)
            hours.insert([person, local.day, local.hourOfWeek])
            runs += 1
          }
        }
      }
    }
    return (history, hours.count, runs)
  }

  private static func duration(_ job: Int, _ random: inout SplitMix) -> Double {
    switch job % 3 {
    case 0: 300 * Elementary.exp(0.4 * random.normal())
    case 1: 60 + 200 * (random.exponential() + random.exponential())
    default: (random.uniform() < 0.15 ? 4000 : 400) * Elementary.exp(0.15 * random.normal())
    }
  }

  @Test(
    "the share of p at or below 0.001 is between 0.0003 and 0.003",
    arguments: ["off_hours", "runaway"])
  func share(rule: String) {
    var below = 0
    var tests = 0
    let seeds = 1...4 as ClosedRange<UInt64>
    for seed in seeds {
      let (history, hours, runs) = CalibrationTests.stream(seed)
      let findings = history.findings(History.configuration(rule, pMax: 0.001))
        .filter { $0.timestamp >= History.at(day: 40, hour: 0) }
      var subjects: Set<String> = []
      for finding in findings {
        if rule == "runaway" {
          subjects.insert(finding.activityID ?? "")
        } else if let at = Timestamp(
          microseconds: finding.timestamp.microseconds - 1_000_000)
        {
          let local = LocalHour(at, offsetSeconds: 0)
          subjects.insert("\(finding.principal ?? "")/\(local.day)/\(local.hourOfWeek)")
        }
      }
      below += subjects.count
      tests += rule == "runaway" ? runs : hours
    }
    let share = Double(below) / Double(tests)
    print(
      "calibration: \(rule): \(below) of \(tests) tests at p <= 0.001: share \(share), seeds \(seeds)"
    )
    #expect(share >= 0.0003 && share <= 0.003, "\(rule): \(below) of \(tests), seeds \(seeds)")
  }

  @Test("the alerts of all rules together stay near the budget on a stream without anomalies")
  func budget() {
    let (history, _, _) = CalibrationTests.stream(11)
    let findings = history.findings()
      .filter {
        $0.timestamp >= History.at(day: 40, hour: 0) && $0.timestamp < History.at(day: 240, hour: 0)
      }
    let episodes = Set(findings.map { $0.episodeID ?? "" }).count
    let perDay = Double(episodes) / 200
    print("calibration: \(perDay) alerts a day at a budget of 2, seed 11")
    #expect(perDay <= 2, "\(perDay) alerts a day: \(Set(findings.map(\.rule)))")
  }
}
