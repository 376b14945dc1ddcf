import Ingest

/// Whether runs that usually report progress have all fallen silent at once: then it is the
/// scheduler that stands still, and none of them has run away.
///
/// The clock between two words from inside any run, while some run that speaks is open, has a
/// fading mean (half after 200 words). A silence of twenty such means is one that Poisson arrivals
/// would show with probability e^-20.
struct Standstill: Sendable, Codable {
  /// Open runs that have spoken, from which on silence is told of all of them.
  static let runCountMin = 3
  /// Words before the usual gap is believed.
  static let wordCountMin = 50
  static let gapCount = 20.0
  static let secondsMin = 5.0
  static let halfLifeWords = 200.0
  /// Open runs that are remembered to have spoken.
  static let runCountMax = 100_000

  /// All runs have been silent since this word.
  struct Silence: Sendable, Equatable {
    let since: Timestamp
    let seconds: Double
    /// Mean seconds between words before.
    let usualSeconds: Double
    let runCount: Int
  }

  private var speakers: Set<String> = []
  private var lastWord: Timestamp?
  private var gapSum = 0.0
  private var gapWeight = 0.0
  private var wordCount = 0

  /// A word from inside a run.
  mutating func hear(_ run: String, at: Timestamp) {
    if let lastWord, !speakers.isEmpty {
      let stay = Elementary.exp(-Elementary.log(2) / Standstill.halfLifeWords)
      gapSum = gapSum * stay + max(0, at.seconds(since: lastWord))
      gapWeight = gapWeight * stay + 1
      wordCount += 1
    }
    lastWord = max(lastWord ?? at, at)
    if speakers.count < Standstill.runCountMax { speakers.insert(run) }
  }

  mutating func end(_ run: String) { speakers.remove(run) }

  /// The common silence at `now`, if it is one.
  func silence(at now: Timestamp) -> Silence? {
    guard let lastWord, wordCount >= Standstill.wordCountMin,
      speakers.count >= Standstill.runCountMin
    else { return nil }
    let usual = gapSum / gapWeight
    let seconds = now.seconds(since: lastWord)
    guard seconds >= max(Standstill.secondsMin, Standstill.gapCount * usual) else { return nil }
    return Silence(
      since: lastWord, seconds: seconds, usualSeconds: usual, runCount: speakers.count)
  }
}
