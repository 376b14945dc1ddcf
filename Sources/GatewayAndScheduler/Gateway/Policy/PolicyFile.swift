package import Ingest
import Synchronization

/// A policy in its file: read at start, read again on request, asked in between without a wait.
///
/// A file that cannot be read or is none leaves the policy that was there; nothing opens by itself.
package final class PolicyFile: AccessJudging {
  /// Where it was read from.
  package let path: String
  private let zones: ZoneCatalogue
  private let current: Mutex<AccessPolicy>

  /// Reads the file; throws what is wrong with it, and calendars that it names are looked for beside it.
  package init(path: String, zones: ZoneCatalogue) throws {
    self.path = path
    self.zones = zones
    current = Mutex(try PolicyFile.read(path, zones))
  }

  /// The policy that answers now.
  package var policy: AccessPolicy { current.withLock { $0 } }

  package func decide(_ question: AccessQuestion) -> AccessDecision { policy.decide(question) }

  /// Reads the file again; what was in force stays so until `adopt`.
  ///
  /// - Returns: the new policy, to be recorded (`loadedRecord`) and then adopted; nil when it is the one that
  ///   is in force.
  package func candidate() throws -> AccessPolicy? {
    let read = try PolicyFile.read(path, zones)
    return policy.sha256 == read.sha256 ? nil : read
  }

  /// Puts a policy in force.
  package func adopt(_ policy: AccessPolicy) { current.withLock { $0 = policy } }

  /// A policy out of a file.
  package static func read(_ path: String, _ zones: ZoneCatalogue) throws -> AccessPolicy {
    let bytes = try InputDescriptor.contents(
      ofPath: path, byteCountMax: AccessPolicy.byteCountMax)
    return try AccessPolicy(bytes.span, file: path, zones: zones) { (name) throws(InputError) in
      var resolved = name
      if !name.hasPrefix("/"), let slash = path.lastIndex(of: "/") {
        resolved = path[...slash] + name
      }
      return try InputDescriptor.contents(ofPath: resolved, byteCountMax: 4 << 20)
    }
  }

  /// The record that a policy is in force from now on.
  package static func loadedRecord(
    _ policy: AccessPolicy, path: String, at now: Timestamp, source: String = "vigil/gateway"
  ) -> Record {
    var control = ControlRecord(event: .policyLoaded)
    control.subject = path
    control.sha256 = policy.sha256
    control.counts = [.init("rules", policy.rules.count), .init("roles", policy.roles.count)]
    let header = RecordHeader(
      timestamp: now, source: source, id: "policy/\(policy.sha256)/\(now.microseconds)")
    return Record(header: header, body: .control(control))
  }
}
