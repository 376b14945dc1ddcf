import CPlatform

/// The lines of a group on their way through the scanner, block by block.
///
/// What the blocks leave open is checked here: brackets, where keys stand, repeated keys, literals,
/// escapes, UTF-8. The walk ends at the first line in which something is wrong or unknown.
/// Its steps are inlined into one loop over the tokens, of which a line of an access log has 60: about
/// 80 instructions for a key and 45 for a bracket.
struct LineGroupWalk: ~Escapable {
  private let text: Span<UInt8>
  /// What is looked for.
  private let paths: Span<LinePaths.Path>
  private let firsts: Span<Int32>
  private let kinds: UInt64
  private var objects = LineObjects()
  private(set) var lineCount = 0
  private var lineStart = 0
  /// Where the values of the line are put.
  private var row = 0
  /// One past the brace that closed the line's object; -1 before.
  private var rootEnd = -1
  /// Of the last key: where its value begins, and its path.
  private var valueStart = -1
  private var lastPath = LinePaths.nowhere
  /// Offset of the last opening quote of the blocks before.
  private var lastOpening = 0
  /// The same of the last escaped byte.
  private var lastEscaped = -1
  /// One past the bytes of the last literal and the last character of several bytes.
  private var literalEnd = 0
  private var characterEnd = 0
  /// Bit 0 of the next block must begin a key; ends one. 1 while a key goes on.
  private var keyPlaceCarry: UInt64 = 0
  private var keyEndCarry: UInt64 = 0
  private var openKeyCarry: UInt64 = 0

  @_lifetime(copy text, copy paths, copy firsts)
  init(
    _ text: Span<UInt8>, _ paths: Span<LinePaths.Path>, _ firsts: Span<Int32>, kinds: UInt64
  ) {
    self.text = text
    self.paths = paths
    self.firsts = firsts
    self.kinds = kinds
  }

  /// Goes through all blocks. Returns where something was wrong or unknown; nil for nowhere.
  @inline(never)
  mutating func run(
    _ blocks: Span<vigil_json_block>, _ keys: inout MutableSpan<LineObjects.Key>,
    _ frames: inout MutableSpan<LineObjects.Frame>, _ newlines: inout MutableSpan<Int32>,
    _ values: inout MutableSpan<Int32>
  ) -> Int? {
    guard clearRow(&values) else { return 0 }
    for index in blocks.indices {
      let base = index &<< 6
      var errors = blocks[index].error
      let letter = blocks[index].letter
      if letter != 0 {
        errors |= LineGroupWalk.literalErrors(
          text, letter, blocks[index].start, base, &literalEnd)
      }
      let escaped = blocks[index].escaped
      let marked = escaped | blocks[index].special
      if marked != 0 {
        errors |= LineGroupWalk.stringErrors(text, marked, escaped, base, &characterEnd)
      }
      let opening = blocks[index].opening
      let colon = blocks[index].colon
      let brackets = blocks[index].open | blocks[index].close
      var inObject = objects.objectMask
      var stop: UInt64 = 0
      var tokens = brackets | colon | blocks[index].newline
      while tokens != 0 {
        let bit = tokens & (0 &- tokens)
        tokens ^= bit
        let place = base | bit.trailingZeroBitCount
        let isGood: Bool
        if colon & bit != 0 {
          isGood = addMember(opening, escaped, bit, place, &keys, &values)
        } else if brackets & bit != 0 {
          let isObject = blocks[index].brace & bit != 0
          isGood =
            blocks[index].open & bit != 0
            ? open(isObject, place, &frames) : close(isObject, place, frames)
          let behind = 0 &- bit
          inObject = inObject & ~behind | objects.objectMask & behind
        } else {
          isGood = endLine(place, &newlines, &values)
        }
        if !isGood {
          stop = bit
          break
        }
      }
      errors |= keyErrors(blocks[index], inObject) | stop
      if errors != 0 {
        return base | errors.trailingZeroBitCount
      }
      if opening != 0 { lastOpening = base | 63 &- opening.leadingZeroBitCount }
      if escaped != 0 { lastEscaped = base | 63 &- escaped.leadingZeroBitCount }
    }
    return nil
  }

  // MARK: Tokens

  @inline(__always)
  private mutating func open(
    _ isObject: Bool, _ place: Int, _ frames: inout MutableSpan<LineObjects.Frame>
  ) -> Bool {
    var parent = place == valueStart ? lastPath : LinePaths.nowhere
    if objects.depth == 0 {
      guard place == lineStart, isObject else { return false }
      parent = LinePaths.root
    }
    return isObject ? objects.openObject(parent: parent, &frames) : objects.openArray()
  }

  @inline(__always)
  private mutating func close(
    _ isObject: Bool, _ place: Int, _ frames: borrowing MutableSpan<LineObjects.Frame>
  ) -> Bool {
    guard objects.close(isObject: isObject, frames) else { return false }
    if objects.depth == 0 { rootEnd = place &+ 1 }
    return true
  }

  /// A line ends right behind its object.
  @inline(__always)
  private mutating func endLine(
    _ place: Int, _ newlines: inout MutableSpan<Int32>, _ values: inout MutableSpan<Int32>
  ) -> Bool {
    guard rootEnd == place, lineCount < newlines.count else { return false }
    newlines[lineCount] = Int32(truncatingIfNeeded: place)
    lineCount &+= 1
    lineStart = place &+ 1
    row &+= paths.count
    return clearRow(&values)
  }

