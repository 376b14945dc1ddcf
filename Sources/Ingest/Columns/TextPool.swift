/// The texts of a block and its lists of texts, each once, numbered from 1 in the order of first
/// use; 0 stands for no text, and for the empty list.
struct TextPool {
  private var numbers: [String: Int] = [:]
  private var ends: [Int] = []
  private var bytes: [UInt8] = []
  private var listNumbers: [[UInt64]: Int] = [:]
  private var listLengths: [UInt64] = []
  private var listTexts: [UInt64] = []

  mutating func number(_ text: String?) -> UInt64 {
    guard let text else { return 0 }
    if let known = numbers[text] {
      // Strings are equal by canonical equivalence; what is stored are bytes.
      let isSame = bytes[range(known)].elementsEqual(text.utf8)
      return isSame ? UInt64(known) : number(unshared: text.utf8)
    }
    let added = number(unshared: text.utf8)
    numbers[text] = Int(added)
    return added
  }

  /// A text that is not looked for among the others.
  mutating func number(unshared text: some Sequence<UInt8>) -> UInt64 {
    bytes.append(contentsOf: text)
    ends.append(bytes.count)
    return UInt64(ends.count)
  }

  mutating func number(list texts: [String]) -> UInt64 {
    guard !texts.isEmpty else { return 0 }
    let elements = texts.map { number($0) }
    if let number = listNumbers[elements] { return UInt64(number) }
    listLengths.append(UInt64(elements.count))
    listTexts += elements
    listNumbers[elements] = listLengths.count
    return UInt64(listLengths.count)
  }

  /// Appends both tables; `TextTable` reads them.
  func append(to block: inout [UInt8]) {
    block.append(littleEndian: UInt64(ends.count), width: 4)
    PackedColumn.append(
      ends.indices.map { UInt64(ends[$0] - ($0 > 0 ? ends[$0 - 1] : 0)) }, to: &block)
    block += bytes
    block.append(littleEndian: UInt64(listLengths.count), width: 4)
    PackedColumn.append(listLengths, to: &block)
    block.append(littleEndian: UInt64(listTexts.count), width: 4)
    PackedColumn.append(listTexts, to: &block)
  }

  private func range(_ number: Int) -> Range<Int> {
    (number > 1 ? ends[number - 2] : 0)..<ends[number - 1]
  }
}

/// The texts of a block that is read, made on first use and then shared by all who name them.
struct TextTable {
  /// Where each text begins in the block, and where the last ends.
  private var starts: [Int] = []
  private var made: [String?] = []
  private var lists: [[String]] = []

  /// Nil where the tables do not fit in the block or name texts that are not there.
  init?(_ cursor: inout ColumnCursor, _ block: [UInt8]) {
    guard let count = TextTable.count(&cursor, block),
      let lengths = PackedColumn(&cursor, block, rowCount: count)
    else { return nil }
    starts.reserveCapacity(count + 1)
    var end = cursor.offset
    for row in 0..<count {
      starts.append(end)
      guard let length = Int(exactly: lengths.value(row, block)), cursor.take(length) != nil
      else { return nil }
      end = cursor.offset
    }
    starts.append(end)
    made = [String?](repeating: nil, count: count)
    guard readLists(&cursor, block) else { return nil }
  }

  private mutating func readLists(_ cursor: inout ColumnCursor, _ block: [UInt8]) -> Bool {
    guard let count = TextTable.count(&cursor, block),
      let lengths = PackedColumn(&cursor, block, rowCount: count),
      let textCount = TextTable.count(&cursor, block),
      let texts = PackedColumn(&cursor, block, rowCount: textCount)
    else { return false }
    var next = 0
    for row in 0..<count {
      guard let length = Int(exactly: lengths.value(row, block)), length <= textCount - next
      else { return false }
      var list: [String] = []
      for position in next..<next + length {
        guard let element = text(texts.value(position, block), block) else { return false }
        list.append(element)
      }
      lists.append(list)
      next += length
    }
    return next == textCount
  }

  /// How many elements follow; no more than a block may have, so that no table is larger than that.
  private static func count(_ cursor: inout ColumnCursor, _ block: [UInt8]) -> Int? {
    guard let place = cursor.take(4) else { return nil }
    let count = Int(block.word(at: place) & 0xFFFF_FFFF)
    return count <= block.count ? count : nil
  }

  /// Nil for 0 and for a number that no text has.
  @inline(__always)
  mutating func text(_ number: UInt64, _ block: [UInt8]) -> String? {
    guard number > 0, number <= UInt64(made.count) else { return nil }
    let place = Int(number) - 1
    if let known = made[place] { return known }
    let text = String(decoding: block[starts[place]..<starts[place + 1]], as: UTF8.self)
    made[place] = text
    return text
  }

  /// The bytes of a text; nil for a number that no text has.
  func range(_ number: UInt64) -> Range<Int>? {
    guard number > 0, number <= UInt64(made.count) else { return nil }
    return starts[Int(number) - 1]..<starts[Int(number)]
  }

  func list(_ number: UInt64) -> [String]? {
    if number == 0 { return [] }
    return number <= UInt64(lists.count) ? lists[Int(number) - 1] : nil
  }
}
