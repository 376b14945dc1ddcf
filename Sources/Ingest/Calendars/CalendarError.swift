/// Why a calendar (iCalendar or a list of dates) is refused, and where.
package struct CalendarError: Error, Hashable, Sendable {
  /// Line of an iCalendar text, or number of a list's entry, from 1.
  package let line: Int
  package let found: String
  package let expected: String

  package init(line: Int, found: String, expected: String) {
    self.line = line
    self.found = found
    self.expected = expected
  }
}

extension CalendarError: CustomStringConvertible {
  package var description: String {
    "calendar: line \(line): found \(JSON5Scanner.quoted(found)): expected \(expected)"
  }
}
