import Foundation
import Ingest
import TestSupport

/// `campaign append --journal DIR`: a fixed script of appends over segment ends, runs of the key
/// index and checkpoints; prints `index id` once an entry is acknowledged, before it goes on.
enum ScriptedAppends {
  static let count = 40

  /// Small enough that the script crosses every edge several times.
  static var settings: JournalSettings {
    var settings = JournalSettings(origin: nil)
    settings.segmentByteCount = 3000
    settings.keyTableCountMax = 8
    return settings
  }

  static func main(_ words: [String]) throws {
    guard words.count == 2, words[0] == "--journal" else {
      throw CampaignError("append: expected --journal DIR")
    }
    do {
      try run(words[1])
    } catch {
      FileHandle.standardError.write(Data("append: \(error)\n".utf8))
      exit(4)
    }
  }

  private static func run(_ path: String) throws {
    let storage = try PosixStorage(directory: path, creating: false)
    let now = Timestamp(rfc3339: "2026-11-24T05:30:00Z") ?? .latest
    let journal = try Journal.open(storage, settings, at: now) { _ in nil }
    for number in 0..<count {
      let id = "append-\(number)"
      let outcome = try journal.append(Build.request(id, originalByteCount: number * 7), at: now)
      try journal.commit()
      if case .appended(let index) = outcome { Acknowledgements.tell(index, id) }
      if number % 15 == 14 { try journal.checkpoint() }
    }
    try journal.close(at: now)
  }
}

/// Acknowledgements on standard output, each out of this process before the next thing happens.
enum Acknowledgements {
  static func tell(_ index: Int, _ id: String) { write("\(index) \(id)\n") }

  static func write(_ line: String) {
    FileHandle.standardOutput.write(Data(line.utf8))
  }

  /// The whole lines of what was told.
  static func read(_ output: String) -> (entries: [AcknowledgedEntry], checkpoints: [Checkpoint]) {
    var entries: [AcknowledgedEntry] = []
    var checkpoints: [Checkpoint] = []
    let whole = output.lastIndex(of: "\n").map { output[..<$0] } ?? ""
    for line in whole.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words.count == 2, let index = Int(words[0]) {
        entries.append(AcknowledgedEntry(index: index, id: words[1]))
      } else if words.count == 4, words[0] == "checkpoint", let size = Int(words[2]),
        let root = Digest(hex: words[3])
      {
        checkpoints.append(Checkpoint(origin: words[1], size: size, root: root))
      }
    }
    return (entries, checkpoints)
  }
}
