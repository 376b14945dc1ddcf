/// What was flagged and waits, by key: for recurrence on enough distinct days, or for a person.
///
/// The same rule as a habit's: `quarantineDays` distinct days, `quarantineSpanDays` from the first to
/// the last.
struct Quarantine: Sendable, Codable {
  /// One thing that was flagged.
  struct Held: Sendable, Codable {
    let day: Int
    let value: Double
  }

  /// Keys that wait at least; at most twice as many. What each keeps; the oldest gives way.
  static let keyCountMax = 50_000
  static let heldCountMax = 64

  private var table = RecentTable<[Held]>(countMax: Quarantine.keyCountMax)

  func isHeld(_ key: String) -> Bool { table[key] != nil }

  /// Puts one more aside. What has recurred often enough is returned, this one with it, and waits no
  /// longer; else nothing.
  mutating func hold(
    _ key: String, _ value: Double, day: Int, _ configuration: DetectionConfiguration
  ) -> [Held] {
    let held = (table[key] ?? []) + [Held(day: day, value: value)]
    let days = held.map(\.day)
    if Set(days).count >= configuration.quarantineDays, let first = days.min(),
      let last = days.max(), last - first >= configuration.quarantineSpanDays
    {
      table[key] = nil
      return held
    }
    table[key] = Quarantine.trimmed(held)
    return []
  }

  /// What waited: a person said that it is all right.
  mutating func release(_ key: String) -> [Held] {
    defer { table[key] = nil }
    return table[key] ?? []
  }

  /// Drops what is most on its day, the days themselves last: one evening must not push out the
  /// others.
  private static func trimmed(_ held: [Held]) -> [Held] {
    guard held.count > heldCountMax else { return held }
    var kept = held
    var counts: [Int: Int] = [:]
    for each in held { counts[each.day, default: 0] += 1 }
    let fullest = held.map { counts[$0.day] ?? 0 }.max() ?? 0
    if let index = kept.firstIndex(where: { counts[$0.day] == fullest }) { kept.remove(at: index) }
    return kept
  }
}
