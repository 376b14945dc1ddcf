internal import CPlatform
internal import Dispatch
internal import Glibc
package import Ingest
internal import ShimProtocol
internal import Synchronization

/// What starts, watches and ends attempts. Two: shims of this machine, and the tests' simulated ones.
package protocol AttemptSupervising: Sendable {
  /// Begins to tell what happens, and the passing of time; once.
  func start(telling handler: @escaping @Sendable (SchedulerEvent) -> Void)
  /// Takes one of the actions about attempts and directories; returns at once.
  func perform(_ action: SchedulerAction)
  /// Somebody said that there is news of an attempt.
  func look(runID: String, attempt: Int)
  /// Keeps a run's own parameters durably; throws where it cannot.
  func keep(_ parameters: [UInt8], of runID: String) throws(StorageError)
  func keptParameters(of runID: String) -> [UInt8]?
  /// Runs with a directory.
  func knownRunIDs() -> [String]
  /// Ends the watching; shims go on.
  func stop()
}

/// Where shims and their state are, and what every job is given.
package struct SupervisionSettings: Sendable {
  /// The directory of the state, absolute.
  package var state: String
  /// The shim's program, absolute.
  package var shim: String
  /// The server's Unix socket for shims and jobs; empty for none.
  package var socket = ""
  /// PATH, HOME, LANG, TZ as jobs see them, `NAME=value`.
  package var environment: [String] = ["PATH=/usr/local/bin:/usr/bin:/bin"]
  /// Where the secrets of jobs are read; nil for nowhere: attempts that need one do not start.
  package var secrets: (any SecretSource)?
  /// Gets what is worth telling about where a secret was, without it.
  package var warn: @Sendable (String) -> Void = { _ in }
  /// The run's token for that socket.
  package var token: @Sendable (_ runID: String) -> String = { _ in "" }
  /// A start or an end of which nothing else tells is noticed within this. 1 s.
  package var scanMilliseconds: Int32 = 1000
  package var heartbeatMilliseconds = 5000

  package init(state: String, shim: String) {
    self.state = state
    self.shim = shim
  }
}

/// A thread of its own that starts shims and hears of their ends through pidfds.
///
/// Ends of shims, of those that an earlier server started as well, are noticed at once; a start is when
/// the shim says so on the socket, and otherwise within `scanMilliseconds`.
package final class ShimSupervisor: AttemptSupervising {
  private enum Work: Sendable {
    case action(SchedulerAction)
    case look(AttemptKey)
    case secrets(AttemptPlan, Result<[String], AttemptSecretError>)
  }

  private struct Inbox: Sendable {
    var work: [Work] = []
    var hasEnded = false
  }

  private let settings: SupervisionSettings
  private let store: AttemptStore
  private let secrets: AttemptSecrets
  private let inbox = Mutex(Inbox())
  private let bell: OwnedDescriptor
  private let thread = DispatchQueue(label: "shim-supervisor")
  private let hasEnded = DispatchGroup()

  /// Makes the directories that are missing.
  package init(_ settings: SupervisionSettings) throws(StorageError) {
    self.settings = settings
    store = try AttemptStore(state: settings.state)
    secrets = AttemptSecrets(settings.secrets, warn: settings.warn)
    let number = vigil_bell()
    guard number >= 0 else { throw StorageError(.open, "eventfd", errno) }
    bell = OwnedDescriptor(number)
  }

  package func start(telling handler: @escaping @Sendable (SchedulerEvent) -> Void) {
    hasEnded.enter()
    thread.async { [self] in
      var watch = ShimWatch(
        settings, store, bell: bell.number, fetching: { [self] in fetchSecrets($0) },
        telling: handler)
      while let work = takeWork() {
        for item in work {
          switch item {
          case .action(let action): watch.perform(action)
          case .look(let key): watch.look(key)
          case .secrets(let plan, let secrets): watch.take(secrets, for: plan)
          }
        }
        watch.wait()
      }
      hasEnded.leave()
    }
  }

  package func perform(_ action: SchedulerAction) { submit(.action(action)) }

  package func look(runID: String, attempt: Int) {
    submit(.look(AttemptKey(runID: runID, attempt: attempt)))
  }

  package func keep(_ parameters: [UInt8], of runID: String) throws(StorageError) {
    try store.keep(parameters, of: runID)
  }

  package func keptParameters(of runID: String) -> [UInt8]? { store.keptParameters(of: runID) }

  package func knownRunIDs() -> [String] { store.runIDs() }

  package func stop() {
    inbox.withLock { $0.hasEnded = true }
    vigil_bell_ring(bell.number)
    hasEnded.wait()
  }

  /// Reads an attempt's secrets aside: a program may take ten seconds for each.
  private func fetchSecrets(_ plan: AttemptPlan) {
    Task.detached { [self] in
      let result: Result<[String], AttemptSecretError>
      do throws(AttemptSecretError) {
        result = .success(try await secrets.environment(plan.job.secrets))
      } catch {
        result = .failure(error)
      }
      submit(.secrets(plan, result))
    }
  }

  private func submit(_ work: Work) {
    inbox.withLock { $0.work.append(work) }
    vigil_bell_ring(bell.number)
  }

  /// Nil at the end.
  private func takeWork() -> [Work]? {
    inbox.withLock { inbox in
      if inbox.hasEnded { return nil }
      defer { inbox.work = [] }
      return inbox.work
    }
  }
}

/// Names one attempt of one run.
struct AttemptKey: Hashable, Sendable {
  let runID: String
  let attempt: Int
}
