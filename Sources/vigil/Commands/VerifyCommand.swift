import Ingest
import Report

/// `vigil verify`: derives the whole journal again and says what holds.
enum VerifyCommand: Command {
  static let specification = CommandSpecification(
    name: "verify",
    summary: "check every byte of a journal against its checkpoints",
    synopsis:
      "--journal DIR [--checkpoint FILE]… [--vkey VKEY] [--witness-key VKEY… [--quorum N]] "
      + "[--integrity | --max-age D] [--format F]",
    options: [
      .init("--journal", "DIR", "the journal to check; it is not changed"),
      .init(
        "--checkpoint", "FILE", isRepeatable: true,
        "a checkpoint that was kept elsewhere, which the journal must continue"),
      .init("--vkey", "VKEY", "the key that must have signed, in place of what journal.json names"),
      .init(
        "--witness-key", "VKEY", isRepeatable: true, "a witness whose cosignatures are asked for"),
      .init("--quorum", "N", "how many of them; default: all"),
      .init(
        "--integrity",
        "hashes alone: entries are not parsed, order and freshness not judged; half the time"),
      .init(
        "--max-age", "D",
        "freshness fails when the newest checkpoint is older: 90s, 15m, 36h or 7d"),
      .init(
        "--format", "F", choices: ["text", "json"],
        "text for people, json for programs: one object (Documentation/JournalFormat.md)"),
    ],
    discussion: [
      "Four verdicts: integrity (the bytes give the checkpoint's root), completeness (every past "
        + "checkpoint is continued: a cut tail is found), order and schema (every entry is a record, "
        + "received_at never runs back), freshness (how old the newest checkpoint is; fails only with "
        + "--max-age). Compressed segments are checked as if they were not; of pruned ones the leaf "
        + "hashes must give the root.",
      "Signatures belong to completeness: every checkpoint must be signed by the journal's key, but for "
        + "those from before it had one, which are counted. With --witness-key one checkpoint at least "
        + "must have the quorum; what came after it is said.",
      "Exit status 1 when a verdict fails; the first bad entry is named by segment, index and offset, "
        + "with the good entries around the ones in doubt and their times. Memory stays below 256 MiB "
        + "whatever the journal's size.",
      "--integrity is for often: it finds every altered or missing entry, against the leaf hashes and "
        + "every checkpoint and its signature, and leaves unread what the entries say.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let age = try AgeLimit.parse(arguments, "--max-age")
    let isReading = !arguments.has("--integrity")
    guard isReading || age == nil else {
      throw UsageError("--integrity with --max-age: the age of a checkpoint is read from entries")
    }
    let storage = try JournalOpening.forReading(arguments.required("--journal"))
    let verifier = JournalVerifier(storage, helperCount: Assembly.helperCount())
    let result = try verifier.verify(
      outside: SignatureOptions.outsideCheckpoints(arguments),
      trust: SignatureOptions.trust(arguments), now: tool.now(), ageSecondsMax: age,
      isReading: isReading)
    if arguments.value("--format") == "json" {
      tool.print(bytes: VerificationJSON.object(result))
    } else {
      for line in VerificationText.lines(result, style: tool.style) { tool.print(line) }
    }
    return result.hasPassed ? .done : .damaged
  }
}

/// A length of time on the command line.
enum AgeLimit {
  private static let units: [(suffix: String, seconds: Int)] = [
    ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
  ]
  private static let secondCountMax = 100 * 365 * 86_400

  /// Seconds; nil when the option was not given.
  static func parse(_ arguments: ParsedArguments, _ name: String) throws(UsageError) -> Double? {
    guard let text = arguments.value(name) else { return nil }
    for (suffix, seconds) in units where text.hasSuffix(suffix) {
      let digits = text.dropLast(suffix.count)
      guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int(digits),
        !count.multipliedReportingOverflow(by: seconds).overflow,
        count * seconds <= secondCountMax
      else { break }
      return Double(count * seconds)
    }
    throw UsageError(
      "\(name) \(Quotation.quoted(text)): expected a whole number and a unit, up to 100 years: "
        + "90s, 15m, 36h, 7d")
  }
}
