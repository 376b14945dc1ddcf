import Detect
import GatewayAndScheduler
import Ingest
import Report

/// The only place that touches the process and wires modules together.
enum Assembly {
  static let version = "0.1.0"

  /// Descriptors of the standard streams.
  private static let outputDescriptor: Int32 = 1
  private static let errorDescriptor: Int32 = 2

  static func tool() -> Tool {
    let outputIsTerminal = ProcessEnvironment.isTerminal(outputDescriptor)
    let errorIsTerminal = ProcessEnvironment.isTerminal(errorDescriptor)
    let traits = TerminalTraits(
      outputIsTerminal: outputIsTerminal,
      errorIsTerminal: errorIsTerminal,
      outputWidth: outputIsTerminal ? terminalWidth() : nil,
      errorWidth: errorIsTerminal ? terminalWidth() : nil,
      wantsColor: wantsColor())
    return Tool(
      output: OutputStream(descriptor: outputDescriptor),
      errors: OutputStream(descriptor: errorDescriptor), now: now, terminal: traits)
  }

  /// The terminal's columns; COLUMNS counts where the terminal does not say.
  private static func terminalWidth() -> Int {
    let columns = ProcessEnvironment.terminalColumns(outputDescriptor)
    if columns > 0 { return columns }
    let stated = ProcessEnvironment.variable("COLUMNS").flatMap { Int($0) } ?? 0
    return (40...1000).contains(stated) ? stated : 80
  }

  /// https://no-color.org: any value but the empty one turns colour off.
  private static func wantsColor() -> Bool {
    let refusal = ProcessEnvironment.variable("NO_COLOR") ?? ""
    return refusal.isEmpty && ProcessEnvironment.variable("TERM") != "dumb"
  }

  private static func now() -> Timestamp {
    Timestamp(microseconds: ProcessEnvironment.clockMicroseconds()) ?? Timestamp.latest
  }

  /// Threads beside the main one: as many as there are other processors, 7 at most.
  static func helperCount() -> Int { min(ProcessEnvironment.processorCount(), 8) - 1 }

  /// Drawn anew for each process.
  static func questionSecret() -> CommonQuestion.Secret {
    var random = SystemRandomNumberGenerator()
    return CommonQuestion.Secret(random.next(), random.next())
  }

  /// Whole seconds since the Unix epoch by the system's clock, for threads of their own.
  static let unixSeconds: @Sendable () -> Int64 = {
    ProcessEnvironment.clockMicroseconds() / 1_000_000
  }

  /// Clock and random source of the emitting side.
  static func surroundings() -> Surroundings {
    Surroundings(
      now: { Timestamp(microseconds: ProcessEnvironment.clockMicroseconds()) ?? .latest },
      randomBytes: { SecureRandom.bytes(count: $0) })
  }

  /// Where secrets are: files, variables and programs of this machine.
  static func secrets() -> SystemSecretSource {
    SystemSecretSource(
      variable: { ProcessEnvironment.variable($0) },
      environment: ProcessEnvironment.passedOn(["PATH", "HOME"]), clock: ContinuousClock())
  }

  /// The small program that runs a job and outlives us: beside the tool itself; nil when it is not there.
  static func shimPath() -> String? {
    guard let own = ProcessEnvironment.executablePath(), let slash = own.lastIndex(of: "/") else {
      return nil
    }
    let path = own[...slash] + "vigil-shim"
    return ProcessEnvironment.isExecutable(String(path)) ? String(path) : nil
  }

  /// A server for a witness's calls, which are small.
  static func witnessServer(
    _ endpoint: HTTPEndpoint, _ router: Router
  ) throws(HTTPServerError) -> HTTPServer {
    var limits = HTTPLimits()
    limits.bodyByteCountMax = AddCheckpointRequest.byteCountMax
    return try HTTPServer(at: endpoint, limits: limits, clock: ContinuousClock()) { request in
      await router.respond(to: request)
    }
  }

  /// Names a new journal; `vigil` where the machine has no usable name.
  static func hostName() -> String {
    let name = ProcessEnvironment.hostName() ?? ""
    return Checkpoint.isValidOrigin(name) ? name : "vigil"
  }

  /// Who runs this, by LOGNAME or USER, else by the system's name for the process's user; nil where none
  /// says.
  static func loginName() -> String? {
    let names = [ProcessEnvironment.variable("LOGNAME"), ProcessEnvironment.variable("USER")]
    return names.compactMap { $0 }.first { !$0.isEmpty } ?? ProcessEnvironment.userName()
  }

  /// The zones of the system's tzdata; TZDIR names another folder.
  static func zones() -> SystemZones {
    let directory = ProcessEnvironment.variable("TZDIR") ?? "/usr/share/zoneinfo"
    return SystemZones(ZoneCatalogue(directory: directory))
  }

  /// How the tool was called, for commands that a reader may copy.
  static var invocation: String { CommandLine.arguments.first ?? "vigil" }

  /// A new folder under TMPDIR, else /tmp.
  static func temporaryDirectory() throws(UsageError) -> String {
    let parent = ProcessEnvironment.variable("TMPDIR") ?? "/tmp"
    guard let made = ProcessEnvironment.makeTemporaryDirectory(in: parent) else {
      throw UsageError(
        "no temporary folder in \(parent): expected a writable one, or --journals DIR")
    }
    return made
  }

  static func exit(_ status: ExitStatus) -> Never { ProcessEnvironment.exit(status.rawValue) }
}
