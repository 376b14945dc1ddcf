import Foundation
import Ingest

/// One step of the script that faults are injected into.
struct SystemCallStep {
  enum Kind { case ingest, record, append }

  let name: String
  let kind: Kind
  /// The journal as it is before the step; nothing is there for the first one.
  let base: String
  /// The command, without the journal's path.
  private let command: [String]
  private let operands: [String]
  let input: String?
  /// Ids of the records that the step brings.
  let ids: [String]

  static func script(_ options: CampaignOptions, _ folder: WorkFolder) throws -> [SystemCallStep] {
    let first = try folder.write("first.jsonl", CampaignLines.requests("first", count: 12))
    let lines = CampaignLines.requests("second", count: 7) + "no record\n"
    let second = try folder.write("second.jsonl", lines)
    let one = try folder.write("one.jsonl", CampaignLines.requests("one", count: 1))
    func ids(_ name: String, _ count: Int) -> [String] { (0..<count).map { "\(name)-\($0)" } }
    let ingest = [options.vigil, "ingest", "--batch", "5", "--origin", "vigil/campaign"]
    return [
      SystemCallStep(
        name: "ingest into a new journal", kind: .ingest, base: folder.path + "/base-0",
        command: ingest, operands: [first], input: nil, ids: ids("first", 12)),
      SystemCallStep(
        name: "ingest again", kind: .ingest, base: folder.path + "/base-1", command: ingest,
        operands: [second], input: nil, ids: ids("second", 7)),
      SystemCallStep(
        name: "record", kind: .record, base: folder.path + "/base-2",
        command: [options.vigil, "record"], operands: [], input: one, ids: ids("one", 1)),
      SystemCallStep(
        name: "append over segment ends", kind: .append, base: folder.path + "/base-3",
        command: [CommandLine.arguments[0], "append"], operands: [], input: nil,
        ids: ids("append", ScriptedAppends.count)),
    ]
  }

  var allEntries: [AcknowledgedEntry] { ids.map { AcknowledgedEntry(index: nil, id: $0) } }

  /// A copy of the journal as it is before the step.
  func prepare(in folder: WorkFolder) -> String {
    let path = folder.newPath("journal")
    try? FileManager.default.copyItem(atPath: base, toPath: path)
    return path
  }

  func words(_ journal: String) -> [String] { command + ["--journal", journal] + operands }

  /// Entries before the step; the next one is `journal_opened`, and then come the step's records.
  private var baseEntryCount: Int {
    guard let storage = try? PosixStorage(directory: base, creating: false) else { return 0 }
    return (try? JournalReader(storage).entryCount) ?? 0
  }

  /// The summary's `the journal holds 17 entries`, which it prints after a failure too.
  private static func heldCount(_ errors: String) -> Int? {
    guard let start = errors.range(of: "the journal holds ") else { return nil }
    return Int(errors[start.upperBound...].prefix { $0.isNumber })
  }

  /// What the command told to be safe: each index that `record` and `append` print, and of an
  /// `ingest` the first entries in the order of the file, as many as its summary counts.
  func acknowledged(_ output: String, _ errors: String, _ status: Int32) -> [AcknowledgedEntry] {
    switch kind {
    case .ingest:
      guard status != 0 else { return allEntries }
      let own = (SystemCallStep.heldCount(errors) ?? 0) - baseEntryCount - 1
      return Array(allEntries.prefix(max(0, own)))
    case .record:
      return output.contains("\"appended\"") ? allEntries : []
    case .append:
      return output.split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ")
        guard words.count == 2, let index = Int(words[0]) else { return nil }
        return AcknowledgedEntry(index: index, id: String(words[1]))
      }
    }
  }
}
