import Ingest
import Report

/// `vigil prune`: the entries of old segments go, their leaf hashes stay.
enum PruneCommand: Command {
  static let specification = CommandSpecification(
    name: "prune",
    summary: "remove the entries of old segments, keeping every proof",
    synopsis: "--journal DIR --before T --policy TEXT [--dry-run]",
    options: [
      .init("--journal", "DIR", "the journal; no other command may be writing to it"),
      .init(
        "--before", "T", "segments whose newest record has a ts before this instant or date"),
      .init(
        "--policy", "TEXT", "why: the rule that asks for it, as the record will state it"),
      .init("--dry-run", "say what would be pruned and change nothing; needs no --policy"),
      .init("--key", "FILE", "the signing key, where it is not in the journal's directory"),
      .init("--clock", "T", "take received_at from this instant instead of the clock"),
    ],
    discussion: [
      "Whole closed segments under the newest checkpoint only. Each becomes a segment_pruned record "
        + "first (entries, times, root, policy), a checkpoint covers it, and then the bytes are "
        + "removed. The leaf hashes stay: verify still derives every root, proofs of what remains "
        + "hold, and so does the proof that an entry with a given hash stood at its index. Damaged "
        + "segments are not pruned (exit status 1).",
      "Repeated lines of pruned entries stay known as long as index/ is not deleted; a key index "
        + "that is built anew afterwards cannot know them and the journal records that.",
      "Removing a file does not erase a disk: copies, snapshots and backups keep what they have.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let directory = try arguments.required("--journal")
    guard let limit = try Instant.parse(arguments, "--before") else {
      throw UsageError("--before is missing")
    }
    let clock = try Instant.parse(arguments, "--clock")
    let now = { clock ?? tool.now() }
    guard limit <= now() else {
      throw UsageError("--before \(limit.rfc3339): expected an instant in the past")
    }
    if arguments.has("--dry-run") {
      let storage = try JournalOpening.forReading(directory)
      let segments = try PruneSelection(storage).segments(before: limit)
      report(segments, "would prune", tool)
      return .done
    }
    let policy = try policy(arguments)
    let journal = try JournalOpening.existing(
      directory, keyPath: arguments.value("--key"), now: now(), tool)
    let segments = try journal.prune(before: limit, policy: policy, at: now())
    try journal.close(at: now())
    report(segments, "pruned", tool)
    return .done
  }

  private static func policy(_ arguments: ParsedArguments) throws(UsageError) -> String {
    let text = try arguments.required("--policy")
    guard !text.isEmpty, text.utf8.count <= Journal.policyByteCountMax else {
      throw UsageError(
        "--policy of \(text.utf8.count) bytes: expected 1 to \(Journal.policyByteCountMax)")
    }
    return text
  }

  private static func report(_ segments: [PrunableSegment], _ verb: String, _ tool: Tool) {
    for segment in segments {
      let last = segment.name.firstIndex + segment.entryCount - 1
      tool.print(
        "\(segment.name.stem): entries \(segment.name.firstIndex) to \(last), "
          + "ts \(segment.span.timestamps.lowerBound.rfc3339) to "
          + "\(segment.span.timestamps.upperBound.rfc3339), \(Quantity.bytes(segment.byteCount))")
    }
    let entries = segments.reduce(0) { $0 + $1.entryCount }
    let bytes = segments.reduce(0) { $0 + $1.byteCount }
    let words = segments.count == 1 ? "segment" : "segments"
    tool.print(
      segments.isEmpty
        ? "nothing to prune: no closed segment under the newest checkpoint is old enough"
        : "\(verb) \(segments.count) \(words) of \(Quantity.count(entries)) entries, "
          + "\(Quantity.bytes(bytes)) uncompressed")
  }
}
