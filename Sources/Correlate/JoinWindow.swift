/// How long records of one activity may lie apart, in event time.
package struct JoinWindow: Sendable, Equatable, Codable {
  /// Seconds that an accepted trigger waits for its run, and a run for its request.
  package var seconds: Double
  /// Seconds by which records may arrive out of order; the watermark trails the newest by this.
  package var latenessSeconds: Double
  /// Seconds without a word after which a started run whose source has gone on is dangling.
  ///
  /// Also how long a failed attempt waits for the next one, and an unanswered trigger for a late run.
  package var danglingSeconds: Double
  /// Seconds that a run waits for its request, where that is not `seconds`.
  ///
  /// A batch queue starts a run days after its request, never before it: there `seconds` is long and
  /// this stays short.
  package var requestSeconds: Double?
  /// Seconds that a run which succeeded is kept for words that come after it.
  package var lingerSeconds: Double = 60
  /// Seconds after which a run that nobody speaks of any more is given up, and how long an accepted
  /// trigger without a run is kept for a late one: 30 days. Bounds memory.
  package var silentSecondsMax: Double = 30 * 86_400
  /// The most activities that are open at a time, about 2 kB each; beyond it the oldest are closed.
  package var openCountMax = 250_000
  /// The most records that wait to be put in order, about 1 kB each; beyond it the watermark moves
  /// early.
  package var bufferedCountMax = 500_000

  /// A minute to start, two minutes of disorder, and an hour before a silent run counts as dangling.
  package static let standard = JoinWindow(
    seconds: 60, latenessSeconds: 120, danglingSeconds: 3600)

  package init(seconds: Double, latenessSeconds: Double, danglingSeconds: Double) {
    self.seconds = seconds
    self.latenessSeconds = latenessSeconds
    self.danglingSeconds = danglingSeconds
  }
}
