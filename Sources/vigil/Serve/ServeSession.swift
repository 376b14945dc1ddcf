import Detect
import GatewayAndScheduler
import Ingest
import Report
import Synchronization

/// One life of `vigil serve`: builds everything, serves until a signal, and ends in order.
final class ServeSession {
  /// Looks at signals, files and reports.
  private static let pollMilliseconds: Int32 = 200
  /// Looks between two looks at the files.
  private static let filePollCount = 10
  private static let drainMax: Duration = .seconds(10)

  private let configuration: ConfigurationFile
  private let settings: ServeConfiguration
  private let tool: Tool
  private let surroundings: Surroundings
  private let reports: BackgroundReports
  /// Held while the state directory is ours.
  private let stateLock: any JournalFile
  private let files: ServeFiles
  private let journal: ServeJournal
  private let judge: LiveJudge?
  private let owners: JobOwners
  /// Nil where nothing is told to anybody.
  private let alerts: AlertDelivery?
  private let scheduler: RunScheduler
  private let servers: ServeServers

  init(_ configuration: ConfigurationFile, _ surroundings: Surroundings, _ tool: Tool) throws {
    self.configuration = configuration
    self.surroundings = surroundings
    self.tool = tool
    settings = configuration.serve
    let reports = BackgroundReports()
    self.reports = reports
    // What is wrong with a file is found before anything is made.
    files = try ServeFiles(configuration)
    let state = try PosixStorage(directory: settings.state, creating: true)
    guard let lock = try state.lock("lock") else {
      throw ServeError("state \(settings.state): in use by another vigil serve")
    }
    stateLock = lock
    journal = try ServeJournal(configuration, surroundings, tool) { reports.add($0) }
    let proposals = ServeProposals()
    owners = JobOwners(files.catalogue)
    judge = ServeSession.judge(configuration, journal, surroundings, reports, proposals, owners)
    alerts = try ServeSession.alerts(configuration, journal, surroundings, reports)
    let tokens = try RunTokenKey.tokens(in: state, randomBytes: surroundings.randomBytes)
    scheduler = try ServeSession.scheduler(
      settings, files, journal, ServeHabits(judge: judge), tokens, surroundings, reports)
    proposals.scheduler.withLock { [scheduler] in $0 = scheduler }
    servers = try ServeServers(
      settings, files, journal, scheduler, ServeHabits(judge: judge), tokens, configuration.log,
      surroundings, reports)
  }

  private static func judge(
    _ configuration: ConfigurationFile, _ journal: ServeJournal, _ surroundings: Surroundings,
    _ reports: BackgroundReports, _ proposals: ServeProposals, _ owners: JobOwners
  ) -> LiveJudge? {
    let live = configuration.serve.live
    guard live.isOn else { return nil }
    var settings = LiveJudge.Settings(directory: journal.directory, configuration: configuration)
    settings.pause = live.pause
    return LiveJudge(
      settings, sink: journal.sink, surroundings: surroundings, report: { reports.add($0) },
      heed: { finding in
        guard live.proposesKills else { return }
        await proposals.heed(finding, reports)
      }, owner: { owners.owner(of: $0) })
  }

  private static func alerts(
    _ configuration: ConfigurationFile, _ journal: ServeJournal, _ surroundings: Surroundings,
    _ reports: BackgroundReports
  ) throws -> AlertDelivery? {
    guard let settings = configuration.alerts else { return nil }
    return AlertDelivery(
      journal.directory, settings, try AlertAssembly.sinks(configuration) { reports.add($0) },
      AlertSurroundings(
        now: surroundings.now, draw: AlertAssembly.draw,
        append: AlertDelivery.appending(to: journal.sink), report: { reports.add($0) }),
      // Who delivers by hand does not keep the gateway from starting.
      lock: { [directory = journal.directory] in try AlertAssembly.lock(directory) })
  }

  private static func scheduler(
    _ settings: ServeConfiguration, _ files: ServeFiles, _ journal: ServeJournal,
    _ habits: ServeHabits, _ tokens: RunTokens, _ surroundings: Surroundings,
    _ reports: BackgroundReports
  ) throws -> RunScheduler {
    guard let shim = Assembly.shimPath() else {
      throw ServeError("vigil-shim: expected it beside the tool itself")
    }
    let state = try absolute(settings.state)
    var supervision = SupervisionSettings(state: state, shim: shim)
    supervision.socket = state + "/" + ServeServers.socketName
    supervision.environment = ProcessEnvironment.passedOn(["PATH", "HOME", "LANG", "TZ"])
    supervision.secrets = Assembly.secrets()
    supervision.warn = { reports.add($0) }
    supervision.token = { tokens.token(for: $0) }
    var scheduling = SchedulerSettings()
    scheduling.host = Assembly.hostName()
    return try RunScheduler(
      files.catalogue, settings: scheduling, state: state, sink: journal.sink,
      policy: files.policy, habits: habits, books: JournalBooks(journal: journal.directory),
      supervisor: try ShimSupervisor(supervision), surroundings: surroundings)
  }

