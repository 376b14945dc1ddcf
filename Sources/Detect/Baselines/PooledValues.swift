/// How often a value of any job at all goes beyond x: what a job without a past is judged by.
///
/// A table of the weight at or beyond the edges of bins of ln x, a tenth wide; between edges by
/// linear interpolation. Beyond everything seen one pseudo-observation falls off as a Pareto law of
/// shape 2, so that nothing is impossible.
package struct PooledSurvival: Sendable, Equatable, Codable {
  static let binWidth = 0.1
  static let beyondShape = 2.0

  /// Bin of the first edge.
  let firstBin: Int
  /// Weight at or beyond each edge, falling; the last is 0.
  let above: [Double]

  /// Nothing known: survival is 1 whatever x.
  package static let unknown = PooledSurvival(firstBin: 0, above: [0])

  /// Sum of all weights.
  var total: Double { above[0] }

  /// Where a value stands in the table.
  enum Place {
    case below
    /// How far from one edge to the next, and the weight at or beyond each.
    case between(share: Double, edge: Double, next: Double)
    /// ln of the ratio to everything seen, at most 300.
    case beyond(Double)
  }

  /// P(X ≥ x), in (0, 1]. Cost: constant.
  package func survival(_ x: Double) -> Double {
    switch place(x) {
    case .below: 1
    case .between(let share, let edge, let next):
      ((1 - share) * edge + share * next + 1) / (total + 1)
    case .beyond(let beyond):
      Elementary.exp(-PooledSurvival.beyondShape * beyond) / (total + 1)
    }
  }

  func place(_ x: Double) -> Place {
    guard x > 0, total > 0 else { return .below }
    let place = Elementary.log(x) / PooledSurvival.binWidth - Double(firstBin)
    let last = above.count - 1
    if place >= Double(last) {
      return .beyond(min((place - Double(last)) * PooledSurvival.binWidth, 300))
    }
    guard place > 0 else { return .below }
    let edge = Int(place)
    return .between(share: place - Double(edge), edge: above[edge], next: above[edge + 1])
  }
}

/// The values of all jobs, as weights by bin of their logarithm; old ones fade day by day.
package struct PooledValues: Sendable, Codable {
  /// Bins of ln x below and above which values share the outermost: e^-30 to e^50.
  static let bins = -300...500
  /// What stays from one day with values to the next: half after half a year of them.
  static let fadePerDay = 0.996

  private var firstBin = 0
  private var counts: [Double] = []
  private var day: Int?
  /// The table as it stood when the newest day began.
  package private(set) var survival = PooledSurvival.unknown

  package init() {}

  /// Freezes the table when `day` is new. Days only go forward.
  package mutating func turn(to day: Int) {
    guard day > self.day ?? Int.min else { return }
    self.day = day
    survival = frozen()
    for index in counts.indices { counts[index] *= PooledValues.fadePerDay }
  }

  /// Adds a positive value. Cost: constant once its bin exists.
  package mutating func learn(_ value: Double, weight: Double) {
    let place = (Elementary.log(value) / PooledSurvival.binWidth).rounded(.down)
    let bin = Int(
      max(Double(PooledValues.bins.lowerBound), min(place, Double(PooledValues.bins.upperBound))))
    if counts.isEmpty { firstBin = bin }
    if bin < firstBin {
      counts.insert(contentsOf: [Double](repeating: 0, count: firstBin - bin), at: 0)
      firstBin = bin
    }
    let index = bin - firstBin
    if index >= counts.count {
      counts.append(contentsOf: [Double](repeating: 0, count: index + 1 - counts.count))
    }
    counts[index] += weight
  }

  private func frozen() -> PooledSurvival {
    var above = [Double](repeating: 0, count: counts.count + 1)
    for index in counts.indices.reversed() { above[index] = above[index + 1] + counts[index] }
    return PooledSurvival(firstBin: firstBin, above: above)
  }
}
