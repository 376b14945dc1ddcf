import Foundation

/// Which form of the measurements runs: the short one in `make test`; or the long one,
///
///     VIGIL_CAMPAIGN=long swift test -c release --filter 'CalibrationMeasurement|PowerTests|ClockChangeTests'
enum LongForm {
  static let isWanted = ProcessInfo.processInfo.environment["VIGIL_CAMPAIGN"] == "long"
}
