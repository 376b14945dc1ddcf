import Ingest

/// How often a declared rule spoke about each job: the honest p of a rule that always speaks.
struct DeclaredRates: Sendable, Codable {
  /// Jobs kept; further ones have no past.
  static let jobCountMax = 100_000

  /// A job's past as a rule states it.
  struct Rate: Sendable {
    /// Krichevsky-Trofimov share of strange ones.
    let share: Double
    let strange: Double
    let history: Finding.History
  }

  private struct State: Sendable, Codable {
    var rate = BernoulliRate()
    var days = 0
    var lastDay = Int64.min
  }

  private var states: [String: State] = [:]

  mutating func learn(_ key: String, isStrange: Bool, at: Timestamp) {
    guard states[key] != nil || states.count < DeclaredRates.jobCountMax else { return }
    let day = at.microseconds.flooredDivision(by: 86_400_000_000).quotient
    var state = states[key] ?? State()
    state.rate.learn(isStrange)
    if day != state.lastDay { state.days += 1 }
    state.lastDay = day
    states[key] = state
  }

  func rate(_ key: String) -> Rate {
    let state = states[key] ?? State()
    return Rate(
      share: state.rate.krichevskyTrofimov, strange: state.rate.yes,
      history: .init(events: Int(state.rate.trials), days: state.days))
  }
}

/// Job names with `*` for any text.
enum JobPattern {
  static func matches(_ job: String, _ patterns: [String]) -> Bool {
    patterns.contains { matches(Array(job.utf8), Array($0.utf8)) }
  }

  /// Greedy with one point of return; cost: job length times pattern length at worst.
  private static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    var (textIndex, patternIndex) = (0, 0)
    var back: (text: Int, pattern: Int)?
    while textIndex < text.count {
      if patternIndex < pattern.count, pattern[patternIndex] == UInt8(ascii: "*") {
        back = (textIndex, patternIndex + 1)
        patternIndex += 1
      } else if patternIndex < pattern.count, pattern[patternIndex] == text[textIndex] {
        textIndex += 1
        patternIndex += 1
      } else if let point = back {
        back = (point.text + 1, point.pattern)
        (textIndex, patternIndex) = (point.text + 1, point.pattern)
      } else {
        return false
      }
    }
    return pattern[patternIndex...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
