package import Ingest

/// Five fields of cron (POSIX crontab; ranges with steps and names as in Vixie cron).
///
/// A day matches when both day fields do; where neither begins with `*`, when one of them does.
package struct CronExpression: Hashable, Sendable {
  /// As it was written.
  package let text: String
  let minute: CronField
  let hour: CronField
  private let dayOfMonth: CronField
  private let month: CronField
  private let dayOfWeek: CronField

  package init(_ text: String) throws(CronError) {
    let parts = text.split(separator: " ")
    guard parts.count == 5, text.utf8.count <= 256 else {
      throw CronError(
        field: "expression", found: text,
        expected: "minute, hour, day of month, month, day of week")
    }
    self.text = text
    minute = try CronField(parts[0], .minute)
    hour = try CronField(parts[1], .hour)
    dayOfMonth = try CronField(parts[2], .dayOfMonth)
    month = try CronField(parts[3], .month)
    dayOfWeek = try CronField(parts[4], .dayOfWeek)
  }

  /// Whether something can fall on this day.
  package func matches(_ date: CivilDate) -> Bool {
    guard month.contains(date.month) else { return false }
    let byMonth = dayOfMonth.contains(date.day)
    // Ours counts from Monday, cron's from Sunday.
    let byWeek = dayOfWeek.contains((date.weekday + 1) % 7)
    if dayOfMonth.isWild || dayOfWeek.isWild { return byMonth && byWeek }
    return byMonth || byWeek
  }

  /// Whether this local minute is one of them.
  package func matches(_ local: LocalTime) -> Bool {
    minute.contains(local.secondOfDay / 60 % 60) && hour.contains(local.hour)
      && matches(local.date)
  }

  /// Whether it speaks of intervals (`*` hours) and not of times of day.
  package var isInterval: Bool { hour.isWild }

  /// The seconds of a day at which it falls, ascending.
  var secondsOfDay: [Int] {
    (0..<24).filter(hour.contains).flatMap { hour in
      (0..<60).filter(minute.contains).map { hour * 3600 + $0 * 60 }
    }
  }
}
