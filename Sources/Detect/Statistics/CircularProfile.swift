/// Weight per hour of the week, smoothed over neighbouring hours and over like days.
///
/// 168 cells, cell 0 = Monday 00:00 to 00:59 local time, circular. A distinct active day adds 1 to
/// each cell it touched, whatever the number of events. Density is a kernel estimate (Parzen 1962)
/// on the circle: first the days of one class (Monday to Friday; Saturday and Sunday) are pooled,
/// with a little of the other class; then the hours are convolved. Both steps preserve the total,
/// so that the densities sum to 1.
package struct CircularProfile: Sendable, Equatable, Codable {
  package static let cellCount = 168

  /// Hours after midnight that still belong to the day before: Friday's night lasts into Saturday.
  package static let nightHours = 5

  /// Whether the cell is of the weekend, its nights reckoned to the day before: Saturday 05:00 to
  /// Monday 04:59.
  package static func isWeekend(_ cell: Int) -> Bool {
    (cell + cellCount - nightHours) % cellCount >= 120
  }

  /// How much a day of the same class counts: this share stays with the day itself.
  package static let ownDayShare = 0.3

  /// How much an hour says about the same hour on days of the other class.
  package static let otherClassShare = 0.08

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
    let isWeekend = CircularProfile.isWeekend(cell)
    var result = 0.0
    for offset in -hours...hours {
      result += classWeight((cell % 24 + offset + 24) % 24, isWeekend: isWeekend)
    }
    return result
  }

  /// Weight at an hour of the day on all days of one class.
  package func classWeight(_ hour: Int, isWeekend: Bool) -> Double {
    let shift = hour < CircularProfile.nightHours ? 1 : 0
    var sum = 0.0
    for day in isWeekend ? 5..<7 : 0..<5 { sum += weights[(day + shift) % 7 * 24 + hour] }
    return sum
  }

  /// Weight of the cell after pooling days: its own share, its class's, and a little of the
  /// other's.
  private func pooled(_ cell: Int) -> Double {
    let hour = cell % 24
    let isWeekend = CircularProfile.isWeekend(cell)
    let same = classWeight(hour, isWeekend: isWeekend)
    let other = classWeight(hour, isWeekend: !isWeekend)
    let dayCount = isWeekend ? 2.0 : 5.0
    let own = CircularProfile.ownDayShare
    let cross = CircularProfile.otherClassShare
    return own * weights[cell] + ((1 - own - cross) * same + cross * other) / dayCount
  }
}
