/// How the clocks of two sources stand to each other, measured on the pairs that were joined.
///
/// One measurement is the run's first record from outside less the start of its request: never
/// negative when the clocks agree, and near the least delay of the way in between at its smallest.
package struct ClockOffset: Sendable, Equatable, Codable {
  /// Seconds below zero from which on a pair is impossible rather than a rounding.
  package static let toleranceSeconds = 0.01
  /// Newest measurements of which the median is taken.
  package static let medianCountMax = 255

  package let requestSource: String
  package let runSource: String
  /// Pairs measured.
  package private(set) var count = 0
  /// Pairs whose run came before its request by more than the tolerance.
  package private(set) var impossibleCount = 0
  package private(set) var minSeconds = Double.infinity
  private var recent: [Double] = []

  package init(requestSource: String, runSource: String) {
    self.requestSource = requestSource
    self.runSource = runSource
  }

  /// Median of the newest measurements, the lower of two; 0 before the first. Sorts up to 255 values.
  package var medianSeconds: Double {
    recent.isEmpty ? 0 : recent.sorted()[(recent.count - 1) / 2]
  }

  mutating func add(_ seconds: Double) {
    if recent.count < ClockOffset.medianCountMax {
      recent.append(seconds)
    } else {
      recent[count % ClockOffset.medianCountMax] = seconds
    }
    count += 1
    minSeconds = min(minSeconds, seconds)
    if seconds < -ClockOffset.toleranceSeconds { impossibleCount += 1 }
  }
}

/// The offsets of all pairs of sources.
struct ClockOffsets: Sendable, Codable {
  /// The most pairs that are measured; further ones are not.
  static let pairCountMax = 1024

  private struct Pair: Hashable, Sendable, Codable {
    let request: Int
    let run: Int
  }

  private var places: [Pair: Int] = [:]
  private(set) var all: [ClockOffset] = []

  mutating func add(_ seconds: Double, request: Int, run: Int, sources: SourceLedger) {
    guard request < sources.count, run < sources.count else { return }
    let pair = Pair(request: request, run: run)
    if let place = places[pair] { return all[place].add(seconds) }
    guard all.count < ClockOffsets.pairCountMax else { return }
    var offset = ClockOffset(
      requestSource: sources.name(request), runSource: sources.name(run))
    offset.add(seconds)
    places[pair] = all.count
    all.append(offset)
  }
}
