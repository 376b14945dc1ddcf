import Detect
import GatewayAndScheduler
import Ingest

/// `vigil serve`: gateway, trigger API, scheduler, detection and journal in one process.
enum ServeCommand: Command {
  static let specification = CommandSpecification(
    name: "serve",
    summary: "gateway, scheduler, detection and journal, live in one process",
    synopsis:
      "--config FILE [--journal DIR] [--state DIR] [--listen 127.0.0.1:PORT] [--check]",
    options: [
      .init("--config", "FILE", "configuration in JSON5 (Documentation/Serve.md)"),
      .init("--journal", "DIR", "instead of the configuration's; made when missing"),
      .init(
        "--state", "DIR",
        "instead of the configuration's: tokens, sessions, runs; made when missing"),
      .init("--listen", "ADDRESS", "instead of the configuration's; port 0 takes a free one"),
      .init("--check", "read configuration, policy, jobs and users, say what is wrong, and end"),
    ],
    discussion: [
      "Needs a policy, a file of jobs and, for whoever is to call it, a service token (vigil token "
        + "create) or an OpenID provider. Listens on this host alone: a proxy in front brings TLS, as "
        + "Integrations/caddy does. Policy, jobs and users are read again when their files change; one "
        + "that is wrong leaves what was in force.",
      "SIGINT and SIGTERM end it after what is being answered. Runs go on under their own small "
        + "processes (vigil-shim), and the next start finds them with their true end.",
      "When the journal can no longer be written nothing is triggered, and it ends with status 4.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    var configuration = try ConfigurationFile.load(try arguments.required("--config"))
    if let journal = arguments.value("--journal") { configuration.serve.journal = journal }
    if let state = arguments.value("--state") { configuration.serve.state = state }
    if let address = arguments.value("--listen") {
      guard let endpoint = ListeningAddress.endpoint(address) else {
        throw UsageError(
          "--listen \(Quotation.quoted(address)): expected 127.0.0.1:PORT or [::1]:PORT")
      }
      configuration.serve.endpoint = endpoint
    }
    if arguments.has("--check") { return try check(configuration, tool) }
    return try ServeSession(configuration, Assembly.surroundings(), tool).run()
  }

  private static func check(
    _ configuration: ConfigurationFile, _ tool: Tool
  ) throws -> ExitStatus {
    let files = try ServeFiles(configuration)
    let policy = files.policy.policy
    tool.print(
      "policy \(policy.sha256.prefix(12)): \(policy.rules.count) rules, \(policy.roles.count) roles"
    )
    tool.print("jobs: \(files.catalogue.definitions.map(\.name).joined(separator: ", "))")
    if let alerts = configuration.alerts {
      // Secrets are read when they are needed: nothing is reported here.
      _ = try AlertAssembly.sinks(configuration) { _ in }
      let names = alerts.sinkNames.joined(separator: ", ")
      tool.print("alerts: \(alerts.routing.routes.count) routes to \(names)")
    }
    return .done
  }
}
