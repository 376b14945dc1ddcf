import GatewayAndScheduler
import Ingest
import TestSupport

/// Short ways to policies and questions.
enum PolicyBuild {
  static let zones = ZoneCatalogue(directory: "/usr/share/zoneinfo")

  static func policy(
    _ text: String, calendars: [String: String] = [:]
  ) throws(ConfigurationError) -> AccessPolicy {
    try AccessPolicy(Array(text.utf8).span, file: "policy.json5", zones: zones) {
      (path) throws(InputError) in
      guard let text = calendars[path] else { throw .missing(path: path) }
      return Array(text.utf8)
    }
  }

  static func identity(
    _ principal: String, groups: [String] = [], type: PrincipalType = .human,
    credential: DecisionRecord.Credential = .session, scopes: [String]? = nil,
    zone: String? = nil, issuer: String? = nil
  ) -> Identity {
    var identity = Identity(principal: principal, principalType: type, credential: credential)
    identity.groups = groups
    identity.scopes = scopes
    identity.zone = zone
    identity.issuer = issuer
    return identity
  }

  static func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text) ?? .earliest }

  /// A Tuesday at nine in Berlin.
  static let tuesday = time("2026-11-24T08:00:00Z")

  static func trigger(
    _ job: String? = "etl-daily", by identity: Identity?, at: Timestamp = tuesday
  ) -> AccessQuestion {
    AccessQuestion("run:trigger", job: job, by: identity, at: at)
  }
}
