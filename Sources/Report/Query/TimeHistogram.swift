package import Ingest

/// How many events each hour or day had, by the clocks of a zone.
package struct TimeHistogram: Sendable {
  package enum Unit: String, Sendable, CaseIterable { case hour, day }

  /// Hours or days that are told apart; events of further ones are counted together.
  package static let bucketCountMax = 100_000
  /// Empty hours or days in a row that are shown one by one.
  package static let emptyCountMax = 48
  private static let barWidthMax = 60

  package let unit: Unit
  private let zone: TimeZoneRules
  /// By the second since 1970 at which the bucket begins, or by its day.
  private var counts: [Int: Int] = [:]
  package private(set) var othersCount = 0

  package init(_ unit: Unit, zone: TimeZoneRules) {
    self.unit = unit
    self.zone = zone
  }

  package mutating func add(_ instant: Timestamp) {
    let key = key(of: Int(instant.microseconds.flooredDivision(by: 1_000_000).quotient))
    guard counts[key] != nil || counts.count < TimeHistogram.bucketCountMax else {
      othersCount += 1
      return
    }
    counts[key, default: 0] += 1
  }

  /// An hour that the clocks show twice is two.
  private func key(of second: Int) -> Int {
    let local = localTime(second)
    switch unit {
    case .hour: return second - local.secondOfDay % 3600
    case .day: return local.date.daysSinceEpoch
    }
  }

  private func localTime(_ second: Int) -> LocalTime {
    let instant = Timestamp(microseconds: Int64(second) * 1_000_000) ?? .latest
    return zone.localTime(at: instant)
  }

  private func key(after key: Int) -> Int {
    switch unit {
    // The next hour may begin half an hour later, where clocks change by that.
    case .hour: max(key + 1, self.key(of: key + 3600))
    case .day: key + 1
    }
  }

  /// A line each, oldest first: `2026-11-24 05:00 +01:00  ███▌  123`.
  package func lines(width: Int?, style: TextStyle) -> [String] {
    let most = counts.values.max() ?? 0
    let columns = max(8, min(TimeHistogram.barWidthMax, (width ?? 100) - 40))
    let digits = Quantity.count(most).count
    var lines: [String] = []
    var previous: Int?
    for key in counts.keys.sorted() {
      if let previous { lines += gap(after: previous, before: key, digits, style) }
      lines.append(line(key, counts[key] ?? 0, most, columns, digits, style))
      previous = key
    }
    if othersCount > 0 {
      lines.append(
        "\(Quantity.count(othersCount)) more, in \(unit.rawValue)s beyond the first "
          + "\(Quantity.count(TimeHistogram.bucketCountMax)) that were met")
    }
    return lines
  }

  private func gap(
    after previous: Int, before key: Int, _ digits: Int, _ style: TextStyle
  ) -> [String] {
    var empty: [Int] = []
    var next = self.key(after: previous)
    while next < key, empty.count <= TimeHistogram.emptyCountMax {
      empty.append(next)
      next = self.key(after: next)
    }
    guard empty.count <= TimeHistogram.emptyCountMax else {
      let unitSeconds = unit == .hour ? 3600 : 1
      let count = (key - previous) / unitSeconds - 1
      return [style("… \(Quantity.count(count)) empty \(unit.rawValue)s …", .dim)]
    }
    return empty.map { line($0, 0, 1, 8, digits, style) }
  }

  private func line(
    _ key: Int, _ count: Int, _ most: Int, _ columns: Int, _ digits: Int, _ style: TextStyle
  ) -> String {
    let number = Quantity.count(count)
    let padding = String(repeating: " ", count: max(0, digits - number.count))
    let bar = WorkingText.bar(Double(count), of: Double(most), columns: columns)
    return "\(style(label(key), .dim))  \(padding)\(number)" + (bar.isEmpty ? "" : "  \(bar)")
  }

  private func label(_ key: Int) -> String {
    switch unit {
    case .hour:
      let local = localTime(key)
      return "\(TimeHistogram.text(local.date)) \(TimeHistogram.padded(local.hour)):"
        + "\(TimeHistogram.padded(local.secondOfDay / 60 % 60)) "
        + TimeHistogram.offsetText(local.offset)
    case .day:
      let date = CivilDate(daysSinceEpoch: key)
      let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
      return "\(TimeHistogram.text(date)) \(names[date.weekday])"
    }
  }

  private static func text(_ date: CivilDate) -> String {
    let year = String(repeating: "0", count: 4 - "\(date.year)".count) + "\(date.year)"
    return "\(year)-\(padded(date.month))-\(padded(date.day))"
  }

  private static func offsetText(_ seconds: Int) -> String {
    let magnitude = abs(seconds)
    return (seconds < 0 ? "-" : "+") + padded(magnitude / 3600) + ":" + padded(magnitude / 60 % 60)
  }

  private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension TimeHistogram {
  /// Appends `{"unit":…,"zone":…,"counts":[{"from":…,"count":…}]}`, empty hours and days left out.
  package func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("unit", unit.rawValue)
    writer.field("zone", zone.name)
    writer.beginArray("counts")
    for key in counts.keys.sorted() {
      writer.beginObject()
      writer.field("from", label(key))
      writer.field("count", counts[key])
      writer.endObject()
    }
    writer.endArray()
    if othersCount > 0 { writer.field("others", othersCount) }
    writer.endObject()
  }
}
