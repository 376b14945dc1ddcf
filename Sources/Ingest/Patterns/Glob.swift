/// A pattern in which `*` stands for any text, also none; everything else stands for itself.
///
/// Matching is by bytes of UTF-8 and takes time linear in pattern and text: each piece between two
/// stars is searched once, from where the one before it ended, by Knuth, Morris and Pratt's method.
package struct Glob: Hashable, Sendable {
  /// One piece, with the length of the longest border of each of its prefixes.
  private struct Piece: Hashable, Sendable {
    let bytes: [UInt8]
    let borders: [Int]

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      var borders = [Int](repeating: 0, count: bytes.count)
      var length = 0
      for place in bytes.indices.dropFirst() {
        while length > 0, bytes[place] != bytes[length] { length = borders[length - 1] }
        if bytes[place] == bytes[length] { length += 1 }
        borders[place] = length
      }
      self.borders = borders
    }

    /// One past the first occurrence from `start` that ends by `end`.
    func end(in text: Span<UInt8>, from start: Int, to end: Int) -> Int? {
      guard !bytes.isEmpty else { return start }
      var length = 0
      var place = start
      while place < end {
        while length > 0, text[place] != bytes[length] { length = borders[length - 1] }
        if text[place] == bytes[length] { length += 1 }
        place += 1
        if length == bytes.count { return place }
      }
      return nil
    }
  }

  private let head: [UInt8]
  /// Nil without a star: then the text is `head`.
  private let tail: [UInt8]?
  private let middle: [Piece]

  /// - Parameters:
  ///   - pattern: bytes of UTF-8.
  ///   - literalStars: places of stars that stand for themselves.
  package init(_ pattern: [UInt8], literalStars: Set<Int> = []) {
    var pieces: [[UInt8]] = [[]]
    for (place, byte) in pattern.enumerated() {
      if byte == UInt8(ascii: "*"), !literalStars.contains(place) {
        pieces.append([])
      } else {
        pieces[pieces.count - 1].append(byte)
      }
    }
    head = pieces[0]
    tail = pieces.count > 1 ? pieces[pieces.count - 1] : nil
    middle = pieces.dropFirst().dropLast().filter { !$0.isEmpty }.map { Piece($0) }
  }

  /// Whether the whole text is of this pattern.
  package func matches(_ text: Span<UInt8>) -> Bool {
    guard let tail else { return text.count == head.count && Glob.holds(head, text, at: 0) }
    guard text.count >= head.count + tail.count, Glob.holds(head, text, at: 0),
      Glob.holds(tail, text, at: text.count - tail.count)
    else { return false }
    var place = head.count
    for piece in middle {
      guard let end = piece.end(in: text, from: place, to: text.count - tail.count) else {
        return false
      }
      place = end
    }
    return true
  }

  /// See `matches` over bytes.
  package func matches(_ text: String) -> Bool { matches(Array(text.utf8).span) }

  private static func holds(_ bytes: [UInt8], _ text: Span<UInt8>, at start: Int) -> Bool {
    for place in bytes.indices where text[start + place] != bytes[place] { return false }
    return true
  }
}
