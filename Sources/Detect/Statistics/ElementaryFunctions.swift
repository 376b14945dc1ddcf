// The one file of Detect that imports the C library: its real functions are the correctly tested
// ones.
private import Glibc

/// Logarithm, exponential and relatives over Double, as the C library computes them.
package enum Elementary {
  /// Natural logarithm. Precondition of sense: a positive argument.
  package static func log(_ x: Double) -> Double { Glibc.log(x) }

  /// ln(1 + x), exact for small x.
  package static func log1p(_ x: Double) -> Double { Glibc.log1p(x) }

  package static func exp(_ x: Double) -> Double { Glibc.exp(x) }

  package static func cos(_ x: Double) -> Double { Glibc.cos(x) }

  /// e^x - 1, exact for small x.
  package static func expm1(_ x: Double) -> Double { Glibc.expm1(x) }

  package static func pow(_ base: Double, _ exponent: Double) -> Double {
    Glibc.pow(base, exponent)
  }

  /// ln Γ(x) for x > 0: Stirling's series with eight terms after shifting x above 10.
  ///
  /// Abramowitz & Stegun 6.1.41 and 6.1.15; error below 1e-13 relative. Written out because the C
  /// library's lgamma keeps the sign in a global variable.
  package static func logGamma(_ x: Double) -> Double {
    precondition(x > 0, "ln Γ is taken of a positive number, got \(x)")
    var shift = 0.0
    var z = x
    while z < 10 {
      shift -= log(z)
      z += 1
    }
    let inverse = 1 / z
    let square = inverse * inverse
    var series = 0.0
    for coefficient in stirling.reversed() { series = series * square + coefficient }
    return shift + (z - 0.5) * log(z) - z + 0.918_938_533_204_672_74 + series * inverse
  }

  /// B(2k) / (2k (2k - 1)) for k = 1 to 8.
  private static let stirling: [Double] = [
    1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360_360, 1.0 / 156,
    -3617.0 / 122_400,
  ]
}
