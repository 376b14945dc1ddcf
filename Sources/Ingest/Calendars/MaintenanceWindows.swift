/// Stretches of time in which work outside the usual is announced.
package struct MaintenanceWindows: Hashable, Sendable {
  /// One stretch, its end excluded.
  package struct Window: Hashable, Sendable {
    package let from: Timestamp
    package let to: Timestamp
    /// What was announced; may be empty.
    package let name: String

    package init(from: Timestamp, to: Timestamp, name: String) {
      self.from = from
      self.to = to
      self.name = name
    }
  }

  /// Most windows kept, repetitions counted singly.
  package static let windowCountMax = 100_000
  /// How long after its first a repeated event without an end is followed: 20 years.
  package static let repetitionDayCountMax = 7305

  /// In order of their start; may overlap.
  package let windows: [Window]
  /// The latest end among the windows up to each index: where to stop looking back.
  private let latestEnds: [Timestamp]

  /// Sorts the windows. Precondition for each: from before to.
  package init(_ windows: [Window]) {
    for window in windows { precondition(window.from < window.to, "a window without length") }
    self.windows = windows.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
    var latest = Timestamp.earliest
    latestEnds = self.windows.map { window in
      latest = max(latest, window.to)
      return latest
    }
  }

  /// A list of stretches, from and to as RFC 3339. Throws with the number of the first wrong one.
  package init(list: [(from: String, to: String, name: String)]) throws(CalendarError) {
    var windows: [Window] = []
    for (index, entry) in list.enumerated() {
      guard let from = Timestamp(rfc3339: entry.from) else {
        throw CalendarError(
          line: index + 1, found: entry.from, expected: "a time: 2026-11-24T22:00:00+01:00")
      }
      guard let to = Timestamp(rfc3339: entry.to), from < to else {
        throw CalendarError(
          line: index + 1, found: entry.to, expected: "a time after \(entry.from)")
      }
      windows.append(Window(from: from, to: to, name: entry.name))
    }
    self.init(windows)
  }

  /// The window that covers an instant; of several the one that began last. Cost: a binary search.
  package func window(at instant: Timestamp) -> Window? { window(from: instant, to: instant) }

  /// The window that covers any instant from `first` to `last`, both included; of several the one
  /// that began last. Cost: a binary search.
  package func window(from first: Timestamp, to last: Timestamp) -> Window? {
    var (low, high) = (0, windows.count)
    while low < high {
      let middle = (low + high) / 2
      if windows[middle].from <= last { low = middle + 1 } else { high = middle }
    }
    while low > 0, latestEnds[low - 1] > first {
      low -= 1
      if windows[low].to > first { return windows[low] }
    }
    return nil
  }
}

extension MaintenanceWindows {
  /// The events of an iCalendar text: with times (UTC, in a zone, or floating in `zone`) or all-day;
  /// once, or repeated by FREQ=DAILY or WEEKLY with INTERVAL, COUNT, UNTIL and weekly BYDAY.
  ///
  /// Repetitions keep their local time through clock changes. Throws with the line of what is not
  /// understood: a window that is silently not there would raise false alarms.
  package init(
    iCalendar text: Span<UInt8>, zone: TimeZoneRules, zones: ZoneCatalogue
  ) throws(CalendarError) {
    var windows: [Window] = []
    for event in try ICalendarReader.events(in: text) {
      let series = try MaintenanceSeries(event, floating: zone, zones: zones)
      windows += series.windows
      guard windows.count <= MaintenanceWindows.windowCountMax else {
        throw CalendarError(
          line: event.line, found: "more than \(MaintenanceWindows.windowCountMax) windows",
          expected: "at most that")
      }
    }
    self.init(windows)
  }
}
