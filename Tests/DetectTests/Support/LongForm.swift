import Foundation

/// Which form of the measurements runs: the short one in `make test`; or the long one,
///
///     make calibration
enum LongForm {
  static let isWanted = ProcessInfo.processInfo.environment["VIGIL_CAMPAIGN"] == "long"
}
