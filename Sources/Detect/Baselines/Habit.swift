import Ingest

/// When one principal is active: what was learnt from days that were not flagged.
///
/// A day is judged against the days before it: its hours are learnt only when the next day begins,
/// so that a night of work cannot vouch for itself. Hours that were flagged wait in quarantine.
struct Habit: Sendable, Codable {
  /// What was said about one hour of the running day.
  struct Verdict: Sendable, Codable {
    let cell: Int
    /// Surprise of the hour by the profile alone.
    let alone: Double
    /// What is ranked: set against the usual, and bounded where work goes on.
    let surprise: Double
    let pValue: Double
    let level: Double
    /// Weight of the principal's own past behind the verdict, and that of the peers.
    let ownWeight: Double
    let peerWeight: Double
    /// Usual surprise of the principal, and of everyone.
    let usual: Double
    let everyone: Double
  }

  private struct Recent: Sendable, Codable {
    let at: Timestamp
    let surprise: Double
  }

  private struct Settled: Sendable, Codable {
    let day: Int
    let verdict: Verdict
  }

  private struct Quarantined: Sendable, Codable {
    /// The day, or the one before for the hours after midnight: one night is one occasion.
    let night: Int
    let cell: Int
  }

  /// Flagged hours that wait; the oldest gives way.
  static let quarantineCountMax = 64

  /// Hours within which activity is a continuation, and what each of them adds to the surprise.
  static let continuationHours = 3.0
  static let surprisePerHour = 1.0
  static let recentCountMax = 12
  /// Verdicts on hours of past days that are kept for triggers that are told late.
  static let settledCountMax = 48

  /// Judged hours of everyone's that a principal's usual surprise starts with.
  static let usualPrior = 10.0

  private(set) var profile = CircularProfile()
  /// How surprising the principal's own hours were that were not flagged.
  private(set) var usual = MeanSurprise()
  private(set) var eventCount = 0
  private(set) var dayCount = 0
  private(set) var lastDay: Int?
  private(set) var today: [Verdict] = []
  /// Decayed distinct days with activity within an hour of it, by class of day and hour: 48.
  private var daysNear = [Double](repeating: 0, count: 48)
  private var recent: [Recent] = []
  private var settled: [Settled] = []
  private var quarantine: [Quarantined] = []

  /// What was already said about this hour of this day.
  func verdict(day: Int, cell: Int) -> Verdict? {
    if lastDay == day { return today.first { $0.cell == cell } }
    return settled.last { $0.day == day && $0.verdict.cell == cell }?.verdict
  }

  mutating func countEvent() { eventCount += 1 }

  /// Hours that were seen on one day only, as decayed weight: how unsettled the habit is.
  var isolatedHours: Double {
    var sum = 0.0
    for slot in 0..<48 where daysNear[slot] > 0 && daysNear[slot] <= 1 {
      sum += min(1, classWeight(slot))
    }
    return sum
  }

  /// Begins `day` if it is after the running one: learns the one that is over.
  mutating func turn(to day: Int, _ configuration: DetectionConfiguration) {
    guard day > lastDay ?? Int.min else { return }
    if let ended = lastDay { learn(ended, configuration) }
    lastDay = day
    today.removeAll(keepingCapacity: true)
  }

  /// Keeps a verdict of the running day; one of an earlier day, told late, is learnt at once.
  mutating func note(
    _ verdict: Verdict, day: Int, at: Timestamp, _ configuration: DetectionConfiguration
  ) {
    if day == lastDay {
      today.append(verdict)
    } else {
      settle(verdict, day, configuration)
      release(configuration)
    }
    recent.append(Recent(at: at, surprise: verdict.surprise))
    if recent.count > Habit.recentCountMax { recent.removeFirst() }
  }

  /// The surprise of going on: that of the least surprising activity in the hours before, and more
  /// for each hour since. Nil when there was none: work that lasts into the night is no new
  /// beginning.
  func continued(at: Timestamp) -> Double? {
    var least: Double?
    for entry in recent {
      let hours = at.seconds(since: entry.at) / 3600
      guard hours >= 0, hours <= Habit.continuationHours else { continue }
      let surprise = entry.surprise + Habit.surprisePerHour * max(hours, 0.5)
      least = min(least ?? surprise, surprise)
    }
    return least
  }

