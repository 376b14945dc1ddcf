import Foundation

/// The releases of Caddy that the live tests run: Debian's, the first that takes the newer Caddyfile, and
/// the newest.
package enum CaddyRelease: String, CaseIterable, Sendable {
  case debian = "2.6"
  case first = "2.8.4"
  case newest = "2.11.7"

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  package var program: String {
    switch self {
    case .debian: "/usr/bin/caddy"
    case .first, .newest:
      CaddyRelease.root.appending(path: ".build/live/caddy-\(rawValue)/bin/caddy").path
    }
  }

  /// The Caddyfile that a user of this release copies.
  package var caddyfile: String {
    CaddyRelease.root.appending(
      path: "Integrations/caddy/" + (self == .debian ? "Caddyfile" : "Caddyfile.2.8")
    ).path
  }

  /// Whether its log lines take fields of the configuration's.
  package var appendsToLog: Bool { self != .debian }

  package var isHere: Bool { FileManager.default.isExecutableFile(atPath: program) }

  /// Those that are installed; all of them where the live tests are required, so that a missing one fails.
  package static var wanted: [CaddyRelease] {
    ProcessInfo.processInfo.environment["VIGIL_TEST_LIVE"] == "required"
      ? allCases : allCases.filter(\.isHere)
  }

}
