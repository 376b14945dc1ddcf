package import Ingest

/// The local calendar at an instant, as far as a habit needs it.
package struct LocalHour: Sendable, Equatable {
  /// Local civil day, counted from 1970-01-01 = 0.
  package let day: Int
  /// 0 = Monday 00:00 to 00:59, 167 = Sunday 23:00 to 23:59; on a holiday the hour of a Sunday.
  package internal(set) var hourOfWeek: Int
  /// Name of the holiday that the hour belongs to, which may be empty; nil on other days.
  package internal(set) var holiday: String?
  /// 0 to 59.
  package let minute: Int
  /// Seconds east of UTC.
  package let offsetSeconds: Int
  /// Saturday or Sunday, or a holiday.
  package var isWeekend: Bool { hourOfWeek >= 120 }

  /// The local calendar at `instant` where clocks are `offsetSeconds` ahead of UTC.
  package init(_ instant: Timestamp, offsetSeconds: Int) {
    let seconds = instant.microseconds.flooredDivision(by: 1_000_000).quotient
    let (day, second) = (Int(seconds) + offsetSeconds).flooredDivision(by: 86_400)
    self.day = day
    self.offsetSeconds = offsetSeconds
    hourOfWeek = LocalHour.weekday(day) * 24 + second / 3600
    minute = second / 60 % 60
  }

  /// `03:12`.
  package var clock: String {
    var bytes: [UInt8] = []
    bytes.appendDecimal(hourOfWeek % 24, width: 2)
    bytes.append(UInt8(ascii: ":"))
    bytes.appendDecimal(minute, width: 2)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `Tuesday`, by the calendar's date.
  package var weekdayName: String { LocalHour.weekdayNames[LocalHour.weekday(day)] }

  /// 0 = Monday.
  private static func weekday(_ day: Int) -> Int { (day + 3).flooredDivision(by: 7).remainder }

  static let weekdayNames = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]
}

/// Knows the offset of a time zone at an instant; Detect itself reads no zone files.
package protocol ZoneLookup: Sendable {
  /// Seconds east of UTC of the IANA zone at that instant; nil for a name that is not known.
  func offsetSeconds(at instant: Timestamp, zone: String) -> Int?
}

extension ZoneLookup {
  /// The local hour in the first of the zones that is known, else in UTC.
  package func localHour(at instant: Timestamp, zones: [String]) -> LocalHour {
    let offset = firstKnown(at: instant, zones: zones)?.offset ?? 0
    return LocalHour(instant, offsetSeconds: offset)
  }

  /// The first of the zones that is known, and its offset.
  func firstKnown(at instant: Timestamp, zones: [String]) -> (zone: String, offset: Int)? {
    for zone in zones {
      if let offset = offsetSeconds(at: instant, zone: zone) { return (zone, offset) }
    }
    return nil
  }
}

/// Zones without clock changes: UTC, and names given with their offset.
package struct FixedZones: ZoneLookup {
  private let offsets: [String: Int]

  /// - Parameter offsets: seconds east of UTC by name, beside UTC itself.
  package init(_ offsets: [String: Int] = [:]) { self.offsets = offsets }

  package func offsetSeconds(at instant: Timestamp, zone: String) -> Int? {
    zone == "UTC" ? 0 : offsets[zone]
  }
}
