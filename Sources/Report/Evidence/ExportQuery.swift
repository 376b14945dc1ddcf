package import Ingest

/// What an export is asked for.
package struct ExportQuery: Sendable, Equatable {
  /// The files beside manifest, entries and proofs.
  package enum Format: String, Sendable, CaseIterable {
    case html, csv, jsonl, ocsf, cef, sqlite
  }

  /// The question in words, as the caller gave it.
  package var text: String
  /// The first event time in the period; nil from the beginning.
  package var since: Timestamp?
  /// The first event time behind the period; nil to the end.
  package var until: Timestamp?
  /// IANA zone in which hours and days are told.
  package var zone = "UTC"
  /// Seconds before and behind the period whose entries are in the range too, so that what began before
  /// or ended after is joined; whole, 0 to 31 days.
  package var contextSeconds = ExportQuery.contextSecondsDefault
  /// Whether the range begins at the journal's first entry.
  package var fromStart = false
  /// Whether findings are looked for; most of the work of an export.
  package var judges = true
  package var standard: ComplianceStandard?
  /// Which rows of the period are wanted, in the filter language; nil for all. Durations count back from
  /// the time of making.
  package var filter: String?
  /// In the order of `Format.allCases`, each once.
  package var formats: [Format] = [.html, .csv, .jsonl]

  package static let contextSecondsDefault = 86_400
  package static let contextSecondsMax = 31 * 86_400

  package init(text: String) { self.text = text }

  /// Whether an event time is in the period.
  package func admits(_ instant: Timestamp) -> Bool {
    if let since, instant < since { return false }
    if let until, instant >= until { return false }
    return true
  }

  /// Event times of which the range must hold every entry: the period, and as much before and behind
  /// it; nil for all.
  package var context: Range<Timestamp>? {
    guard !fromStart, let since else { return nil }
    let end = until?.advanced(bySeconds: Double(contextSeconds)) ?? .latest
    return since.advanced(bySeconds: -Double(contextSeconds))..<end
  }

  package func has(_ format: Format) -> Bool { formats.contains(format) }
}

/// The standards whose clauses a report can speak to.
package enum ComplianceStandard: String, Sendable, CaseIterable {
  case soc2, iso27001
  case pciDSS = "pci-dss"
  case hipaa
  case nist80053 = "nist-800-53"

  /// As it is cited.
  package var title: String {
    switch self {
    case .soc2: "SOC 2 (Trust Services Criteria 2017)"
    case .iso27001: "ISO/IEC 27001:2022, Annex A"
    case .pciDSS: "PCI DSS 4.0.1"
    case .hipaa: "HIPAA Security Rule (45 CFR 164)"
    case .nist80053: "NIST SP 800-53 Revision 5"
    }
  }
}
