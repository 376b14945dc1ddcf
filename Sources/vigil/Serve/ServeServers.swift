import GatewayAndScheduler
import Ingest
import Synchronization

/// The two listeners of `vigil serve`: gateway and API on the loopback, runs on a Unix socket.
final class ServeServers: Sendable {
  /// In the state directory.
  static let socketName = "run.sock"

  let endpoint: HTTPEndpoint
  private let main: HTTPServer
  private let runs: HTTPServer
  /// Nothing but health is answered before the scheduler has read its books.
  private let isOpen: Gate

  /// Whether requests are taken.
  private final class Gate: Sendable {
    private let flag = Atomic<Bool>(false)

    var isOpen: Bool { flag.load(ordering: .acquiring) }
    func open() { flag.store(true, ordering: .releasing) }
  }

  init(
    _ settings: ServeConfiguration, _ files: ServeFiles, _ journal: ServeJournal,
    _ scheduler: RunScheduler, _ habits: ServeHabits, _ tokens: RunTokens, _ log: LogSettings,
    _ surroundings: Surroundings, _ reports: BackgroundReports
  ) throws {
    let facts = ServeFacts(scheduler: scheduler, habits: habits)
    let accounts = files.accounts
    let gateway = try ServeGateway(
      settings, journal.sink, surroundings, users: { accounts.current },
      report: { reports.add($0) })
    var router = Router()
    router.addTriggerAPI(
      ServeServers.api(settings, files, journal, scheduler, facts, gateway, surroundings))
    router.addGateway(
      Gateway(
        checkers: gateway.checkers, actions: settings.routes, policy: files.policy, facts: facts,
        records: gateway.records, signer: gateway.signer, login: gateway.login))
    let open = Gate()
    isOpen = open
    let incidents = HTTPIncidentRecords("http", sink: journal.sink, surroundings: surroundings)
    main = try HTTPServer(
      at: settings.endpoint, limits: ServeServers.limits, clock: ContinuousClock(),
      incidents: { incidents.note($0) },
      handler: ServeServers.handler(router, gateway, settings, surroundings, incidents, open))
    endpoint = main.endpoint
    let service = RunSocketService(
      tokens: tokens, shims: ServeShimEars(scheduler: scheduler),
      run: { await scheduler.run($0) }, sink: journal.sink,
      journalSecret: try journal.secret(), settings: log, surroundings: surroundings)
    let runIncidents = HTTPIncidentRecords(
      "run socket", sink: journal.sink, surroundings: surroundings)
    runs = try HTTPServer(
      at: .unixSocket(path: settings.state + "/" + ServeServers.socketName),
      limits: RunSocketService.limits, clock: ContinuousClock(),
      incidents: { runIncidents.note($0) }, handler: service.handler)
  }

  /// What the API takes is small; connections are many, since a proxy keeps them.
  private static var limits: HTTPLimits {
    var limits = HTTPLimits()
    limits.bodyByteCountMax = 64 << 10
    // An assertion with many groups, the groups themselves, and the client's own token, in one head.
    limits.headerByteCountMax = 96 << 10
    limits.connectionCountMax = 1024
    return limits
  }

  private static func api(
    _ settings: ServeConfiguration, _ files: ServeFiles, _ journal: ServeJournal,
    _ scheduler: RunScheduler, _ facts: ServeFacts, _ gateway: ServeGateway,
    _ surroundings: Surroundings
  ) -> TriggerAPI {
    var api = TriggerAPISettings()
    api.recordsRequests = settings.front == .none
    let sink = journal.sink
    return TriggerAPI(
      scheduler: scheduler, checkers: [AssertionChecker(gateway.signer)] + gateway.checkers,
      policy: files.policy, facts: facts, sink: sink, surroundings: surroundings, settings: api,
      ailment: { sink.failureDescription })
  }

  private static func handler(
    _ router: Router, _ gateway: ServeGateway, _ settings: ServeConfiguration,
    _ surroundings: Surroundings, _ incidents: HTTPIncidentRecords, _ gate: Gate
  ) -> HTTPHandler {
    let front = APIFront.handler(router, surroundings: surroundings, incidents: incidents)
    // A Caddy copies the session's new cookie by itself; without one it is sent along here.
    let dressed =
      settings.front == .none ? gateway.login?.renewingCookies(front) ?? front : front
    return { request in
      guard gate.isOpen else {
        return .text(.serviceUnavailable, "starting: the scheduler reads its books")
      }
      return await dressed(request)
    }
  }

  /// From now on requests are answered.
  func open() { isOpen.open() }

  func stop(draining limit: Duration) async {
    await main.stop(draining: limit)
    await runs.stop(draining: .seconds(1))
  }
}
