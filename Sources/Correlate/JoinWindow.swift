/// How long records of one activity may lie apart, in event time.
package struct JoinWindow: Sendable, Equatable {
  /// Seconds that an accepted trigger waits for its run, and a run for its request.
  package var seconds: Double
  /// Seconds by which records may arrive out of order; the watermark trails the newest by this.
  package var latenessSeconds: Double
  /// Seconds without a word after which a started run whose source has gone on is dangling.
  package var danglingSeconds: Double

  /// A minute to start, two minutes of disorder, and an hour before a silent run counts as dangling.
  package static let standard = JoinWindow(
    seconds: 60, latenessSeconds: 120, danglingSeconds: 3600)

  package init(seconds: Double, latenessSeconds: Double, danglingSeconds: Double) {
    self.seconds = seconds
    self.latenessSeconds = latenessSeconds
    self.danglingSeconds = danglingSeconds
  }
}
