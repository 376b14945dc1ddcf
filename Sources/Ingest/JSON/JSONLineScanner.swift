/// Validates lines of JSON at a good part of the speed of memory, and finds values in them.
///
/// It knows JSON as programs write it: one object a line, no white space between tokens, keys
/// without escapes, numbers without exponent. Such a line is checked in full: grammar, escapes,
/// UTF-8, depth, keys that an object repeats. Any other line is left to `JSONDocument`: nothing is
/// rejected here, and what is taken here, `JSONDocument` takes as well.
///
/// The shape of use, for a text that ends with a newline:
///
///     scanner.begin()
///     while let line = scanner.next(text) { … }
///
/// A text is looked at in groups of lines. Behind a line that is left to `JSONDocument` the next
/// group is small, so that a file of such lines costs little more than without this.
/// Nothing is allocated after the first group. On an access log it takes 0.36 of the processor time
/// that `JSONDocument` takes (1.0 and 2.8 s for ten times 90 MB, on a busy machine).
package struct JSONLineScanner: Sendable {
  /// Deepest nesting, and most keys of objects around each other, of a line that is taken.
  package static let depthMax = LineObjects.depthMax
  package static let keyCountMax = LineObjects.keyCountMax
  /// Bytes of a group, unless one line is longer: what is found about them stays in the first caches.
  static let groupByteCount = 16 << 10
  /// Bytes of the group behind a line that was left to `JSONDocument`; then twice as many each time.
  private static let cautiousByteCount = 512

  /// One line of the text.
  package struct Line: Sendable {
    /// Its bytes, without the newline.
    package let range: Range<Int>
    /// Whether it is valid and its values were found; otherwise `JSONDocument` has to say.
    package let isPlain: Bool
  }

  private let paths: LinePaths
  private var blocks: JSONBlocks
  // Of fixed length; the walk says how much of them counts.
  private var keys: [LineObjects.Key]
  private var frames: [LineObjects.Frame]
  private var newlines: [Int32]
  private var values: [Int32]
  /// The group: its first byte in the text, lines found in it, and those given out.
  private var groupStart = 0
  private var lineCount = 0
  private var line = 0
  /// A line that is none of those known, behind those found.
  private var otherLine: Range<Int>?
  private var nextGroup = 0
  private var groupByteCount = JSONLineScanner.groupByteCount

  /// - Parameter paths: what is looked for.
  package init(_ paths: LinePaths, way: JSONBlocks.Way = .best) {
    self.paths = paths
    blocks = JSONBlocks(way)
    keys = [LineObjects.Key](repeating: LineObjects.Key(), count: LineObjects.keyCountMax)
    frames = [LineObjects.Frame](
      repeating: LineObjects.Frame(), count: LineObjects.depthMax + 1)
    // `{}` and a newline.
    let lineCount = JSONLineScanner.groupByteCount / 3 + 1
    newlines = [Int32](repeating: 0, count: lineCount)
    values = [Int32](repeating: -1, count: (lineCount + 1) * paths.count)
  }

  /// Starts a new text.
  package mutating func begin() {
    lineCount = 0
    line = 0
    otherLine = nil
    nextGroup = 0
  }

  /// The next line of `text`, which ends with a newline and is the same until nil is returned.
  package mutating func next(_ text: Span<UInt8>) -> Line? {
    while true {
      if line < lineCount { return takeLine() }
      if let other = otherLine.take() { return Line(range: other, isPlain: false) }
      guard nextGroup < text.count else { return nil }
      scanGroup(text)
    }
  }

  /// Where the value of a path begins in the text, for the plain line that `next` gave last; -1 where
  /// it has none.
  package func value(_ path: Int) -> Int {
    let offset = Int(values[(line - 1) * paths.count + path])
    return offset < 0 ? offset : offset + groupStart
  }

  private mutating func takeLine() -> Line {
    let start = line == 0 ? groupStart : groupStart + Int(newlines[line - 1]) + 1
    line += 1
    return Line(range: start..<groupStart + Int(newlines[line - 1]), isPlain: true)
  }

  private mutating func scanGroup(_ text: Span<UInt8>) {
    groupStart = nextGroup
    nextGroup = JSONLineScanner.groupEnd(text, from: groupStart, byteCount: groupByteCount)
    let group = text.extracting(groupStart..<nextGroup)
    blocks.look(at: group)
    let (count, place) = JSONLineScanner.walk(
      group, paths, blocks, &keys, &frames, &newlines, &values)
    line = 0
    lineCount = count
    guard let place else {
      groupByteCount = min(groupByteCount * 2, JSONLineScanner.groupByteCount)
      return
    }
    leaveOut(text, place: groupStart + place)
    groupByteCount = JSONLineScanner.cautiousByteCount
  }

  /// Leaves the line at `place` to `JSONDocument`; the next group begins behind it.
  private mutating func leaveOut(_ text: Span<UInt8>, place: Int) {
    while lineCount > 0, groupStart + Int(newlines[lineCount - 1]) >= place { lineCount -= 1 }
    let start = lineCount == 0 ? groupStart : groupStart + Int(newlines[lineCount - 1]) + 1
    let newline = text.firstNewline(from: max(place, start), to: text.count) ?? text.count - 1
    otherLine = start..<newline
    nextGroup = newline + 1
  }

  private static func walk(
    _ group: Span<UInt8>, _ paths: LinePaths, _ blocks: borrowing JSONBlocks,
    _ keys: inout [LineObjects.Key], _ frames: inout [LineObjects.Frame],
    _ newlines: inout [Int32], _ values: inout [Int32]
  ) -> (lineCount: Int, place: Int?) {
    var walk = LineGroupWalk(group, paths.paths.span, paths.firsts.span, kinds: paths.kinds)
    var keySpan = keys.mutableSpan
    var frameSpan = frames.mutableSpan
    var newlineSpan = newlines.mutableSpan
    var valueSpan = values.mutableSpan
    let place = walk.run(blocks.span, &keySpan, &frameSpan, &newlineSpan, &valueSpan)
    return (walk.lineCount, place)
  }

  /// One past the last newline within `byteCount` bytes, or past the first one behind them.
  private static func groupEnd(_ text: Span<UInt8>, from start: Int, byteCount: Int) -> Int {
    guard start + byteCount < text.count else { return text.count }
    if let last = text.lastNewline(from: start, to: start + byteCount) { return last + 1 }
    return (text.firstNewline(from: start + byteCount, to: text.count) ?? text.count - 1) + 1
  }
}
