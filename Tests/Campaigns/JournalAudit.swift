import Foundation
import Ingest

/// An entry that somebody was told is safe.
struct AcknowledgedEntry: Hashable {
  /// Nil where only its presence was told.
  let index: Int?
  let id: String
}

/// Opens what a fault left, and checks every promise.
struct JournalAudit {
  let path: String
  /// What the journal is opened with; the campaign's own small sizes.
  let settings: JournalSettings

  /// What does not hold; empty when all does.
  func run(_ acknowledged: [AcknowledgedEntry], _ checkpoints: [Checkpoint] = []) -> [String] {
    let outside = checkpoints.map { OutsideCheckpoint(StoredCheckpoint(unsigned: $0)) }
    do {
      let storage = try PosixStorage(directory: path, creating: false)
      let before = try JournalVerifier(storage).verify(outside: outside)
      var found = problems(before, "before recovery")
      let now = Timestamp(rfc3339: "2026-11-24T06:00:00Z") ?? .latest
      let journal = try Journal.open(storage, settings, at: now) { _ in nil }
      try journal.close(at: now)
      let after = try JournalVerifier(storage).verify(outside: outside)
      found += problems(after, "after recovery")
      if after.tailByteCount != 0 {
        found.append("\(after.tailByteCount) bytes behind the entries")
      }
      return found + (try missing(acknowledged, storage))
    } catch {
      return ["\(error)"]
    }
  }

  private func problems(_ result: JournalVerification, _ moment: String) -> [String] {
    result.hasPassed
      ? [] : ["verify \(moment): \(result.firstFailure.map { "\($0)" } ?? "failed")"]
  }

  /// Reads every entry once.
  private func missing(
    _ acknowledged: [AcknowledgedEntry], _ storage: PosixStorage
  ) throws -> [String] {
    var indexes: [String: Int] = [:]
    var problems: [String] = []
    var cursor = try JournalReader(storage).cursor()
    while let location = try cursor.next() {
      let line = Array(cursor.bytes.indices.map { cursor.bytes[$0] })
      guard let id = JournalAudit.id(line) else {
        problems.append("entry \(location.index) is no record")
        continue
      }
      if indexes.updateValue(location.index, forKey: id) != nil { problems.append("\(id) twice") }
    }
    for entry in acknowledged {
      let found = indexes[entry.id]
      if found == nil || entry.index != nil && found != entry.index {
        let place = found.map(String.init) ?? "nowhere"
        problems.append("acknowledged \(entry.id) at \(entry.index ?? -1), found at \(place)")
      }
    }
    return problems
  }

  private static func id(_ line: [UInt8]) -> String? {
    var document = JSONDocument()
    guard (try? document.parse(line.span)) != nil else { return nil }
    let source = document.member(document.root, "source").flatMap { document.string($0) }
    let id = document.member(document.root, "id").flatMap { document.string($0) }
    // The tool's own records count for themselves: their ids carry the index.
    guard let source, let id else { return nil }
    return source.hasPrefix("vigil/") ? "\(source) \(id)" : id
  }
}
