import Foundation

/// How much of a fault campaign to run: a sample with every test run, all of it when asked for.
///
///     VIGIL_CAMPAIGN=long swift test --filter 'Journal after a crash|WriterQueue after a crash'
enum CampaignLength {
  static let isLong = ProcessInfo.processInfo.environment["VIGIL_CAMPAIGN"] == "long"
}
