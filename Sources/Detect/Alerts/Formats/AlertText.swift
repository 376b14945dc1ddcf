package import Ingest

/// What people read of a notification: one line each, controls shown instead of obeyed, cut where the
/// receiver's limit is.
package enum AlertText {
  /// How much of a text a receiver takes, and in what it counts.
  package struct Limit: Sendable {
    package enum Unit: Sendable {
      /// Bytes of UTF-8.
      case bytes
      /// Unicode scalars: what most services call characters.
      case scalars
      /// UTF-16 code units: the stricter reading of "characters".
      case units
    }

    package let count: Int
    package let unit: Unit

    package init(_ count: Int, _ unit: Unit) {
      self.count = count
      self.unit = unit
    }

    func weight(_ text: String) -> Int {
      switch unit {
      case .bytes: text.utf8.count
      case .scalars: text.unicodeScalars.count
      case .units: text.utf16.count
      }
    }
  }

  /// The text on one line: control, format, bidirectional and private scalars as `\u{hex}`, what
  /// `escape` names replaced, cut with `…` so that the whole is within the limit.
  ///
  /// An escape is never cut in two. Cost: proportional to the limit, however long the text.
  package static func line(
    _ text: String, _ limit: Limit, escape: (Unicode.Scalar) -> String? = { _ in nil }
  ) -> String {
    let ellipsisWeight = limit.weight("…")
    var result = ""
    var used = 0
    // Bytes of the result behind which an ellipsis still fits.
    var keptByteCount = 0
    for scalar in text.unicodeScalars {
      let piece = escape(scalar) ?? shown(scalar)
      used += limit.weight(piece)
      guard used <= limit.count else {
        return limit.count < ellipsisWeight ? "" : String(prefix(result, keptByteCount)) + "…"
      }
      result += piece
      if used + ellipsisWeight <= limit.count { keptByteCount = result.utf8.count }
    }
    return result
  }

  private static func prefix(_ text: String, _ byteCount: Int) -> Substring {
    text[..<text.utf8.index(text.startIndex, offsetBy: byteCount)]
  }

  /// The scalar, or `\u{hex}` where it would be obeyed instead of shown.
  static func shown(_ scalar: Unicode.Scalar) -> String {
    // ASCII first: the properties' table is a slow way to say that a letter is one.
    if (0x20..<0x7F).contains(scalar.value) { return String(scalar) }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
      return "\\u{\(String(scalar.value, radix: 16))}"
    default: return String(scalar)
    }
  }

  // MARK: Sentences

  /// The first of the worst findings; nil without findings.
  package static func lead(_ notification: AlertNotification) -> Finding? {
    notification.findings.first { $0.severity == notification.severity }
  }

  /// One sentence that says what happened: severity or news, rule, explanation, how many more.
  ///
  /// Not escaped and not cut: `line` does both.
  package static func headline(_ notification: AlertNotification) -> String {
    let others = notification.findingCount - 1
    let more = others > 0 ? " (and \(Legible.count(others, "more finding")))" : ""
    let finding = lead(notification)
    return "Vigil \(news(notification)): \(finding?.rule ?? "no finding")\(more): "
      + (finding?.explanation ?? "nothing is said of it")
  }

  private static func news(_ notification: AlertNotification) -> String {
    let person = notification.principal.map { " by \(Legible.name($0))" } ?? ""
    return switch notification.event {
    case .raised: notification.severity.rawValue
    case .acknowledged: "acknowledged\(person)"
    case .resolved: "resolved\(person)"
    case .test: "test"
    }
  }

  /// What stands beside the headline, named as people say it. Not escaped and not cut.
  package static func facts(_ notification: AlertNotification) -> [(name: String, value: String)] {
    let finding = lead(notification)
    let all: [(name: String, value: String?)] = [
      ("Event", notification.event.rawValue), ("Severity", notification.severity.rawValue),
      ("Rule", finding?.rule), ("Job", finding?.job), ("Principal", finding?.principal),
      ("Owner", notification.owner), ("Raised at", notification.raisedAt.rfc3339),
      ("Findings", "\(notification.findingCount)"), ("By", notification.principal),
      ("Reason", notification.reason), ("Group", notification.groupID),
      ("Key", notification.key),
    ]
    return all.compactMap { fact in fact.value.map { (fact.name, $0) } }
  }
}

extension Timestamp {
  /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
  package var unixSeconds: Int64 { microseconds.flooredDivision(by: 1_000_000).quotient }
}
