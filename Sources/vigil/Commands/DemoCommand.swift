import Ingest

/// `vigil demo`.
enum DemoCommand: Command {
  static let specification = CommandSpecification(
    name: "demo", summary: "the whole way on the fixtures", synopsis: "[--fixtures DIR]",
    options: [.init("--fixtures", "DIR", "where the fixtures are; default: fixtures")])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus { .done }
}