  /// A person said that this hour is all right: it is learnt at once, and what waits within an hour
  /// of it on such days.
  ///
  /// One word weighs as much as the days of recurrence that it stands for. An hour of the running
  /// day is judged anew.
  mutating func approve(_ cell: Int, _ configuration: DetectionConfiguration) {
    let alike = quarantine.map(\.cell).filter { Habit.areNear($0, cell) }
    for cell in Set(alike + [cell]).sorted() {
      for _ in 0..<configuration.quarantineDays { add([cell]) }
    }
    quarantine.removeAll { Habit.areNear($0.cell, cell) }
    today.removeAll { Habit.areNear($0.cell, cell) }
  }

  /// Hours between the cell and the nearest learnt activity on such days; nil for none within 12.
  func hoursToNearest(_ cell: Int) -> Int? {
    (0...12).first { profile.weight(near: cell, hours: $0) > 0.05 }
  }

  private mutating func learn(_ day: Int, _ configuration: DetectionConfiguration) {
    dayCount += 1
    let fade = Elementary.exp(-Elementary.log(2) / configuration.halfLifeDays)
    profile.fade(by: fade)
    usual.fade(by: fade)
    for slot in daysNear.indices { daysNear[slot] *= fade }
    add(today.filter { $0.pValue > configuration.quarantineP }.map(\.cell))
    for verdict in today { settle(verdict, day, configuration, isAdded: true) }
    release(configuration)
  }

  /// Remembers what was said about an hour of a day that is over; learns it or puts it in
  /// quarantine.
  private mutating func settle(
    _ verdict: Verdict, _ day: Int, _ configuration: DetectionConfiguration, isAdded: Bool = false
  ) {
    settled.append(Settled(day: day, verdict: verdict))
    if settled.count > Habit.settledCountMax { settled.removeFirst() }
    if verdict.pValue <= configuration.quarantineP {
      quarantine.append(
        Quarantined(night: Habit.night(of: verdict.cell, on: day), cell: verdict.cell))
      return
    }
    usual.learn(verdict.alone)
    if !isAdded { add([verdict.cell]) }
  }

  /// Learns what recurred on enough distinct nights over a long enough time, hour by hour: a new
  /// strange hour holds back no older one.
  private mutating func release(_ configuration: DetectionConfiguration) {
    if quarantine.count > Habit.quarantineCountMax {
      quarantine.removeFirst(quarantine.count - Habit.quarantineCountMax)
    }
    for cell in Set(quarantine.map(\.cell)).sorted() {
      let alike = quarantine.filter { Habit.areNear($0.cell, cell) }
      let nights = Set(alike.map(\.night))
      guard nights.count >= configuration.quarantineDays, let first = nights.min(),
        let last = nights.max(), last - first >= configuration.quarantineSpanDays
      else { continue }
      for entry in alike { add([entry.cell]) }
      quarantine.removeAll { Habit.areNear($0.cell, cell) }
    }
  }

  private static func night(of cell: Int, on day: Int) -> Int {
    cell % 24 < CircularProfile.nightHours ? day - 1 : day
  }

  private mutating func add(_ cells: [Int]) {
    var slots = [Bool](repeating: false, count: 48)
    for cell in cells {
      profile.add(1, cell: cell)
      for offset in [23, 0, 1] {
        slots[(CircularProfile.isWeekend(cell) ? 24 : 0) + (cell % 24 + offset) % 24] = true
      }
    }
    for slot in slots.indices where slots[slot] { daysNear[slot] += 1 }
  }

  private func classWeight(_ slot: Int) -> Double {
    profile.classWeight(slot % 24, isWeekend: slot >= 24)
  }

  /// Same class of day, at most an hour apart.
  private static func areNear(_ left: Int, _ right: Int) -> Bool {
    guard CircularProfile.isWeekend(left) == CircularProfile.isWeekend(right) else { return false }
    let distance = abs(left % 24 - right % 24)
    return min(distance, 24 - distance) <= 1
  }
}