  /// False when there is no room for the values of another line.
  @inline(__always)
  private func clearRow(_ values: inout MutableSpan<Int32>) -> Bool {
    guard row &+ paths.count <= values.count else { return false }
    for index in row..<row &+ paths.count { values[index] = -1 }
    return true
  }

  /// The key whose colon is at `place`: from the last opening quote to the byte before the closing one.
  @inline(__always)
  private mutating func addMember(
    _ openings: UInt64, _ escaped: UInt64, _ bit: UInt64, _ place: Int,
    _ keys: inout MutableSpan<LineObjects.Key>, _ values: inout MutableSpan<Int32>
  ) -> Bool {
    let before = openings & (bit &- 1)
    var opening = lastOpening
    if before != 0 {
      opening = place & ~63 | 63 &- before.leadingZeroBitCount
    } else if lastEscaped > opening {
      return false
    }
    if escaped != 0, escaped & (bit &- 1) & LineGroupWalk.bits(from: opening &- (place & ~63)) != 0
    {
      return false
    }
    // The empty key is left to the reader.
    let byteCount = place &- opening &- 2
    guard byteCount > 0 else { return false }
    var head = text.word(at: opening &+ 1)
    var tail: UInt64 = 0
    if byteCount < 8 {
      head &<<= UInt64(truncatingIfNeeded: 64 &- (byteCount &<< 3))
    } else if byteCount > 8 {
      tail = text.word(at: place &- 9)
    }
    let kind: UInt64 = 1 &<< LinePaths.kind(head: head, tail: tail, byteCount: byteCount)
    let key = LineObjects.Key(
      start: Int32(truncatingIfNeeded: opening &+ 1),
      byteCount: Int32(truncatingIfNeeded: byteCount))
    guard objects.add(key, kind: kind, text, &keys) else { return false }
    valueStart = place &+ 1
    lastPath = LinePaths.nowhere
    if kinds & kind != 0 { note(head, tail, byteCount, &values) }
    return true
  }

  /// Notes where the value begins when the member is one that is looked for.
  @inline(__always)
  private mutating func note(
    _ head: UInt64, _ tail: UInt64, _ byteCount: Int, _ values: inout MutableSpan<Int32>
  ) {
    var number = firsts[
      Int(truncatingIfNeeded: LinePaths.kind(head: head, tail: tail, byteCount: byteCount))]
    while number >= 0 {
      let path = paths[Int(number)]
      if path.head == head, path.tail == tail, path.byteCount == byteCount,
        path.parent == objects.parent
      {
        values[row &+ Int(number)] = Int32(truncatingIfNeeded: valueStart)
        lastPath = number
        return
      }
      number = path.next
    }
  }

  // MARK: Rules

  /// Keys stand where keys must, and colons behind keys alone. A key's end is found by adding its
  /// first bit to the bits of all strings: the sum carries through the key, to its closing quote.
  @inline(__always)
  private mutating func keyErrors(_ block: vigil_json_block, _ inObject: UInt64) -> UInt64 {
    let places = block.open & block.brace | block.comma & inObject
    let behind = places << 1 | keyPlaceCarry
    keyPlaceCarry = places >> 63
    let (sum, first) = block.inside.addingReportingOverflow(behind & block.opening)
    let (total, second) = sum.addingReportingOverflow(openKeyCarry)
    openKeyCarry = first || second ? 1 : 0
    let ends = total & ~block.inside
    let colons = ends << 1 | keyEndCarry
    keyEndCarry = ends >> 63
    return behind & ~(block.opening | block.close) | colons ^ block.colon
  }

  /// What is in no number must be literals, each from a scalar's first byte to its last.
  @inline(never)
  private static func literalErrors(
    _ text: Span<UInt8>, _ letters: UInt64, _ starts: UInt64, _ base: Int, _ end: inout Int
  ) -> UInt64 {
    var rest = letters & bits(from: end &- base)
    while rest != 0 {
      let bit = rest & (0 &- rest)
      let place = base | rest.trailingZeroBitCount
      guard starts & bit != 0, let length = text.literalLength(at: place) else { return bit }
      end = place + length
      rest &= bits(from: end &- base)
    }
    return 0
  }

  /// What stands in strings beside plain ASCII: escapes and characters of several bytes.
  @inline(never)
  private static func stringErrors(
    _ text: Span<UInt8>, _ marked: UInt64, _ escaped: UInt64, _ base: Int, _ end: inout Int
  ) -> UInt64 {
    var rest = marked
    while rest != 0 {
      let bit = rest & (0 &- rest)
      let place = base | rest.trailingZeroBitCount
      rest ^= bit
      if escaped & bit != 0 {
        guard text.isEscape(at: place) else { return bit }
      } else if place >= end {
        guard let length = text.characterLength(at: place) else { return bit }
        end = place + length
      }
    }
    return 0
  }

  private static func bits(from index: Int) -> UInt64 {
    index <= 0 ? ~0 : index >= 64 ? 0 : ~0 << UInt64(index)
  }
}
