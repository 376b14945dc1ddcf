import Ingest
import Report

/// `vigil compress`: closed segments of a journal become Zstandard files.
enum CompressCommand: Command {
  static let specification = CommandSpecification(
    name: "compress",
    summary: "compress the closed segments of a journal",
    synopsis: "--journal DIR [--level N]",
    options: [
      .init("--journal", "DIR", "the journal; no other command may be writing to it"),
      .init("--level", "N", "from 1 (fast) to 19 (small); default 3"),
      .init("--key", "FILE", "the signing key, where it is not in the journal's directory"),
      .init("--clock", "T", "take received_at from this instant instead of the clock"),
    ],
    discussion: [
      "Every segment that is closed and lies under the newest checkpoint becomes "
        + "segments/<12 digits>.jsonl.zst, which zstdcat reads. Entries, leaf hashes and roots stay the same; "
        + "all commands read and verify it as before. The plain file is removed last, after the "
        + "compressed one was read back and compared and a segment_sealed record is on the disk; "
        + "interrupted at any moment, the next run does it again.",
      "Meant for a nightly job; segments close as they reach 64 MiB.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let directory = try arguments.required("--journal")
    let level = try level(arguments.value("--level"))
    let clock = try Instant.parse(arguments, "--clock")
    let now = { clock ?? tool.now() }
    let journal = try JournalOpening.existing(
      directory, keyPath: arguments.value("--key"), now: now(), tool)
    var sealed: [SealedSegment] = []
    for name in try journal.compressibleSegments() {
      tool.progress("compressing \(name.stem)")
      sealed.append(try journal.compressSegment(name, level: level, at: now()))
    }
    tool.clearProgress()
    try journal.close(at: now())
    tool.print(summary(sealed))
    return .done
  }

  private static func level(_ text: String?) throws(UsageError) -> Int {
    guard let text else { return Journal.compressionLevelDefault }
    guard let level = Int(text), (1...19).contains(level) else {
      throw UsageError("--level \(Quotation.quoted(text)): expected a whole number from 1 to 19")
    }
    return level
  }

  private static func summary(_ sealed: [SealedSegment]) -> String {
    guard !sealed.isEmpty else {
      return "nothing to compress: no closed plain segment under the newest checkpoint"
    }
    let bytes = sealed.reduce(0) { $0 + $1.byteCount }
    let compressed = sealed.reduce(0) { $0 + $1.compressedByteCount }
    let entries = sealed.reduce(0) { $0 + $1.entryCount }
    let words = sealed.count == 1 ? "segment" : "segments"
    return "compressed \(sealed.count) \(words) of \(Quantity.count(entries)) entries: "
      + "\(Quantity.bytes(bytes)) became \(Quantity.bytes(compressed))"
  }
}
