package import Ingest

/// The pause that a server asks for (RFC 9110 section 10.2.3): seconds, or the date of their end.
package enum RetryAfter {
  /// Longest pause that is believed: a lying or mistaken server holds nothing back for longer.
  package static let pauseMax: Duration = .seconds(3600)

  /// Between nothing and `pauseMax`; nil for a text that is neither a number nor an HTTP date.
  package static func pause(_ text: String, at now: Timestamp) -> Duration? {
    let isNumber = !text.isEmpty && text.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    if isNumber {
      // More digits than an Int64 has is a long time too.
      return min(.seconds(Int64(text) ?? Int64(3600)), pauseMax)
    }
    guard let end = date(text) else { return nil }
    return min(max(.zero, .seconds(end - now.microseconds / 1_000_000)), pauseMax)
  }

  /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is still sent.
  private static func date(_ text: String) -> Int64? {
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard text.utf8.count == 29, words.count == 6, words[5] == "GMT",
      let month = months.firstIndex(of: String(words[2])), let day = Int(words[1]),
      let year = Int(words[3]), let date = CivilDate(year: year, month: month + 1, day: day)
    else { return nil }
    let time = words[4].split(separator: ":", omittingEmptySubsequences: false).map {
      Int($0) ?? -1
    }
    guard time.count == 3, (0..<24).contains(time[0]), (0..<60).contains(time[1]),
      (0...60).contains(time[2])
    else { return nil }
    let seconds = time[0] * 3600 + time[1] * 60 + time[2]
    return Int64(date.daysSinceEpoch) * 86_400 + Int64(seconds)
  }
}
