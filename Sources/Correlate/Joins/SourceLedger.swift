internal import Ingest

/// How far every source has got, and what is known of its runs.
struct SourceLedger: Sendable, Codable {
  /// The most sources that are told apart; further ones share the last place and prove nothing.
  static let sourceCountMax = 4096
  /// The most inside sources that are kept of one launcher.
  static let insideSourceCountMax = 16

  private struct Source: Sendable, Codable {
    let name: String
    /// Event time of the newest record about runs as seen from outside.
    var outsideHeardAt: Timestamp?
    /// Event time of the newest record from inside runs: Luigi's, or a task's.
    var insideHeardAt: Timestamp?
    /// Seconds of the longest attempt whose end it has told.
    var longestSeconds = 0.0
    /// Sources that have been heard from inside this source's runs.
    var insideSources: Set<Int> = []
  }

  private var numbers: [String: Int] = [:]
  private var sources: [Source] = []
  private(set) var untrackedCount = 0

  var count: Int { sources.count }
  func name(_ number: Int) -> String { number < sources.count ? sources[number].name : "" }

  /// The number of a source, given on first sight.
  mutating func number(of name: String) -> Int {
    if let number = numbers[name] { return number }
    guard sources.count < SourceLedger.sourceCountMax else {
      untrackedCount += 1
      return SourceLedger.sourceCountMax
    }
    numbers[name] = sources.count
    sources.append(Source(name: name))
    return sources.count - 1
  }

  mutating func hear(_ number: Int, at timestamp: Timestamp, isInside: Bool) {
    guard number < sources.count else { return }
    if isInside {
      sources[number].insideHeardAt = max(sources[number].insideHeardAt ?? timestamp, timestamp)
    } else {
      sources[number].outsideHeardAt = max(sources[number].outsideHeardAt ?? timestamp, timestamp)
    }
  }

  /// Learns from a run that was heard of from both sides.
  mutating func learn(outside: Int?, inside: Int?) {
    guard let outside, let inside, outside < sources.count,
      sources[outside].insideSources.count < SourceLedger.insideSourceCountMax
    else { return }
    sources[outside].insideSources.insert(inside)
  }

  mutating func learn(endOf seconds: Double?, source: Int?) {
    guard let seconds, let source, source < sources.count else { return }
    sources[source].longestSeconds = max(sources[source].longestSeconds, seconds)
  }

  /// The launcher wrote on after `timestamp`.
  func hasOutsideGoneOn(_ source: Int?, after timestamp: Timestamp) -> Bool {
    guard let source, source < sources.count else { return false }
    return sources[source].outsideHeardAt.map { $0 > timestamp } ?? false
  }

  /// The inside source wrote on after `timestamp`.
  func hasInsideGoneOn(_ source: Int?, after timestamp: Timestamp) -> Bool {
    guard let source, source < sources.count else { return false }
    return sources[source].insideHeardAt.map { $0 > timestamp } ?? false
  }

  /// Some source that speaks from inside this launcher's runs wrote on after `timestamp`.
  func hasAnyInsideGoneOn(outside: Int?, after timestamp: Timestamp) -> Bool {
    guard let outside, outside < sources.count else { return false }
    return sources[outside].insideSources.contains { hasInsideGoneOn($0, after: timestamp) }
  }

  /// Inside words are to be expected of this launcher's runs.
  func isInsideKnown(outside: Int?) -> Bool {
    guard let outside, outside < sources.count else { return false }
    return !sources[outside].insideSources.isEmpty
  }

  /// A source has provably gone on without a run: since the last word on the run it wrote for longer
  /// than `secondsMin`, and for longer than twice the longest attempt that it ever told the end of.
  func hasGoneOn(
    _ source: Int?, isInside: Bool, without lastWord: Timestamp, secondsMin: Double
  ) -> Bool {
    guard let source, source < sources.count else { return false }
    let heard = isInside ? sources[source].insideHeardAt : sources[source].outsideHeardAt
    guard let heard else { return false }
    return heard.seconds(since: lastWord) >= max(secondsMin, 2 * sources[source].longestSeconds)
  }
}
