/// Weight per hour of the week, smoothed over neighbouring hours and over like days.
///
/// 168 cells, cell 0 = Monday 00:00 to 00:59 local time, circular. A distinct active day adds 1 to
/// each cell it touched, whatever the number of events. Density is a kernel estimate (Parzen 1962) on
/// the circle: first the days of one class (Monday to Friday; Saturday and Sunday) are pooled, then
/// the hours are convolved. Both steps preserve the total, so that the densities sum to 1.
package struct CircularProfile: Sendable, Equatable {
  package static let cellCount = 168

  /// How much a day of the same class counts: this share stays with the day itself.
  package static let ownDayShare = 0.3

  /// Weight of the cells 0, 1 and 2 hours away; with both sides they sum to 1: about an hour wide.
  package static let hourKernel: [Double] = [0.5, 0.22, 0.03]

  /// Weight of each cell.
  package private(set) var weights: [Double]
  /// Sum of `weights`.
  package private(set) var total: Double

  package init() {
    weights = [Double](repeating: 0, count: CircularProfile.cellCount)
    total = 0
  }

  /// Adds `weight` to one cell, 0 to 167.
  package mutating func add(_ weight: Double, cell: Int) {
    weights[cell] += weight
    total += weight
  }

  /// Adds `scale` times another profile.
  package mutating func add(_ other: CircularProfile, scale: Double) {
    for cell in weights.indices { weights[cell] += scale * other.weights[cell] }
    total += scale * other.total
  }

  /// Forgets: every weight times `factor`. Cost: 168 multiplications.
  package mutating func fade(by factor: Double) {
    for cell in weights.indices { weights[cell] *= factor }
    total *= factor
  }

  /// Smoothed weight at a cell; over all cells these sum to `total`.
  package func smoothed(at cell: Int) -> Double {
    var sum = CircularProfile.hourKernel[0] * pooled(cell)
    for distance in 1..<CircularProfile.hourKernel.count {
      let before = (cell + CircularProfile.cellCount - distance) % CircularProfile.cellCount
      let after = (cell + distance) % CircularProfile.cellCount
      sum += CircularProfile.hourKernel[distance] * (pooled(before) + pooled(after))
    }
    return sum
  }

  /// All smoothed cells divided by the total; uniform when the profile is empty.
  package func densities() -> [Double] {
    guard total > 0 else {
      return [Double](repeating: 1 / Double(CircularProfile.cellCount), count: weights.count)
    }
    return weights.indices.map { smoothed(at: $0) / total }
  }

  /// Weight on days of the cell's class within `hours` of its hour of the day (circular).
  package func weight(near cell: Int, hours: Int) -> Double {
    let firstDay = cell < 120 ? 0 : 5
    let dayCount = cell < 120 ? 5 : 2
    var sum = 0.0
    for offset in -hours...hours {
      let hour = (cell % 24 + offset + 24) % 24
      for day in firstDay..<firstDay + dayCount { sum += weights[day * 24 + hour] }
    }
    return sum
  }

  private func pooled(_ cell: Int) -> Double {
    let hour = cell % 24
    let isWeekend = cell >= 120
    let first = isWeekend ? 120 + hour : hour
    let dayCount = isWeekend ? 2 : 5
    var sum = 0.0
    for day in 0..<dayCount { sum += weights[first + 24 * day] }
    return CircularProfile.ownDayShare * weights[cell]
      + (1 - CircularProfile.ownDayShare) * sum / Double(dayCount)
  }
}
