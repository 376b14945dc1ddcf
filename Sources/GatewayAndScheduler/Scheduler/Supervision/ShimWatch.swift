internal import CPlatform
internal import Glibc
internal import Ingest
internal import ShimProtocol

/// The supervisor's thread: what it watches, and what it does about it.
struct ShimWatch: ~Copyable {
  private let settings: SupervisionSettings
  private let store: AttemptStore
  private let bell: Int32
  private let tell: @Sendable (SchedulerEvent) -> Void
  /// Reads an attempt's secrets; `take` follows.
  private let fetch: @Sendable (AttemptPlan) -> Void
  /// Attempts whose secrets are being read.
  private var fetching: Set<AttemptKey> = []
  /// Living shims, and the descriptors that say when they end.
  private var shims: [AttemptKey: Shim] = [:]
  /// Attempts of which `started` was not seen, or whose shim could not be watched: looked at by scan.
  private var unseen: Set<AttemptKey> = []
  /// Attempts to be ended whose shim is not known yet.
  private var stopping: Set<AttemptKey> = []
  /// Attempts whose shim was told to end them.
  private var stopped: Set<AttemptKey> = []
  private var scannedAt: Int64 = 0

  private struct Shim {
    let descriptor: Int32
    /// Reaped at its end where it is a child of this process: an earlier scheduler of it may have started it.
    let child: pid_t
    var pulse: ShimPulse
  }

  init(
    _ settings: SupervisionSettings, _ store: AttemptStore, bell: Int32,
    fetching fetch: @escaping @Sendable (AttemptPlan) -> Void,
    telling tell: @escaping @Sendable (SchedulerEvent) -> Void
  ) {
    self.settings = settings
    self.store = store
    self.bell = bell
    self.fetch = fetch
    self.tell = tell
  }

  deinit {
    for shim in shims.values { close(shim.descriptor) }
  }

  mutating func perform(_ action: SchedulerAction) {
    switch action {
    case .launch(let plan): begin(plan)
    case .inspect(let runID, let attempt): adopt(AttemptKey(runID: runID, attempt: attempt))
    case .stop(let runID, let attempt):
      let key = AttemptKey(runID: runID, attempt: attempt)
      if fetching.remove(key) != nil { notStarted(key, "it was ended before it was started") }
      stopping.insert(key)
      look(key)
    case .probe(let runID, let outputs, let directories):
      tell(.probed(runID: runID, complete: complete(outputs, directories)))
    case .prune(let runID): store.remove(runID)
    case .append, .answer: break
    }
  }

  private func complete(
    _ outputs: [String: [String]], _ directories: [String: String]
  ) -> Set<String> {
    let whole = outputs.filter { job, paths in
      paths.allSatisfy { path in
        AttemptStore.exists(path.hasPrefix("/") ? path : "\(directories[job] ?? "")/\(path)")
      }
    }
    return Set(whole.keys)
  }

  // MARK: Starts

  private mutating func begin(_ plan: AttemptPlan) {
    guard !plan.job.secrets.isEmpty else { return launch(plan, secrets: []) }
    fetching.insert(AttemptKey(runID: plan.runID, attempt: plan.attempt))
    fetch(plan)
  }

  /// The secrets of an attempt, or why there are none; nothing for one that was ended meanwhile.
  mutating func take(_ secrets: Result<[String], AttemptSecretError>, for plan: AttemptPlan) {
    let key = AttemptKey(runID: plan.runID, attempt: plan.attempt)
    guard fetching.remove(key) != nil else { return }
    switch secrets {
    case .success(let secrets): launch(plan, secrets: secrets)
    case .failure(let error): notStarted(key, error.description)
    }
  }

  private mutating func launch(_ plan: AttemptPlan, secrets: [String]) {
    let key = AttemptKey(runID: plan.runID, attempt: plan.attempt)
    do throws(StorageError) {
      let lock = try store.prepare(specification(plan, secrets))
      let directory = store.directory(plan.runID, plan.attempt)
      // SAFETY: both strings are terminated and live for the call.
      let child = unsafe vigil_shim_start(settings.shim, directory, lock.number)
      guard child > 0 else { throw StorageError(.open, settings.shim, errno) }
      // From here the shim alone holds the lock.
      try lock.close(path: directory)
      // Nobody else reaps it: until we do, its id is its own.
      let descriptor = vigil_process_descriptor(child)
      unseen.insert(key)
      if descriptor >= 0 { shims[key] = Shim(descriptor: descriptor, child: child, pulse: pulse) }
      tell(.launched(runID: plan.runID, attempt: plan.attempt))
    } catch {
      notStarted(key, error.description)
    }
  }

  /// What ran or runs there tells its own end; that is no failure to start.
  private mutating func notStarted(_ key: AttemptKey, _ reason: String) {
    let report = store.report(key.runID, key.attempt)
    if report.started != nil || report.isAlive {
      tell(.launched(runID: key.runID, attempt: key.attempt))
      return adopt(key)
    }
    tell(.launchFailed(runID: key.runID, attempt: key.attempt, reason))
  }

  private func specification(_ plan: AttemptPlan, _ secrets: [String]) -> ShimSpecification {
    var result = ShimSpecification(
      runID: plan.runID, attempt: plan.attempt, arguments: plan.invocation.arguments)
    let own = [
      "VIGIL_RUN_SOCKET=\(settings.socket)", "VIGIL_RUN_TOKEN=\(settings.token(plan.runID))",
    ]
    let luigi = plan.job.luigiConfiguration.map { ["LUIGI_CONFIG_PATH=\($0)"] } ?? []
    result.environment =
      Environment.merged([
        settings.environment, luigi, plan.invocation.environment, secrets, plan.audit, own,
      ])
    result.directory = plan.job.directory ?? "/"
    result.timeoutMilliseconds = Int(plan.job.timeout / .milliseconds(1))
    result.graceMilliseconds = Int(plan.job.grace / .milliseconds(1))
    result.heartbeatMilliseconds = settings.heartbeatMilliseconds
    result.outputByteCountMax = plan.job.limits.outputBytes
    let limits = plan.job.limits
    result.limits = [
      limits.cpuSeconds, limits.addressSpaceBytes, limits.openFiles, limits.processes,
      limits.fileBytes,
    ].map { Int64($0 ?? -1) }
    result.socket = settings.socket
    result.token = settings.token(plan.runID)
    return result
  }

