/// The hours of the week in which people are expected at work, in local time.
///
/// Written as `mon-fri 08:00-18:00, sat 09:00-13:00`. A range that ends before it begins
/// (`22:00-06:00`) runs into the next day; `24:00` is the end of a day.
package struct BusinessHours: Hashable, Sendable {
  /// Minutes of one day, from 0 to 1,440, the end excluded.
  package typealias MinuteRange = Range<Int>

  /// Most ranges in one text.
  package static let rangeCountMax = 100

  /// For each weekday from Monday: ranges in order, without overlaps.
  package let ranges: [[MinuteRange]]

  /// Reads the written form.
  package init(_ text: String) throws(BusinessHoursError) {
    var days = [[MinuteRange]](repeating: [], count: 7)
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count <= BusinessHours.rangeCountMax else {
      throw BusinessHoursError(found: "\(parts.count) ranges", expected: "at most 100")
    }
    for part in parts {
      let words = part.split(separator: " ")
      guard words.count == 2 else {
        throw BusinessHoursError(
          found: String(part), expected: "days and times: mon-fri 08:00-18:00")
      }
      let (start, end) = try BusinessHours.times(words[1])
      for day in try BusinessHours.weekdays(words[0]) {
        if start < end {
          days[day].append(start..<end)
        } else {
          days[day].append(start..<1440)
          if end > 0 { days[(day + 1) % 7].append(0..<end) }
        }
      }
    }
    ranges = days.map(BusinessHours.merged)
  }

  /// Whether the clocks show a time within the hours.
  package func contains(_ time: LocalTime) -> Bool {
    let minute = time.secondOfDay / 60
    return ranges[time.weekday].contains { $0.contains(minute) }
  }

  /// Minutes of a whole week, 0 to 10,080.
  package var minutesPerWeek: Int { ranges.joined().reduce(0) { $0 + $1.count } }

  private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  /// `mon`, `mon-fri`, `fri-mon`.
  private static func weekdays(_ text: Substring) throws(BusinessHoursError) -> [Int] {
    let ends = text.lowercased().split(separator: "-", omittingEmptySubsequences: false)
    let numbers = ends.compactMap { names.firstIndex(of: String($0)) }
    guard numbers.count == ends.count, let first = numbers.first, let last = numbers.last,
      numbers.count <= 2
    else {
      throw BusinessHoursError(
        found: String(text), expected: "a weekday or two: mon, tue, wed, thu, fri, sat, sun")
    }
    return (0...((last - first + 7) % 7)).map { (first + $0) % 7 }
  }

  private static func times(_ text: Substring) throws(BusinessHoursError) -> (start: Int, end: Int)
  {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    let minutes = ends.compactMap { minute($0) }
    guard ends.count == 2, minutes.count == 2, minutes[0] < 1440, minutes[0] != minutes[1] else {
      throw BusinessHoursError(found: String(text), expected: "two different times: 08:00-18:00")
    }
    return (minutes[0], minutes[1])
  }

  /// `08:00` to `24:00`.
  private static func minute(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isNumber) }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1440
    else { return nil }
    return hour * 60 + minute
  }

  private static func merged(_ ranges: [MinuteRange]) -> [MinuteRange] {
    var result: [MinuteRange] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound <= last.upperBound {
        result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }
}

/// Why a text states no business hours.
package struct BusinessHoursError: Error, Hashable, Sendable, CustomStringConvertible {
  package let found: String
  package let expected: String

  package var description: String {
    "business hours: found \(JSON5Scanner.quoted(found)): expected \(expected)"
  }
}
