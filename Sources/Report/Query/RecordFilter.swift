package import Ingest

/// A question about records; shared by query, timeline, replay and exports.
package typealias RecordFilter = Filter<IndexedRecord>

extension Filter where Subject == IndexedRecord {
  /// The kinds of which some record may match.
  package var kinds: Set<RecordKind> {
    Set(
      RecordKind.allCases.filter { kind in
        mayMatch { field in
          if field == .kind { return .text(kind.rawValue) }
          return field.kinds.contains(kind) ? nil : .absent
        }
      })
  }
}
