import Ingest

/// `vigil ingest`: lines of logs become entries of a journal.
enum IngestCommand: Command {
  static let specification = CommandSpecification(
    name: "ingest",
    summary: "take log lines into a journal",
    synopsis: "--journal DIR [--format F] [--source NAME] [--follow] FILE… | -",
    options: [
      .init("--journal", "DIR", "the journal; a missing or empty directory becomes one"),
      .init(
        "--format", "F", choices: LogFormat.allCases.map(\.rawValue),
        "shape of the lines; auto recognises each line by its shape"),
      .init(
        "--source", "NAME",
        "where lines come from that do not say so: a host (edge-1), or program/host taken whole"),
      .init(
        "--config", "FILE",
        "configuration in JSON5 (vigil detect --help says where it is documented)"),
      .init(
        "--origin", "NAME", "name of a new journal in its checkpoints; default: the host's name"),
      .init(
        "--key", "FILE", "the journal's signing key, where it is not DIR/key; made with the journal"
      ),
      .init("--follow", "keep reading as the files grow; SIGINT and SIGTERM end it after a commit"),
      .init("--batch", "N", "records between two commits of an import; default 262144"),
      .init(
        "--clock", "T", "take received_at from this instant instead of the clock, to repeat a run"),
      .init("--quiet", "say nothing on standard error but errors"),
    ],
    operand: "FILE", operandIsRequired: true,
    discussion: [
      "Files may be plain or gzip; - is standard input. Files that rotated from one log are put in "
        + "order and read as one; different logs are merged by event time. What the journal already "
        + "holds is dropped and counted, so repeating a command is safe.",
      "Lines that are no records are counted by reason and kept in DIR/rejected.jsonl with their "
        + "place. Secrets are redacted before anything is written (Documentation/Redaction.md).",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let options = try IngestOptions(arguments)
    let session = try IngestSession(options, tool)
    return options.follows ? try session.follow() : try session.importFiles()
  }
}
