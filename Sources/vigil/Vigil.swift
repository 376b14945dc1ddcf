/// The tool: picks the subcommand, runs it, and turns what it throws into a message and a status.
@main
enum Vigil {
  static let commands: [any Command.Type] = [
    IngestCommand.self, ScanCommand.self, ActivityCommand.self, DetectCommand.self,
    RecordCommand.self, VerifyCommand.self, InitCommand.self, CheckpointCommand.self,
    WitnessCommand.self, ProveCommand.self, CheckProofCommand.self, TilesCommand.self,
    CompressCommand.self, PruneCommand.self, DemoCommand.self,
    ExplainCommand.self, BacktestCommand.self, ServeCommand.self,
    PolicyCommand.self, TokenCommand.self, JobsCommand.self,
    ExportCommand.self, CheckExportCommand.self,
    QueryCommand.self, TimelineCommand.self, ReplayCommand.self, CaseCommand.self,
    AlertsCommand.self,
  ]

  static func main() {
    ProcessEnvironment.clean()
    let tool = Assembly.tool()
    let status = run(Array(CommandLine.arguments.dropFirst()), tool)
    if !tool.flush() {
      tool.printError("vigil: standard output: could not be written to its end")
      Assembly.exit(.unwritable)
    }
    Assembly.exit(status)
  }

  static func run(_ arguments: [String], _ tool: Tool) -> ExitStatus {
    guard let name = arguments.first else {
      tool.printError(overview())
      return .usage
    }
    if ["--help", "-h", "help"].contains(name) {
      return help(for: arguments.dropFirst().first, tool)
    }
    if name == "--version" {
      tool.print("vigil \(Assembly.version)")
      return .done
    }
    guard let command = commands.first(where: { $0.specification.name == name }) else {
      tool.printError("vigil: no command \(quoted(name)): expected one of \(commandNames)")
      return .usage
    }
    return run(command, Array(arguments.dropFirst()), tool)
  }

  private static func run(
    _ command: any Command.Type, _ arguments: [String], _ tool: Tool
  ) -> ExitStatus {
    let specification = command.specification
    if arguments.contains("--help") || arguments.contains("-h") {
      tool.print(specification.help(width: tool.outputWidth ?? 100))
      return .done
    }
    do {
      return try command.run(try specification.parse(arguments), tool)
    } catch let error as UsageError {
      tool.printError("vigil \(specification.name): \(error.message)")
      tool.printError("usage: \(specification.usage)")
      return .usage
    } catch {
      let failure = Failure(error)
      tool.printError("vigil \(specification.name): \(failure.message)")
      return failure.status
    }
  }

  private static func help(for name: String?, _ tool: Tool) -> ExitStatus {
    guard let name else {
      tool.print(overview())
      return .done
    }
    guard let command = commands.first(where: { $0.specification.name == name }) else {
      tool.printError("vigil help: no command \(quoted(name)): expected one of \(commandNames)")
      return .usage
    }
    tool.print(command.specification.help(width: tool.outputWidth ?? 100))
    return .done
  }

  private static var commandNames: String {
    commands.map { $0.specification.name }.joined(separator: ", ")
  }

  private static func overview() -> String {
    let widest = commands.map { $0.specification.name.count }.max() ?? 0
    let rows = commands.map { command in
      let name = command.specification.name
      return "  \(name)\(String(repeating: " ", count: widest - name.count))  "
        + command.specification.summary
    }
    return """
      vigil: audit and anomaly analysis for Caddy in front and Luigi behind

      usage: vigil COMMAND [OPTIONS]

      \(rows.joined(separator: "\n"))

      vigil COMMAND --help explains a command; vigil --version names this build.
      Exit status: 0 done; 1 evidence is damaged or a proof refused; 2 wrong usage or unreadable input;
      3 findings at or above --fail-on; 4 could not write.
      """
  }

  static func quoted(_ text: String) -> String { Quotation.quoted(text) }
}
