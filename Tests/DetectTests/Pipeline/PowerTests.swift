import Correlate
import Detect
import Ingest
import Testing

/// How large an effect must be to be told: anomalies of known size on a site without others.
@Suite struct PowerTests {
  private static let sizes: [String: [Double]] = [
    // Hours away from noon, of people who work around it; times the usual duration, or memory.
    "off_hours": [0, 3, 5, 7, 9, 12], "runaway": [1, 2, 4, 8, 16, 32],
    "resource_blowup": [1, 2, 4, 8, 16, 32],
  ]

  /// One anomaly of each size a day after the first `warmUp`, each on a person and a job of its own.
  private static func rates(_ rule: String, seed: UInt64, warmUp: Int, days: Int) -> [Double] {
    let sizes = sizes[rule] ?? []
    var site = NullSite(people: 20, seed: seed)
    var random = SplitMix(seed: seed &+ 77)
    var pipeline = DetectionPipeline.simple(History.configuration(rule))
    var injected = [Set<String>](repeating: [], count: sizes.count)
    var told: Set<String> = []
    for day in 0..<days {
      let events = site.events(ofDay: day, isCounted: false) { history in
        for place in 0..<60 where day % 7 < 5 {
          let isStrange = day >= warmUp && place == day % 60
          let index = day % sizes.count
          let size = isStrange ? sizes[index] : rule == "off_hours" ? 0 : 1
          let activity = ordinary(rule, size, place, day, &history, &random)
          if isStrange { injected[index].insert(activity.activityID) }
        }
      }
      for event in events {
        for finding in pipeline.observe(event) { told.insert(finding.activityID ?? "") }
      }
    }
    return injected.map { Double($0.intersection(told).count) / Double(max(1, $0.count)) }
  }

  private static func ordinary(
    _ rule: String, _ size: Double, _ place: Int, _ day: Int, _ history: inout History,
    _ random: inout SplitMix
  ) -> Activity {
    let hour = 12 + 0.7 * random.normal() + (rule == "off_hours" ? size : 0)
    let seconds = 300 * Elementary.exp(0.3 * random.normal()) * (rule == "runaway" ? size : 1)
    let memory =
      1e9 * Elementary.exp(0.3 * random.normal()) * (rule == "resource_blowup" ? size : 1)
    return history.trigger(
      "own-\(place)", by: "own-\(place)", at: History.at(day: day, hour: hour), seconds: seconds
    ) { $0.maxRSSBytes = Int(memory) }
  }

  @Test(
    "a larger effect is told more often, none hardly ever",
    arguments: ["off_hours", "runaway", "resource_blowup"])
  func power(rule: String) throws {
    let seeds: ClosedRange<UInt64> = LongForm.isWanted ? 1...10 : 1...1
    let sizes = try #require(PowerTests.sizes[rule])
    var sums = [Double](repeating: 0, count: sizes.count)
    let days = LongForm.isWanted ? 240 : 75
    for seed in seeds {
      let rates = PowerTests.rates(rule, seed: seed, warmUp: 45, days: days)
      for index in sums.indices { sums[index] += rates[index] / Double(seeds.count) }
    }
    for (size, rate) in zip(sizes, sums) { print("power: \(rule): size \(size): told \(rate)") }
    #expect(sums[0] <= 0.2)
    #expect(try #require(sums.last) >= 0.8)
  }
}
