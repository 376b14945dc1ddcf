import Ingest
import Report

/// `vigil verify`: derives the whole journal again and says what holds.
enum VerifyCommand: Command {
  static let specification = CommandSpecification(
    name: "verify",
    summary: "check every byte of a journal against its checkpoints",
    synopsis: "--journal DIR",
    options: [.init("--journal", "DIR", "the journal to check; it is not changed")],
    discussion: [
      "Four verdicts: integrity (the bytes give the checkpoint's root), completeness (every past "
        + "checkpoint is continued: a cut tail is found), order and schema (every entry is a record, "
        + "received_at never runs back), freshness (how old the newest checkpoint is; informs only).",
      "Exit status 1 when a verdict fails; the first bad entry is named by segment, index and offset.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let storage = try JournalOpening.forReading(arguments.required("--journal"))
    let result = try JournalVerifier(storage).verify(now: tool.now())
    for line in VerificationText.lines(result, style: tool.style) { tool.print(line) }
    return result.hasPassed ? .done : .damaged
  }
}
