import Ingest

/// A name pattern: `*` stands for any bytes, none included; every other byte for itself.
///
/// Case counts; there is no other special character. Example: `etl-*` matches `etl-` and `etl-daily`,
/// not `ETL-daily`. Cost of a match: linear in pattern and text together, as `Glob`'s.
package struct GlobPattern: Hashable, Sendable {
  /// Longest pattern taken, in bytes.
  package static let byteCountMax = 256

  /// As it was written.
  package let text: String
  private let glob: Glob

  /// Nil for an empty pattern, one that is too long, or one with a control character.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.count <= GlobPattern.byteCountMax,
      bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { return nil }
    self.text = text
    glob = Glob(bytes)
  }

  private static let star = UInt8(ascii: "*")

  /// Whether it can match one text alone.
  package var isExact: Bool { !text.utf8.contains(GlobPattern.star) }

  /// Whether it matches everything.
  package var matchesAll: Bool { text.utf8.allSatisfy { $0 == GlobPattern.star } }

  /// Whether it stands for this text.
  package func matches(_ text: String) -> Bool { glob.matches(text) }

  /// The same over bytes.
  package func matches(_ text: [UInt8]) -> Bool { glob.matches(text.span) }

  /// Whether everything that `other` matches is matched here too. Never true wrongly; false also where
  /// it is not seen.
  package func covers(_ other: GlobPattern) -> Bool {
    // The other's star is a byte of no text: only a star of ours can take it, and a star that takes
    // it takes whatever stands there instead.
    matches(other.text.utf8.map { $0 == GlobPattern.star ? GlobPattern.anything : $0 })
  }

  /// In the place of a star; patterns have no control characters.
  private static let anything: UInt8 = 0
}

extension GlobPattern: CustomStringConvertible {
  package var description: String { text }
}

extension [GlobPattern] {
  /// Whether one of them stands for the text.
  package func match(_ text: String) -> Bool {
    let bytes = [UInt8](text.utf8)
    return contains { $0.matches(bytes) }
  }

  /// Whether each of `others` is covered by one of these.
  package func cover(_ others: [GlobPattern]) -> Bool {
    others.allSatisfy { other in contains { $0.covers(other) } }
  }
}
