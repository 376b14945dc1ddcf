/// How many tests a unit of progress brings, with forgetting: per day, or per thousand runs.
package struct TestRate: Sendable, Equatable, Codable {
  private let halfLife: Double
  private let floor: Double
  /// Decayed tests, and decayed units.
  private var tests = 0.0
  private var units = 0.0

  /// - Parameters:
  ///   - halfLife: units after which what was seen counts half.
  ///   - floor: tests per unit that are assumed at least.
  package init(halfLife: Double, floor: Double) {
    self.halfLife = halfLife
    self.floor = floor
  }

  /// Tests foreseen in the next unit. A young estimate counts as one whole unit.
  package var perUnit: Double { max(floor, tests / max(units, 1)) }

  package mutating func count() { tests += 1 }

  /// Lets progress pass; nothing for a step back.
  package mutating func advance(by elapsed: Double) {
    guard elapsed > 0 else { return }
    let factor = Elementary.exp(-Elementary.log(2) * elapsed / halfLife)
    tests *= factor
    // The integral of the fading weight over the elapsed units.
    units = units * factor + (1 - factor) * halfLife / Elementary.log(2)
  }
}
