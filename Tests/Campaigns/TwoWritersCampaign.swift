import Foundation
import Ingest
import TestSupport

/// Several writers want one journal: one has it, the others are refused or go through its socket.
struct TwoWritersCampaign {
  private let options: CampaignOptions
  private let folder: WorkFolder
  private let journal: String

  init(_ options: CampaignOptions) throws {
    self.options = options
    folder = try WorkFolder("writers")
    journal = folder.path + "/journal"
  }

  func run() throws -> CampaignReport {
    var report = CampaignReport("two writers at once")
    var told = try besideAWriter(&report)
    told += try recordsAtOnce(&report)
    check(journal, told, &report)
    for round in 0..<(options.isShort ? 3 : 20) { try makersAtOnce(round, &report) }
    if report.failures.isEmpty { folder.remove() } else { report.notes.append(folder.path) }
    return report
  }

  /// While a writer runs: an import is refused and names it, a record goes through it.
  private func besideAWriter(_ report: inout CampaignReport) throws -> [AcknowledgedEntry] {
    let writer = try ChildProcess(
      [
        CommandLine.arguments[0], "load", "--journal", journal, "--seed", "\(options.seed)",
        "--producers", "2",
      ], in: folder)
    defer {
      writer.kill()
      writer.wait()
    }
    guard writer.waitFor("ready") else { throw CampaignError("load: \(writer.errors)") }
    let file = try folder.write("beside.jsonl", CampaignLines.requests("beside", count: 3))
    for extra in [[], ["--follow"]] {
      let words = [options.vigil, "ingest", "--journal", journal] + extra + [file]
      let second = try ChildProcess(words, in: folder)
      report.check(second.wait() == 4, "\(extra) beside a writer: \(second.errors)")
      let name = "held by process \(writer.processID)"
      report.check(second.errors.contains(name), "expected \(name), found \(second.errors)")
      report.faultCount += 1
    }
    var told: [AcknowledgedEntry] = []
    for number in 0..<5 {
      told += try record("through-\(number)", &report).map { [$0] } ?? []
    }
    writer.kill()
    writer.wait()
    return told + Acknowledgements.read(writer.output).entries
  }

  /// Nobody runs: all of them want the lock, and each gets its turn.
  private func recordsAtOnce(_ report: inout CampaignReport) throws -> [AcknowledgedEntry] {
    let children = try (0..<8).map { number in
      try startRecord("together-\(number)")
    }
    var told: [AcknowledgedEntry] = []
    for (number, child) in children.enumerated() {
      report.faultCount += 1
      report.check(child.wait() == 0, "record \(number) of 8: \(child.errors)")
      told += TwoWritersCampaign.acknowledged("together-\(number)", child).map { [$0] } ?? []
    }
    report.check(Set(told.map(\.index)).count == 8, "8 records, indexes \(told.map(\.index))")
    return told
  }

  /// Several imports make one new journal: those that lose change nothing.
  private func makersAtOnce(_ round: Int, _ report: inout CampaignReport) throws {
    let path = folder.newPath("made")
    let children = try (0..<4).map { number in
      let file = try folder.write(
        "make-\(number).jsonl", CampaignLines.requests("make-\(number)", count: 20))
      return try ChildProcess(
        [options.vigil, "ingest", "--origin", "vigil/campaign", "--journal", path, file],
        in: folder)
    }
    var told: [AcknowledgedEntry] = []
    for (number, child) in children.enumerated() {
      let status = child.wait()
      report.faultCount += 1
      report.check([0, 4].contains(status), "maker \(number): \(status) \(child.errors)")
      if status == 0 {
        told += (0..<20).map { AcknowledgedEntry(index: nil, id: "make-\(number)-\($0)") }
      } else {
        report.check(child.errors.contains("held by process"), "\(child.errors)")
      }
    }
    report.check(!told.isEmpty, "round \(round): nobody could make a journal")
    check(path, told, &report)
  }

  private func startRecord(_ id: String) throws -> ChildProcess {
    let line = CampaignLines.requests(id, count: 1)
    let input = try folder.write("\(id).jsonl", line)
    return try ChildProcess(
      [options.vigil, "record", "--journal", journal], in: folder, input: input)
  }

  private func record(
    _ id: String, _ report: inout CampaignReport
  ) throws -> AcknowledgedEntry? {
    let child = try startRecord(id)
    report.check(child.wait() == 0, "record beside a writer: \(child.errors)")
    return TwoWritersCampaign.acknowledged(id, child)
  }

  private static func acknowledged(_ id: String, _ child: ChildProcess) -> AcknowledgedEntry? {
    guard let answer = WriterAnswer(Array(child.output.utf8.dropLast()).span),
      case .acknowledged(.appended(let index)) = answer
    else { return nil }
    return AcknowledgedEntry(index: index, id: "\(id)-0")
  }

  private func check(
    _ path: String, _ told: [AcknowledgedEntry], _ report: inout CampaignReport
  ) {
    report.acknowledgedCount += told.count
    for problem in JournalAudit(path: path, settings: LoadGenerator.settings).run(told) {
      report.check(false, "\(path): \(problem)")
    }
  }
}
