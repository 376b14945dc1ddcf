import GatewayAndScheduler
import Ingest
import Synchronization

/// The files that decide what `vigil serve` does: policy, jobs, users. Read at start, and again when they
/// change; one that is wrong leaves what was in force, and a record says so.
final class ServeFiles {
  let policy: PolicyFile
  private(set) var catalogue: JobCatalogue
  let accounts: CurrentUsers
  private let settings: ServeConfiguration
  private let zones: ZoneCatalogue
  /// Which names of a job's variables mean a secret.
  private let redaction: RedactionList
  private var stamps: [String: FileStatus?] = [:]

  private static let byteCountMax = 4 << 20

  init(_ configuration: ConfigurationFile) throws {
    settings = configuration.serve
    zones = configuration.zones.catalogue
    redaction = configuration.log.redaction
    policy = try PolicyFile(path: settings.policy, zones: zones)
    catalogue = try ServeFiles.catalogue(settings.jobs, zones, redaction)
    accounts = CurrentUsers(try ServeFiles.users(settings.users))
    for path in paths { stamps[path] = try InputDescriptor.status(ofPath: path) }
  }

  private var paths: [String] {
    [settings.policy, settings.jobs] + (settings.users.map { [$0] } ?? [])
  }

  private static func catalogue(
    _ path: String, _ zones: ZoneCatalogue, _ redaction: RedactionList
  ) throws -> JobCatalogue {
    let bytes = try InputDescriptor.contents(ofPath: path, byteCountMax: byteCountMax)
    return try JobCatalogue.read(bytes.span, file: path, zones: zones, redaction: redaction)
  }

  private static func users(_ path: String?) throws -> UsersFile {
    guard let path else { return UsersFile() }
    let bytes = try InputDescriptor.contents(ofPath: path, byteCountMax: byteCountMax)
    return try ConfigurationReader.read(bytes.span, file: path, UsersFile.init(from:))
  }

  /// What reading again came to.
  enum Change {
    case policy(AccessPolicy)
    case jobs(JobCatalogue)
    case users(UsersFile, path: String)
    case refused(path: String, problem: String)
  }

  /// Reads again what has changed since the last look.
  func changes() -> [Change] {
    var changes: [Change] = []
    for path in paths {
      do {
        let status = try InputDescriptor.status(ofPath: path)
        guard status != stamps[path] ?? nil else {
          if path == settings.policy, let change = changedCalendar() { changes.append(change) }
          continue
        }
        stamps[path] = status
        if let change = try read(path) { changes.append(change) }
      } catch { changes.append(.refused(path: path, problem: Failure(error).message)) }
    }
    return changes
  }

  /// A policy whose own file is as it was may name a calendar that is not. One that cannot be read now was
  /// told of when the file changed, or is looked at again.
  private func changedCalendar() -> Change? {
    guard let candidate = try? policy.candidate() else { return nil }
    return .policy(candidate)
  }

  private func read(_ path: String) throws -> Change? {
    switch path {
    case settings.policy: return try policy.candidate().map { .policy($0) }
    case settings.jobs:
      catalogue = try ServeFiles.catalogue(path, zones, redaction)
      return .jobs(catalogue)
    default:
      return .users(try ServeFiles.users(path), path: path)
    }
  }
}

/// The accounts as they are now; safe from any thread.
final class CurrentUsers: Sendable {
  private let users: Mutex<UsersFile>

  init(_ users: UsersFile) { self.users = Mutex(users) }

  var current: UsersFile {
    get { users.withLock { $0 } }
    set { users.withLock { $0 = newValue } }
  }
}
