package import Ingest
import Synchronization

/// Zones, with a list of those that were asked for: what was learnt depends on their data.
package final class RecordedZones: ZoneLookup {
  /// Names kept; beyond it the list is not whole and nothing may be saved.
  package static let nameCountMax = 4096

  private let zones: any ZoneLookup
  private let digest: @Sendable (String) -> String
  private let names = Mutex<Set<String>>([])

  /// - Parameter digest: of a zone's data; of a zone that is not known, one that says so.
  package init(_ zones: any ZoneLookup, digest: @escaping @Sendable (String) -> String) {
    self.zones = zones
    self.digest = digest
  }

  package func offsetSeconds(at instant: Timestamp, zone: String) -> Int? {
    note([zone])
    return zones.offsetSeconds(at: instant, zone: zone)
  }

  /// Adds names that were asked for before.
  func note(_ more: some Sequence<String>) {
    names.withLock { names in
      for name in more where names.count <= RecordedZones.nameCountMax { names.insert(name) }
    }
  }

  func forget() { names.withLock { $0.removeAll() } }

  /// The data of every zone asked for, by name; nil when they are too many.
  package var asked: [String: String]? {
    let all = names.withLock { $0 }
    guard all.count <= RecordedZones.nameCountMax else { return nil }
    return Dictionary(uniqueKeysWithValues: all.map { ($0, digest($0)) })
  }

  /// Whether every zone of a list still has the same data.
  package func agree(with list: [String: String]) -> Bool {
    list.allSatisfy { digest($0.key) == $0.value }
  }
}
