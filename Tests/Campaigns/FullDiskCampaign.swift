import Foundation
import Ingest
import TestSupport

/// A disk that fills up under an import and under a loaded writer, and is made larger afterwards.
///
/// The disk is a small tmpfs. Where mounting is not allowed, a limit on the size of files stands in
/// for it, and the note says so.
struct FullDiskCampaign {
  private let options: CampaignOptions
  private let folder: WorkFolder
  private let mount: String

  init(_ options: CampaignOptions) throws {
    self.options = options
    folder = try WorkFolder("disk")
    mount = folder.path + "/small"
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: false)
  }

  func run() throws -> CampaignReport {
    var report = CampaignReport("a full disk")
    let input = try folder.write(
      "many.jsonl", CampaignLines.requests("many", count: 6000, byteCount: 400))
    let isMounted = try mountSmall()
    if !isMounted { report.notes.append("no mount allowed: RLIMIT_FSIZE instead of a small tmpfs") }
    defer { if isMounted { _ = try? command("/usr/bin/umount", mount) } }
    let sizes = options.isShort ? [1024] : [64, 96, 128, 256, 512, 1024, 1536, 2048]
    for kilobytes in sizes {
      // The writer's own segments stay below any limit on the size of files.
      for isLoad in isMounted ? [false, true] : [false] {
        if isMounted {
          for name in try FileManager.default.contentsOfDirectory(atPath: mount) {
            try FileManager.default.removeItem(atPath: "\(mount)/\(name)")
          }
          try resize(kilobytes)
        }
        let journal = isMounted ? "\(mount)/journal" : folder.newPath("journal")
        let limit = isMounted ? nil : kilobytes
        try isLoad ? load(journal, &report) : ingest(journal, input, limit, &report)
      }
    }
    if report.failures.isEmpty { folder.remove() } else { report.notes.append(folder.path) }
    return report
  }

  private func ingest(
    _ journal: String, _ input: String, _ limit: Int?, _ report: inout CampaignReport
  ) throws {
    let words = [
      options.vigil, "ingest", "--batch", "50", "--origin", "vigil/campaign", "--journal", journal,
      input,
    ]
    let child = try ChildProcess(limited(words, limit), in: folder)
    let status = child.wait()
    report.faultCount += 1
    let story = "import, \(child.errors)"
    report.check(status == 4, "status \(status), expected 4: \(story)")
    let first = FullDiskCampaign.number(after: "stopped before entry ", in: child.errors)
    report.check(first != nil, "the first index not taken is not named: \(story)")
    // The first entry is journal_opened, then come the lines in their order.
    let told = (0..<max(0, (first ?? 0) - 1)).map {
      AcknowledgedEntry(index: $0 + 1, id: "many-\($0)")
    }
    try verify(journal, story, &report)
    if limit == nil { try resize(64 << 10) }
    check(journal, told, [], story, &report)
    let again = try ChildProcess(words, in: folder)
    report.check(again.wait() == 0, "with room again: \(again.errors)")
    let all = (0..<6000).map { AcknowledgedEntry(index: nil, id: "many-\($0)") }
    check(journal, told + all, [], "\(story), with room again", &report)
  }

  private func load(_ journal: String, _ report: inout CampaignReport) throws {
    let words = [
      CommandLine.arguments[0], "load", "--journal", journal, "--seed", "\(options.seed)",
      "--producers", "8",
    ]
    let child = try ChildProcess(words, in: folder)
    let status = child.wait()
    report.faultCount += 1
    let (told, checkpoints) = Acknowledgements.read(child.output)
    let story = "load, \(child.errors)"
    report.check(status == 4, "status \(status), expected 4: \(story)")
    try verify(journal, story, &report)
    try resize(64 << 10)
    check(journal, told, checkpoints, story, &report)
  }

  /// While the disk is still full: reading and checking need no room.
  private func verify(
    _ journal: String, _ story: String, _ report: inout CampaignReport
  ) throws {
    guard FileManager.default.fileExists(atPath: journal + "/journal.json") else { return }
    let verify = try ChildProcess([options.vigil, "verify", "--journal", journal], in: folder)
    report.check(verify.wait() == 0, "\(story): vigil verify: \(verify.output)\(verify.errors)")
  }

  private func check(
    _ journal: String, _ told: [AcknowledgedEntry], _ checkpoints: [Checkpoint], _ story: String,
    _ report: inout CampaignReport
  ) {
    report.acknowledgedCount += told.count
    guard FileManager.default.fileExists(atPath: journal + "/journal.json") else {
      return report.check(told.isEmpty, "\(story): no journal, yet \(told.count) acknowledged")
    }
    for problem in JournalAudit(path: journal, settings: JournalSettings(origin: nil))
      .run(told, checkpoints)
    {
      report.check(false, "\(story): \(problem)")
    }
  }

  // MARK: The disk

  private func mountSmall() throws -> Bool {
    try command("/usr/bin/mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount) == 0
  }

  private func resize(_ kilobytes: Int) throws {
    let status = try command("/usr/bin/mount", "-o", "remount,size=\(kilobytes)k", mount)
    guard status == 0 else { throw CampaignError("\(mount): could not be made \(kilobytes) kB") }
  }

  private func command(_ words: String...) throws -> Int32 {
    guard FileManager.default.isExecutableFile(atPath: words[0]) else { return 127 }
    return try ChildProcess(words, in: folder).wait()
  }

  /// The command as it is, or with the largest size of a file limited; without SIGXFSZ the write
  /// then fails as on a full disk.
  private func limited(_ words: [String], _ kilobytes: Int?) -> [String] {
    guard let kilobytes else { return words }
    let script = "trap '' XFSZ; ulimit -f \(kilobytes); exec \"$@\""
    return ["/bin/bash", "-c", script, "limited"] + words
  }

  private static func number(after words: String, in text: String) -> Int? {
    guard let start = text.range(of: words) else { return nil }
    return Int(text[start.upperBound...].prefix { $0.isNumber })
  }
}
