/// What the clocks of a zone show at an instant.
package struct LocalTime: Hashable, Sendable {
  package let date: CivilDate
  /// 0 to 86,399.
  package let secondOfDay: Int
  /// Seconds east of UTC.
  package let offset: Int

  package init(date: CivilDate, secondOfDay: Int, offset: Int) {
    precondition((0..<86_400).contains(secondOfDay), "second \(secondOfDay) of a day")
    self.date = date
    self.secondOfDay = secondOfDay
    self.offset = offset
  }

  /// 0 to 23.
  package var hour: Int { secondOfDay / 3600 }

  /// 0 is Monday, 6 is Sunday.
  package var weekday: Int { date.weekday }

  /// 0 to 167; 0 is Monday from 00:00 to 01:00.
  package var hourOfWeek: Int { weekday * 24 + hour }
}

/// The instants at which a zone's clocks show a given time.
package enum LocalInstants: Hashable, Sendable {
  /// One, as nearly always.
  case one(Timestamp)
  /// Two: the clocks went back over it.
  case fold(earlier: Timestamp, later: Timestamp)
  /// None: the clocks jumped over it, at this instant.
  case gap(at: Timestamp)

  /// The instant to use where one is needed: the earlier of a fold; the jump itself in a gap.
  package var first: Timestamp {
    switch self {
    case .one(let instant), .fold(let instant, _), .gap(let instant): instant
    }
  }

  /// As `first`, but the later of a fold: the end of a range that ends at this time.
  package var last: Timestamp {
    if case .fold(_, let later) = self { later } else { first }
  }
}
