import Foundation
import Ingest
import TestSupport

/// The built tool with its nth system call failing, for every n of every call that matters.
///
/// A script of four steps (a first file into a new journal, a second file, one record, and appends
/// over segment ends and index runs by this program) is run once under strace to count the calls,
/// and then once for each fault, in one step at a time. Calls of the dynamic loader are passed over.
struct SystemCallCampaign {
  private static let calls = [
    "openat", "write", "pwrite64", "fdatasync", "fsync", "renameat", "renameat2", "rename",
    "ftruncate", "close",
  ]
  /// A lie about these is one that the tool can notice: no byte written, or nothing to notice.
  private static let forms: [(String, [String])] = [
    ("error=EIO", calls), ("error=ENOSPC", calls), ("signal=KILL", calls),
    ("retval=0", ["write", "pwrite64", "fsync", "fdatasync"]),
  ]

  private struct Fault {
    let step: Int
    let call: String
    let form: String
    let number: Int
  }

  private let options: CampaignOptions
  private let folder: WorkFolder
  private let steps: [SystemCallStep]

  init(_ options: CampaignOptions) throws {
    self.options = options
    folder = try WorkFolder("strace", inMemory: true)
    steps = try SystemCallStep.script(options, folder)
  }

  func run() throws -> CampaignReport {
    var report = CampaignReport("system calls failing one at a time (strace)")
    guard let strace = SystemCallCampaign.strace else {
      report.notes.append("skipped: no strace that may trace here")
      return report
    }
    var faults: [Fault] = []
    for step in steps.indices { faults += try self.faults(of: step, strace) }
    report.notes.append("\(faults.count) faults in the script, seed \(options.seed)")
    var random = SeededRandom(seed: options.seed)
    if let count = options.count ?? (options.isShort ? 70 : nil) {
      faults = Array(faults.shuffled(using: &random).prefix(count))
    }
    for fault in faults { try attempt(fault, strace, &report) }
    if report.failures.isEmpty { folder.remove() } else { report.notes.append(folder.path) }
    return report
  }

  private static var strace: String? {
    let path = "/usr/bin/strace"
    guard FileManager.default.isExecutableFile(atPath: path), let folder = try? WorkFolder("probe"),
      let child = try? ChildProcess([path, "-o", "/dev/null", "/bin/true"], in: folder)
    else { return nil }
    defer { folder.remove() }
    return child.wait() == 0 ? path : nil
  }

  /// Runs the step cleanly, and leaves the journal behind it for the next one.
  private func faults(of step: Int, _ strace: String) throws -> [Fault] {
    let log = folder.newPath("log")
    let journal = steps[step].prepare(in: folder)
    let trace = "trace=" + SystemCallCampaign.calls.joined(separator: ",")
    let words = [strace, "-f", "-o", log, "-e", trace] + steps[step].words(journal)
    let child = try ChildProcess(words, in: folder, input: steps[step].input)
    guard child.wait() == 0 else { throw CampaignError("\(words): \(child.errors)") }
    if step + 1 < steps.count {
      try FileManager.default.moveItem(atPath: journal, toPath: steps[step + 1].base)
    }
    let counts = try CallCounts(log: log, mark: folder.path)
    return SystemCallCampaign.forms.flatMap { form, calls in
      calls.flatMap { call in
        counts.range(of: call).map { Fault(step: step, call: call, form: form, number: $0) }
      }
    }
  }

  private func attempt(_ fault: Fault, _ strace: String, _ report: inout CampaignReport) throws {
    let step = steps[fault.step]
    let journal = step.prepare(in: folder)
    defer { if report.failures.isEmpty { try? FileManager.default.removeItem(atPath: journal) } }
    let injection = "inject=\(fault.call):\(fault.form):when=\(fault.number)"
    let words =
      [strace, "-f", "-o", "/dev/null", "-e", "trace=\(fault.call)", "-e", injection]
      + step.words(journal)
    let child = try ChildProcess(words, in: folder, input: step.input)
    let status = child.wait()
    let told = step.acknowledged(child.output, child.errors, status)
    let story = "\(step.name), \(injection), status \(status), \(journal)"
    report.faultCount += 1
    guard FileManager.default.fileExists(atPath: journal + "/journal.json") else {
      report.check(
        told.isEmpty && fault.step == 0, "\(story): no journal, yet acknowledged \(told)")
      try finish(step, journal, story, &report)
      return
    }
    let verify = try ChildProcess([options.vigil, "verify", "--journal", journal], in: folder)
    report.check(verify.wait() == 0, "\(story): vigil verify: \(verify.output)\(verify.errors)")
    let settings = JournalSettings(origin: nil)
    let before = steps[..<fault.step].flatMap(\.allEntries)
    for problem in JournalAudit(path: journal, settings: settings).run(before + told) {
      report.check(false, "\(story): \(problem); told \(child.errors)")
    }
    report.acknowledgedCount += before.count + told.count
    try finish(step, journal, story, &report)
  }

  /// The step once more, without a fault: everything it has to say is then there.
  private func finish(
    _ step: SystemCallStep, _ journal: String, _ story: String, _ report: inout CampaignReport
  ) throws {
    let again = try ChildProcess(step.words(journal), in: folder, input: step.input)
    report.check(again.wait() == 0, "\(story): then again: \(again.errors)")
    let settings = JournalSettings(origin: nil)
    for problem in JournalAudit(path: journal, settings: settings).run(step.allEntries) {
      report.check(false, "\(story): then again: \(problem)")
    }
  }
}

/// How often each call was made, by the tool itself and by the loader before it.
private struct CallCounts {
  private var loader: [String: Int] = [:]
  private var all: [String: Int] = [:]

  /// - Parameter mark: the first line that holds it is the tool's own.
  init(log: String, mark: String) throws {
    let text = try String(contentsOfFile: log, encoding: .utf8)
    var isOwn = false
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
      guard words.count == 2, let name = words[1].split(separator: "(").first else { continue }
      isOwn = isOwn || line.contains(mark)
      if !isOwn { loader[String(name), default: 0] += 1 }
      all[String(name), default: 0] += 1
    }
  }

  func range(of call: String) -> Range<Int> {
    let first = (loader[call] ?? 0) + 1
    return first..<max(first, (all[call] ?? 0) + 1)
  }
}
