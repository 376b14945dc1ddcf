/// Which runs of a job were over before they began, and say nothing about how long it takes.
///
/// A run in less than a tenth of the usual time had nothing to do or gave up quietly. Five in a row
/// are left out; what goes on like that is how the job is now.
package struct ShortRuns: Sendable, Equatable, Codable {
  static let share = 0.1
  static let streakMax = 5

  private var streak = 0

  package init() {}

  /// Whether a duration teaches what is usual.
  ///
  /// - Parameter usual: median of those that do; nil while there is none.
  package mutating func isTypical(_ seconds: Double, usual: Double?) -> Bool {
    guard let usual, seconds < ShortRuns.share * usual else {
      streak = 0
      return true
    }
    streak = min(streak + 1, ShortRuns.streakMax + 1)
    return streak > ShortRuns.streakMax
  }
}
