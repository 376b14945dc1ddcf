import Ingest
import Report

/// `vigil export`: what the journal says about a period, as a package that others can check.
enum ExportCommand: Command {
  static let specification = CommandSpecification(
    name: "export",
    summary: "write a period as an evidence package: report, tables, proofs, signed manifest",
    synopsis:
      "--journal DIR --out DIR|FILE.zip [--since T] [--until T] [--where FILTER] [--standard S] "
      + "[--format F,…] [--by NAME] …",
    options: [
      .init("--journal", "DIR", "the journal; it gets a record of the export"),
      .init(
        "--out", "DIR|FILE.zip",
        "a new or empty directory for the package, or a new file that ends in .zip"),
      .init("--since", "T", "event times from T on: RFC 3339, or a date in UTC"),
      .init("--until", "T", "event times before T"),
      .init(
        "--where", "FILTER",
        "only rows of records that match, and of their runs and requests: 'job=etl and principal=mara'; "
          + "the package proves as much as without. Not with --standard, --pseudonymise or --redact"
      ),
      .init(
        "--standard", "S", choices: ComplianceStandard.allCases.map(\.rawValue),
        "a verdict for each control of this standard that the data can speak to"),
      .init(
        "--format", "F,…",
        "\(ExportQuery.Format.allCases.map(\.rawValue).joined(separator: ", ")), parted by commas; "
          + "default: html,csv,jsonl. There is no parquet: DuckDB and polars read the JSON Lines"),
      .init("--by", "NAME", "who makes it; default: the login name"),
      .init(
        "--from-start",
        "carry every entry from the journal's first one on, so that nothing rests on a signature only"
      ),
      .init(
        "--context", "SECONDS",
        "carry entries from so long before and behind the period too, so that what began or ended there "
          + "is joined; default: "
          + "\(ExportQuery.contextSecondsDefault)"),
      .init(
        "--no-findings", "do not look for findings, which is most of the work; not with --standard"),
      .init(
        "--pseudonymise", "a pseudonym for each person and address, under a key of this export"),
      .init(
        "--redact", "FIELD", isRepeatable: true, choices: RecordTransform.redactable.sorted(),
        "leave a field out of every row"),
      .init("--config", "FILE", "configuration in JSON5"),
      .init("--key", "FILE", "the key that signs the manifest; default: the journal's own"),
      .init("--key-name", "NAME", "what a key that is not the journal's is called"),
      .init(
        "--checkpoint", "SIZE",
        "stop at the journal's checkpoint of this size; default: one signed now"),
      .init(
        "--read-only", "change nothing in the journal: no new checkpoint, no record of the export"),
      .init("--clock", "T", "take the time of making from this instant instead of the clock"),
    ],
    discussion: [
      "The package holds the bytes of every entry from the first one in the period (or its context) "
        + "to the checkpoint, and what proves that they are the journal's. vigil check-export DIR "
        + "derives the rows from them again; Documentation/Exports.md names every file.",
      "With --pseudonymise or --redact, entries that hold what is withheld are not in the package: "
        + "only their leaf hashes are, and the signature stands for the rows. The key of the "
        + "pseudonyms is made for one export and kept nowhere.",
      "The export is recorded in the journal (export_made) before its manifest is written. Exit status "
        + "1 when the journal's entries do not give the checkpoint's root.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let session = try ExportSession(arguments, tool)
    return try session.run()
  }
}
