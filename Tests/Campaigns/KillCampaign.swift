import Foundation
import Ingest
import Synchronization
import TestSupport

/// A loaded writer killed at random moments, opened again, and audited each time.
struct KillCampaign {
  /// Lives of one journal before the next is begun, so that reading it all stays quick.
  private static let livesPerJournal = 20
  private static let livesPerJournalShort = 7
  private static let delayMicrosecondsMax: UInt32 = 120_000
  private static let delayMicrosecondsMaxShort: UInt32 = 50_000

  private let options: CampaignOptions
  private let folder: WorkFolder

  init(_ options: CampaignOptions) throws {
    self.options = options
    folder = try WorkFolder("kill")
  }

  func run() throws -> CampaignReport {
    var report = CampaignReport("writers killed under load (kill -9)")
    let count = options.count ?? (options.isShort ? 25 : 500)
    report.notes.append("seed \(options.seed), 1 to 12 producers, two hands on the socket")
    var random = SeededRandom(seed: options.seed)
    var told: [AcknowledgedEntry] = []
    var checkpoints: [Checkpoint] = []
    var journal = ""
    let livesPerJournal =
      options.isShort ? KillCampaign.livesPerJournalShort : KillCampaign.livesPerJournal
    for life in 0..<count {
      if life % livesPerJournal == 0 {
        if report.failures.isEmpty { try? FileManager.default.removeItem(atPath: journal) }
        journal = folder.newPath("journal")
        (told, checkpoints) = ([], [])
      }
      let lived = try live(life, journal, &random)
      report.faultCount += 1
      told += lived.entries
      checkpoints = Array((checkpoints + lived.checkpoints).suffix(50))
      report.acknowledgedCount += lived.entries.count
      guard FileManager.default.fileExists(atPath: journal + "/journal.json") else {
        report.check(told.isEmpty, "life \(life): no journal, yet \(told.count) acknowledged")
        continue
      }
      let audit = JournalAudit(path: journal, settings: LoadGenerator.settings)
      for problem in audit.run(told, checkpoints) {
        report.check(false, "life \(life) of seed \(options.seed), \(journal): \(problem)")
      }
    }
    if report.failures.isEmpty { folder.remove() } else { report.notes.append(folder.path) }
    return report
  }

  /// One writer from its start to its death: what it and its hands told.
  private func live(
    _ life: Int, _ journal: String, _ random: inout SeededRandom
  ) throws -> (entries: [AcknowledgedEntry], checkpoints: [Checkpoint]) {
    let seed = options.seed &* 100_000 &+ UInt64(life)
    let producers = Int.random(in: 1...12, using: &random)
    let delayMax =
      options.isShort
      ? KillCampaign.delayMicrosecondsMaxShort : KillCampaign.delayMicrosecondsMax
    let delay = UInt32.random(in: 0...delayMax, using: &random)
    // One in eight dies while it opens, and recovers, what the last one left.
    let isEarly = Int.random(in: 0..<8, using: &random) == 0
    let child = try ChildProcess(
      [
        CommandLine.arguments[0], "load", "--journal", journal, "--seed", "\(seed)",
        "--producers", "\(producers)",
      ], in: folder)
    let hands = isEarly ? [] : (0..<2).map { CampaignHand(journal, "s\(seed)h\($0)") }
    if !isEarly {
      guard child.waitFor("ready") else { throw CampaignError("load: \(child.errors)") }
      for hand in hands { hand.start() }
    }
    usleep(isEarly ? delay / 4 : delay)
    child.kill()
    child.wait()
    // All of them first: one may hold the lock that another waits for.
    for hand in hands { hand.tellToStop() }
    let byHands = try hands.flatMap { try $0.told() }
    let (entries, checkpoints) = Acknowledgements.read(child.output)
    return (entries + byHands, checkpoints)
  }
}

/// A hand in this process that appends until it is told to stop; after its writer's death it takes
/// the lock and goes on by itself.
final class CampaignHand: Sendable {
  private struct State {
    var told: [AcknowledgedEntry] = []
    var failure: (any Error)?
    var isStopping = false
  }

  private let journal: String
  private let name: String
  private let state = Mutex(State())
  private let hasEnded = DispatchGroup()

  init(_ journal: String, _ name: String) {
    self.journal = journal
    self.name = name
  }

  func start() {
    DispatchQueue(label: name).async(group: hasEnded) { [self] in
      do { try run() } catch { state.withLock { $0.failure = error } }
    }
  }

  func tellToStop() { state.withLock { $0.isStopping = true } }

  /// What was acknowledged, once the append under way is.
  func told() throws -> [AcknowledgedEntry] {
    hasEnded.wait()
    return try state.withLock { state in
      if let failure = state.failure { throw failure }
      return state.told
    }
  }

  private func run() throws {
    let hand = try JournalHand(directory: journal, settings: LoadGenerator.settings) {
      Build.time(3600)
    }
    var number = 0
    while !state.withLock({ $0.isStopping }) {
      let id = "\(name)n\(number)"
      number += 1
      let outcome = try hand.append(Build.request(id, originalByteCount: number % 300))
      // A repeat is one that the writer took before it died unheard.
      let index: Int? = if case .appended(let found) = outcome { found } else { nil }
      state.withLock { $0.told.append(AcknowledgedEntry(index: index, id: id)) }
    }
    try hand.close()
  }
}
