/// When a zone's clocks were, are and will be set how: read from the system's time zone database.
///
/// The explicit transitions of the file first, its footer's rule for all time after. Instants before
/// the first transition have the file's first type (RFC 9636 section 3.2), mostly local mean time.
package struct TimeZoneRules: Hashable, Sendable {
  /// From this second on the offset holds.
  package struct Transition: Hashable, Sendable {
    /// Since 1970, UTC.
    package let second: Int
    /// Seconds east of UTC.
    package let offset: Int
  }

  /// The zone's IANA name, as it was asked for.
  package let name: String
  private let initialOffset: Int
  /// In order of time.
  private let transitions: [Transition]
  private let footer: PosixZone?

  init(name: String, initialOffset: Int, transitions: [Transition], footer: PosixZone?) {
    self.name = name
    self.initialOffset = initialOffset
    self.transitions = transitions
    self.footer = footer
  }

  /// Reads a TZif file's bytes.
  package init(name: String, tzif bytes: Span<UInt8>) throws(ZoneError) {
    var reader = TZifReader(bytes, name: name)
    self = try reader.read()
  }

  /// Universal time, which needs no file.
  package static let utc = TimeZoneRules(
    name: "UTC", initialOffset: 0, transitions: [], footer: nil)

  /// Seconds east of UTC at an instant. Cost: a binary search, or a few calendar sums after the last
  /// explicit transition.
  package func offset(at instant: Timestamp) -> Int {
    offset(atSecond: Int(instant.microseconds.flooredDivision(by: 1_000_000).quotient))
  }

  /// What the clocks show at an instant. At the very ends of the years 1 to 9999 the date may lie a
  /// day outside them.
  package func localTime(at instant: Timestamp) -> LocalTime {
    let second = Int(instant.microseconds.flooredDivision(by: 1_000_000).quotient)
    let offset = offset(atSecond: second)
    let (days, secondOfDay) = (second + offset).flooredDivision(by: 86_400)
    return LocalTime(
      date: CivilDate(daysSinceEpoch: days), secondOfDay: secondOfDay, offset: offset)
  }

  /// When the clocks show this time: once, twice or never.
  package func instants(on date: CivilDate, secondOfDay: Int) -> LocalInstants {
    let local = date.daysSinceEpoch * 86_400 + secondOfDay
    // Every offset lies within 26 hours: what holds at this local time holds in between.
    var second = local - 93_600
    var offsets = [offset(atSecond: second)]
    var changes: [Transition] = []
    while let change = transition(after: second), change.second <= local + 93_600 {
      offsets.append(change.offset)
      changes.append(change)
      second = change.second
    }
    let fitting = Set(offsets.map { local - $0 }).filter { offset(atSecond: $0) == local - $0 }
    guard let earliest = fitting.min(), let latest = fitting.max() else {
      return .gap(at: TimeZoneRules.timestamp(gap(over: local, offsets, changes)))
    }
    let first = TimeZoneRules.timestamp(earliest)
    return earliest == latest
      ? .one(first) : .fold(earlier: first, later: TimeZoneRules.timestamp(latest))
  }

  /// The first change of the offset after an instant, in seconds since 1970; nil when there is none.
  package func transition(after second: Int) -> Transition? {
    let index = firstIndex(after: second)
    if index < transitions.count { return transitions[index] }
    guard let footer, footer.daylight != nil else { return nil }
    let year = PosixZone.year(ofSecond: second)
    guard year < 10_000 else { return nil }
    let last = transitions.last?.second ?? Int.min
    let changes = footer.transitions(aroundYear: year)
    let next = changes.first { $0.second > max(second, last) }
    // Of two at one instant the later in order is the one that holds.
    return changes.last { $0.second == next?.second }
  }

  private func offset(atSecond second: Int) -> Int {
    let index = firstIndex(after: second)
    // The last explicit transition's offset holds until the footer's rules say otherwise.
    if index == transitions.count, let footer { return footer.offset(at: second) }
    return index == 0 ? initialOffset : transitions[index - 1].offset
  }

  /// Index of the first transition after a second.
  private func firstIndex(after second: Int) -> Int {
    var (low, high) = (0, transitions.count)
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].second <= second { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The change that jumped over a local time.
  private func gap(over local: Int, _ offsets: [Int], _ changes: [Transition]) -> Int {
    for (index, change) in changes.enumerated() {
      let before = change.second + offsets[index]
      if before <= local, local < change.second + change.offset { return change.second }
    }
    return local - offsets[0]
  }

  private static func timestamp(_ second: Int) -> Timestamp {
    let limits =
      (Timestamp.earliest.microseconds / 1_000_000)...(Timestamp.latest.microseconds / 1_000_000)
    let clamped = min(max(Int64(second), limits.lowerBound), limits.upperBound)
    return Timestamp(microseconds: clamped * 1_000_000) ?? .earliest
  }
}
