import Ingest
import Report

/// `vigil tiles`: publishes a journal for any static web server and any tlog client.
enum TilesCommand: Command {
  static let specification = CommandSpecification(
    name: "tiles",
    summary: "publish a journal as C2SP tlog-tiles, for any web server to serve",
    synopsis: "--journal DIR --out DIR [--recheck]",
    options: [
      .init("--journal", "DIR", "the journal to publish; it is not changed"),
      .init("--out", "DIR", "the published log; made when it is missing"),
      .init(
        "--recheck",
        "derive everything again, compare every file published before, write missing ones"),
    ],
    discussion: [
      "Writes what the newest checkpoint covers: tile/<level>/<number>, tile/entries/<number>, and "
        + "checkpoint as the last, in one step. A second run writes only what is new. Files that "
        + "the published checkpoint covers are never changed; a partial tile goes once its full "
        + "tile is published. A run that was interrupted is completed by the next.",
      "Refused: a directory that holds another log or other things, and one whose tiles or "
        + "checkpoint contradict the journal (exit status 1).",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let journal = try JournalOpening.forReading(arguments.required("--journal"))
    let directory = try arguments.required("--out")
    // Before a directory is made for a journal that has nothing to publish.
    guard try StoredCheckpoint.newest(in: journal) != nil else { throw TilesError.noCheckpoint }
    let out = try PosixStorage(directory: directory, creating: true)
    defer { tool.clearProgress() }
    let result = try TilePublisher(journal, into: out).publish(
      rechecking: arguments.has("--recheck")
    ) { count in
      tool.progress("publishing: \(Quantity.count(count)) entries")
    }
    tool.clearProgress()
    for line in TilesCommand.lines(result) { tool.print(line) }
    return .done
  }

  private static func lines(_ result: TilePublication) -> [String] {
    let before = result.previousSize.map { ", \(Quantity.count($0)) before" } ?? ""
    var lines = ["\(result.origin): \(Quantity.count(result.size)) entries published\(before)"]
    lines.append(
      "\(Quantity.count(result.fileCount)) files written, \(Quantity.bytes(result.byteCount))")
    if result.checkedFileCount > 0 {
      lines.append("\(Quantity.count(result.checkedFileCount)) files compared with the journal")
    }
    if result.removedFileCount > 0 {
      lines.append("\(Quantity.count(result.removedFileCount)) superseded partial tiles removed")
    }
    if result.prunedBundleCount > 0 {
      lines.append(
        "\(Quantity.count(result.prunedBundleCount)) entry bundles left out: entries are pruned")
    }
    return lines
  }
}