  /// Says what a directory holds, and watches its shim while that lives.
  private mutating func adopt(_ key: AttemptKey) {
    let report = store.report(key.runID, key.attempt)
    if report.isAlive, report.exited == nil, shims[key] == nil { unseen.insert(key) }
    attend(key, report)
  }

  /// Watches a shim that is not watched yet, as soon as `started` names it.
  private mutating func attach(_ key: AttemptKey, _ report: AttemptReport) {
    guard report.isAlive, report.exited == nil, shims[key] == nil, let started = report.started,
      let descriptor = ProcessTable.open(
        started.shim, startTicks: started.shimStartTicks, bootID: started.bootID)
    else { return }
    let number = dup(descriptor.number)
    guard number >= 0 else { return }
    vigil_close_on_exec(number)
    shims[key] = Shim(
      descriptor: number, child: pid_t(truncatingIfNeeded: started.shim), pulse: pulse)
  }

  private var pulse: ShimPulse {
    ShimPulse(
      heartbeatMilliseconds: settings.heartbeatMilliseconds, at: vigil_steady_microseconds())
  }

  // MARK: News

  mutating func look(_ key: AttemptKey) { attend(key, store.report(key.runID, key.attempt)) }

  /// Watches, stops what is to be stopped, and tells.
  private mutating func attend(_ key: AttemptKey, _ report: AttemptReport) {
    attach(key, report)
    if stopping.contains(key) {
      if let shim = shims[key] {
        _ = vigil_process_signal(shim.descriptor, SIGTERM)
        stopping.remove(key)
        stopped.insert(key)
      } else if report.isAlive {
        // Its shim is not known yet: with the next scan.
        unseen.insert(key)
      } else {
        stopping.remove(key)
      }
    }
    say(key, report)
  }

  /// Tells a report; what a dead shim left running is ended before.
  private mutating func say(_ key: AttemptKey, _ report: AttemptReport) {
    if let started = report.started, report.exited == nil, !report.isAlive {
      ProcessTable.killRemains(of: key.runID, started)
    }
    if report.started != nil, report.isAlive, shims[key] != nil { unseen.remove(key) }
    if !report.isAlive { unseen.remove(key) }
    tell(.observed(runID: key.runID, attempt: key.attempt, report))
  }

  /// Waits for work, the end of a shim, or the next scan.
  mutating func wait() {
    let keys = Array(shims.keys)
    var watched = [DescriptorWatch(bell, reads: true)]
    for key in keys {
      if let shim = shims[key] { watched.append(DescriptorWatch(shim.descriptor, reads: true)) }
    }
    let elapsed = (vigil_steady_microseconds() - scannedAt) / 1000
    let rest = Int32(clamping: max(0, Int64(settings.scanMilliseconds) - elapsed))
    DescriptorWatch.wait(&watched, milliseconds: rest)
    if watched[0].isReadable { vigil_bell_silence(bell) }
    for (key, watch) in zip(keys, watched.dropFirst()) where watch.isReadable { ended(key) }
    guard vigil_steady_microseconds() - scannedAt >= Int64(settings.scanMilliseconds) * 1000
    else { return }
    scannedAt = vigil_steady_microseconds()
    for key in unseen { look(key) }
    feelPulses()
    tell(.ticked)
  }

  /// A shim that was stopped is told to go on. One that stays silent though it was told to end its run is
  /// killed: what it leaves is ended with it, and nobody saw its end.
  private mutating func feelPulses() {
    for key in Array(shims.keys) {
      let text = store.heartbeat(key.runID, key.attempt)
      guard let change = shims[key]?.pulse.look(text, at: vigil_steady_microseconds()),
        let shim = shims[key]
      else { continue }
      switch change {
      case .silent(let microseconds):
        _ = vigil_process_signal(shim.descriptor, SIGCONT)
        let isKilled = stopped.contains(key) && microseconds >= 2 * shim.pulse.silenceMax
        if isKilled { _ = vigil_process_signal(shim.descriptor, SIGKILL) }
        tell(
          .silent(
            runID: key.runID, attempt: key.attempt, seconds: Double(microseconds) / 1e6,
            isKilled: isKilled))
      case .back(let microseconds):
        tell(.heard(runID: key.runID, attempt: key.attempt, seconds: Double(microseconds) / 1e6))
      }
    }
  }

  private mutating func ended(_ key: AttemptKey) {
    guard let shim = shims.removeValue(forKey: key) else { return }
    if shim.child > 0 {
      var status: Int32 = 0
      // SAFETY: the call fills the one number.
      _ = unsafe waitpid(shim.child, &status, WNOHANG)
    }
    close(shim.descriptor)
    unseen.remove(key)
    stopped.remove(key)
    look(key)
  }
}

/// The environment of a job.
private enum Environment {
  /// Later lists count over earlier ones; each name once.
  static func merged(_ lists: [[String]]) -> [String] {
    var values: [Substring: String] = [:]
    var names: [Substring] = []
    for text in lists.joined() {
      let name = text.prefix { $0 != "=" }
      if values.updateValue(text, forKey: name) == nil { names.append(name) }
    }
    return names.compactMap { values[$0] }
  }
}