  /// Jobs have working directories of their own: what they are told must not depend on ours.
  private static func absolute(_ path: String) throws -> String {
    guard !path.hasPrefix("/") else { return path }
    guard let here = ProcessEnvironment.workingDirectory() else {
      throw ServeError("state \(path): the working directory has no name")
    }
    return here + "/" + path
  }

  // MARK: Life

  func run() throws -> ExitStatus {
    StopSignal.install()
    var failure: (any Error)?
    do {
      try begin()
      try watch()
    } catch { failure = error }
    // Even after a failure: what is under way is ended in order.
    do { try end() } catch { failure = failure ?? error }
    showReports()
    if let failure { throw failure }
    return .done
  }

  private func begin() throws {
    try journal.tell(.gatewayStarted) { control in
      control.subject = "\(servers.endpoint)"
      control.reason = "vigil \(Assembly.version)"
    }
    try journal.append(
      PolicyFile.loadedRecord(
        files.policy.policy, path: settings.policy, at: surroundings.now()))
    try journal.tell(.configLoaded) { control in
      control.subject = settings.jobs
      control.counts = [.init("jobs", files.catalogue.definitions.count)]
    }
    try Blocking.wait { [scheduler] in try await scheduler.start() }
    judge?.start()
    alerts?.start()
    servers.open()
    tool.printError("vigil serve: listening on \(servers.endpoint)")
    tool.printError(
      "vigil serve: journal \(settings.journal), state \(settings.state), policy "
        + "\(files.policy.policy.sha256.prefix(12)), \(files.catalogue.definitions.count) jobs, "
        + (judge == nil ? "detection off" : "detection on")
        + (configuration.alerts.map { ", \($0.sinkNames.count) alert sinks" } ?? ""))
  }

  /// Until a signal comes, or the journal can no longer be written.
  private func watch() throws {
    var lookCount = 0
    while !StopSignal.wasReceived {
      StopSignal.sleep(milliseconds: ServeSession.pollMilliseconds)
      showReports()
      if let problem = journal.sink.failureDescription {
        throw ServeStopped(problem: problem)
      }
      lookCount += 1
      if lookCount.isMultiple(of: ServeSession.filePollCount) { try reload() }
    }
    tool.printError("vigil serve: ending; runs go on, and the next start finds them")
  }

  private func reload() throws {
    for change in files.changes() {
      switch change {
      case .policy(let policy):
        // Told before it is in force: no decision is to name a policy that the journal does not.
        try journal.append(
          PolicyFile.loadedRecord(policy, path: settings.policy, at: surroundings.now()))
        files.policy.adopt(policy)
        tool.printError("vigil serve: policy \(policy.sha256.prefix(12)) is in force")
      case .jobs(let catalogue):
        try journal.tell(.configLoaded) { control in
          control.subject = settings.jobs
          control.counts = [.init("jobs", catalogue.definitions.count)]
        }
        Blocking.wait { [scheduler] in await scheduler.replace(catalogue) }
        owners.adopt(catalogue)
        tool.printError("vigil serve: \(catalogue.definitions.count) jobs")
      case .users(let users, let path):
        try journal.tell(.configLoaded) { $0.subject = path }
        files.accounts.current = users
      case .refused(let path, let problem):
        try journal.tell(.configRefused) { control in
          control.subject = path
          control.reason = problem
        }
        tool.printError("vigil serve: not taken, what was in force stays: \(problem)")
      }
    }
  }

  private func end() throws {
    Blocking.wait { [servers, scheduler] in
      await servers.stop(draining: ServeSession.drainMax)
      await scheduler.stop()
    }
    judge?.stop()
    alerts?.stop()
    if journal.sink.failureDescription == nil {
      try journal.tell(.gatewayStopped) { $0.subject = "\(servers.endpoint)" }
    }
    try journal.close()
  }

  private func showReports() {
    for line in reports.takeAll() {
      tool.printError("vigil serve: \(TerminalText.escaped(line))")
    }
  }
}

/// Findings about a run that goes on for too long become proposals: a person decides.
final class ServeProposals: Sendable {
  /// Set once both sides are there.
  let scheduler = Mutex<RunScheduler?>(nil)

  func heed(_ finding: Finding, _ reports: BackgroundReports) async {
    guard finding.rule == "runaway", let runID = finding.runID,
      let scheduler = scheduler.withLock({ $0 })
    else { return }
    let outcome = await scheduler.propose(
      kill: runID, reason: finding.explanation, by: "vigil/detect")
    if case .unavailable(let problem) = outcome {
      reports.add("run \(runID): its killing could not be proposed: \(problem)")
    }
  }
}
