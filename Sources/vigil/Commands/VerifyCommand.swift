import Ingest
import Report

/// `vigil verify`: derives the whole journal again and says what holds.
enum VerifyCommand: Command {
  static let specification = CommandSpecification(
    name: "verify",
    summary: "check every byte of a journal against its checkpoints",
    synopsis:
      "--journal DIR [--checkpoint FILE]… [--vkey VKEY] [--witness-key VKEY… [--quorum N]]",
    options: [
      .init("--journal", "DIR", "the journal to check; it is not changed"),
      .init(
        "--checkpoint", "FILE", isRepeatable: true,
        "a checkpoint that was kept elsewhere, which the journal must continue"),
      .init("--vkey", "VKEY", "the key that must have signed, in place of what journal.json names"),
      .init(
        "--witness-key", "VKEY", isRepeatable: true, "a witness whose cosignatures are asked for"),
      .init("--quorum", "N", "how many of them; default: all"),
    ],
    discussion: [
      "Four verdicts: integrity (the bytes give the checkpoint's root), completeness (every past "
        + "checkpoint is continued: a cut tail is found), order and schema (every entry is a record, "
        + "received_at never runs back), freshness (how old the newest checkpoint is; informs only).",
      "Signatures belong to completeness: every checkpoint must be signed by the journal's key, but for "
        + "those from before it had one, which are counted. With --witness-key one checkpoint at least "
        + "must have the quorum; what came after it is said.",
      "Exit status 1 when a verdict fails; the first bad entry is named by segment, index and offset.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let storage = try JournalOpening.forReading(arguments.required("--journal"))
    let result = try JournalVerifier(storage).verify(
      outside: SignatureOptions.outsideCheckpoints(arguments),
      trust: SignatureOptions.trust(arguments), now: tool.now())
    for line in VerificationText.lines(result, style: tool.style) { tool.print(line) }
    return result.hasPassed ? .done : .damaged
  }
}
