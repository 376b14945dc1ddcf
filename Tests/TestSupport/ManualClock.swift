package import Ingest

/// A clock that stands still until the test moves it.
package struct ManualClock: Sendable {
  /// The current reading.
  package private(set) var now: Timestamp

  /// Starts at 2026-11-24T05:00:00Z unless told otherwise.
  package init(_ start: Timestamp? = nil) {
    now = start ?? Timestamp(rfc3339: "2026-11-24T05:00:00Z") ?? .earliest
  }

  /// Moves the clock; negative seconds step it back.
  package mutating func advance(bySeconds seconds: Double) {
    now = now.advanced(bySeconds: seconds)
  }
}
