import Detect
import Ingest

/// The system's time zones, as detection asks for them.
struct SystemZones: ZoneLookup {
  let catalogue: ZoneCatalogue

  init(_ catalogue: ZoneCatalogue) { self.catalogue = catalogue }

  func offsetSeconds(at instant: Timestamp, zone: String) -> Int? {
    // A record may name any zone; one that is not known reads as none, and the site's counts.
    do { return try catalogue.rules(of: zone).offset(at: instant) } catch { return nil }
  }

  /// SHA-256, hex, of the zone's rules; of a zone that is not known, a word.
  func dataDigest(of zone: String) -> String {
    do { return CanonicalText.digest(of: try catalogue.rules(of: zone)) } catch {
      return "not known"
    }
  }

  /// Whether the name is a zone of this system.
  func knows(_ zone: String) -> Bool {
    offsetSeconds(at: Timestamp.earliest.advanced(bySeconds: 6e10), zone: zone) != nil
  }
}
