/// A name pattern: `*` stands for any bytes, none included; every other byte for itself.
///
/// Case counts; there is no other special character. Example: `etl-*` matches `etl-` and `etl-daily`,
/// not `ETL-daily`. Cost of a match: linear in pattern and text together, whatever they are, for each
/// piece between stars is searched by Knuth, Morris and Pratt's method (SIAM J. Comput. 6:323, 1977).
package struct GlobPattern: Hashable, Sendable {
  /// Longest pattern taken, in bytes.
  package static let byteCountMax = 256

  /// As it was written.
  package let text: String
  private let pieces: [Piece]

  /// What stands between two stars.
  private struct Piece: Hashable, Sendable {
    let bytes: [UInt8]
    /// For each length: of the longest proper prefix that is a suffix too.
    let borders: [Int]

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      var borders = [Int](repeating: 0, count: bytes.count)
      var length = 0
      for index in bytes.indices.dropFirst() {
        while length > 0, bytes[index] != bytes[length] { length = borders[length - 1] }
        if bytes[index] == bytes[length] { length += 1 }
        borders[index] = length
      }
      self.borders = borders
    }

    /// The end of the first occurrence in `text[start ..< end]`; nil without one.
    func firstEnd(in text: [UInt8], _ start: Int, _ end: Int) -> Int? {
      var length = 0
      for index in start..<end {
        while length > 0, text[index] != bytes[length] { length = borders[length - 1] }
        if text[index] == bytes[length] { length += 1 }
        if length == bytes.count { return index + 1 }
      }
      return nil
    }
  }

  /// Nil for an empty pattern, one that is too long, or one with a control character.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.count <= GlobPattern.byteCountMax,
      bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { return nil }
    self.text = text
    pieces = bytes.split(separator: GlobPattern.star, omittingEmptySubsequences: false)
      .map { Piece(Array($0)) }
  }

  private static let star = UInt8(ascii: "*")

  /// Whether it can match one text alone.
  package var isExact: Bool { pieces.count == 1 }

  /// Whether it matches everything.
  package var matchesAll: Bool { pieces.count > 1 && pieces.allSatisfy(\.bytes.isEmpty) }

  /// Whether it stands for this text.
  package func matches(_ text: String) -> Bool { matches(Array(text.utf8)) }

  /// The same over bytes.
  package func matches(_ text: [UInt8]) -> Bool {
    guard pieces.count > 1 else { return text == pieces[0].bytes }
    let (first, last) = (pieces[0].bytes, pieces[pieces.count - 1].bytes)
    guard text.count >= first.count + last.count, text.starts(with: first),
      text.suffix(last.count).elementsEqual(last)
    else { return false }
    var start = first.count
    let end = text.count - last.count
    // The leftmost place of each piece leaves the most room for those after it.
    for piece in pieces[1..<(pieces.count - 1)] where !piece.bytes.isEmpty {
      guard let next = piece.firstEnd(in: text, start, end) else { return false }
      start = next
    }
    return true
  }

  /// Whether everything that `other` matches is matched here too. Never true wrongly; false also where
  /// it is not seen.
  package func covers(_ other: GlobPattern) -> Bool {
    // The other's star is a byte of no text: only a star of ours can take it, and a star that takes
    // it takes whatever stands there instead.
    let text = other.pieces.map(\.bytes).joined(separator: [GlobPattern.anything])
    return matches(Array(text))
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
