/// Writes a value as bytes that are the same for equal values: keys sorted, sets sorted, doubles as
/// their bits.
///
/// For state that is saved and read back by the same version of the program. Where the value came
/// from a hash table (a set, a dictionary with keys of any kind), its elements are ordered by their
/// encoded bytes, so that the order of hashing never reaches the disk. Layout: `StateTag`.
package enum StateEncoder {
  /// The bytes of a value. Throws what its own `encode` throws.
  package static func bytes<Value: Encodable>(_ value: Value) throws -> [UInt8] {
    let writer = StateWriter()
    try writer.write(value)
    return writer.bytes
  }
}

/// A collection whose own order is that of its hash table.
private protocol HashOrdered { static var partsPerElement: Int { get } }
extension Set: HashOrdered { static var partsPerElement: Int { 1 } }
/// As a list, keys and values alternate.
extension Dictionary: HashOrdered { static var partsPerElement: Int { 2 } }

/// An array; without elements one is written as one of doubles, whatever it would hold.
private protocol ElementList {}
extension Array: ElementList {}

/// The bytes so far. Values within values are written where they belong at once; a list or a map is
/// put in order, and given its head, when it is whole.
final class StateWriter {
  var bytes: [UInt8] = []
  /// The elements of every list and map that is not whole yet, those of the innermost last.
  fileprivate var elements: [StateElement] = []

  func write<Value: Encodable>(_ value: Value) throws {
    if Value.self == [Double].self, let doubles = value as? [Double] { return write(doubles) }
    let part = StatePart(self)
    try value.encode(to: part)
    part.finish(Value.self)
  }

  fileprivate func write(_ doubles: [Double]) {
    bytes.append(StateTag.doubles)
    bytes.reserveAdditional(10 + 8 * doubles.count)
    bytes.appendVariable(UInt64(doubles.count))
    for double in doubles { bytes.appendLittleEndian(double.bitPattern) }
  }

  /// How elements of a map lie, where they are not in order: of a key given twice the last stands.
  fileprivate func sortedMap(from first: Int) -> [StateElement]? {
    var isInOrder = true
    for place in elements.indices[first...].dropFirst() where isInOrder {
      isInOrder = StateElement.isBefore(elements[place - 1], elements[place], bytes)
    }
    if isInOrder { return nil }
    let sorted = elements[first...].sorted { StateElement.precedes($0, $1, bytes) }
    return sorted.indices.filter { place in
      place + 1 == sorted.count || bytes[sorted[place].key] != bytes[sorted[place + 1].key]
    }.map { sorted[$0] }
  }

  /// The elements of a list that came from a hash table, `size` parts each, by their bytes.
  fileprivate func sortedList(from first: Int, size: Int) -> [StateElement] {
    var sorted: [StateElement] = []
    for begin in stride(from: first, to: elements.count, by: size) {
      let last = min(begin + size, elements.count) - 1
      let range = elements[begin].range.lowerBound..<elements[last].range.upperBound
      sorted.append(StateElement(key: range, range: range, in: bytes))
    }
    return sorted.sorted { StateElement.precedes($0, $1, bytes) }
  }

  fileprivate func list(from first: Int) -> [StateElement] { Array(elements[first...]) }

  /// Puts the head before what was written from `start` on, in another order where one is given.
  fileprivate func close(
    _ tag: UInt8, from start: Int, count: Int, inOrder sorted: [StateElement]?
  ) {
    let byteCount = sorted.map { $0.reduce(0) { $0 + $1.range.count } } ?? (bytes.count - start)
    var counted: [UInt8] = []
    counted.appendVariable(UInt64(count))
    var head = [tag]
    head.appendVariable(UInt64(byteCount + counted.count))
    head += counted
    guard let sorted else { return bytes.insert(contentsOf: head, at: start) }
    // Around the largest element, which may be nearly all of the state and stays where it is.
    guard let middle = sorted.indices.max(by: { sorted[$0].range.count < sorted[$1].range.count })
    else { return bytes.replaceSubrange(start..., with: head) }
    for element in sorted[..<middle] { head += bytes[element.range] }
    var rest: [UInt8] = []
    for element in sorted[(middle + 1)...] { rest += bytes[element.range] }
    bytes.removeLast(bytes.count - sorted[middle].range.upperBound)
    bytes.replaceSubrange(start..<sorted[middle].range.lowerBound, with: head)
    bytes += rest
  }
}

/// Where an element of a list, or a key with its value, was written.
private struct StateElement {
  /// The first eight bytes that it is ordered by, zeros behind shorter ones.
  let prefix: UInt64
  /// What it is ordered by.
  let key: Range<Int>
  /// All of it.
  let range: Range<Int>

  init(key: Range<Int>, range: Range<Int>, in bytes: [UInt8]) {
    var prefix: UInt64 = 0
    for place in key.prefix(8) { prefix = prefix << 8 | UInt64(bytes[place]) }
    self.prefix = key.count < 8 ? prefix << UInt64(8 * (8 - key.count)) : prefix
    self.key = key
    self.range = range
  }

  /// Whether the left comes first by its key alone.
  static func isBefore(_ left: StateElement, _ right: StateElement, _ bytes: [UInt8]) -> Bool {
    left.prefix == right.prefix
      ? bytes[left.key].lexicographicallyPrecedes(bytes[right.key]) : left.prefix < right.prefix
  }

  /// Bytewise; of equal keys the one written first.
  static func precedes(_ left: StateElement, _ right: StateElement, _ bytes: [UInt8]) -> Bool {
    if left.prefix != right.prefix { return left.prefix < right.prefix }
    let (leftKey, rightKey) = (bytes[left.key], bytes[right.key])
    if leftKey == rightKey { return left.range.lowerBound < right.range.lowerBound }
    return leftKey.lexicographicallyPrecedes(rightKey)
  }
}

/// What one value has said of itself so far.
final class StatePart: Encoder {
  private enum Shape { case nothing, whole, list, map }

  /// Not kept: nothing here fails for its place.
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  private let writer: StateWriter
  private let start: Int
  private let firstElement: Int
  private var shape = Shape.nothing
  /// Parts whose values are given later, through nested containers: each by its key, or by its place
  /// in the list.
  private var pending: [(key: String?, place: Int, part: StatePart)] = []

  init(_ writer: StateWriter) {
    self.writer = writer
    start = writer.bytes.count
    firstElement = writer.elements.count
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if shape == .nothing { shape = .map }
    return KeyedEncodingContainer(KeyedPart<Key>(part: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if shape == .nothing { shape = .list }
    return ListPart(part: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { WholePart(part: self) }

  /// A key and the value that `write` writes.
  @inline(__always)
  func put(_ key: String, _ write: (StateWriter) throws -> Void) rethrows {
    let begin = writer.bytes.count
    writer.bytes.appendText(key)
    let end = writer.bytes.count
    try write(writer)
    let keyBegin = end - key.utf8.count
    writer.elements.append(
      StateElement(key: keyBegin..<end, range: begin..<writer.bytes.count, in: writer.bytes))
  }

  /// An element of a list.
  @inline(__always)
  func append(_ write: (StateWriter) throws -> Void) rethrows {
    let begin = writer.bytes.count
    try write(writer)
    let range = begin..<writer.bytes.count
    writer.elements.append(StateElement(key: range, range: range, in: writer.bytes))
  }

  @inline(__always)
  func set(_ write: (StateWriter) throws -> Void) rethrows {
    writer.bytes.removeLast(writer.bytes.count - start)
    shape = .whole
    try write(writer)
  }

  var count: Int { writer.elements.count - firstElement }

  func nested(_ key: String?) -> StatePart {
    let part = StatePart(StateWriter())
    pending.append((key, count, part))
    if key == nil { append { _ in } }
    return part
  }

  /// The bytes of a part that has a writer of its own.
  private func finishedBytes() -> [UInt8] {
    finish(Void.self)
    return writer.bytes
  }

  func finish<Value>(_ type: Value.Type) {
    switch shape {
    case .nothing: writer.bytes.append(StateTag.null)
    case .whole: break
    case .list where count == 0 && type is any ElementList.Type: writer.write([])
    case .list: finishList((type as? any HashOrdered.Type)?.partsPerElement)
    case .map: finishMap()
    }
  }

  private func finishList(_ elementSize: Int?) {
    for (_, place, part) in pending {
      let begin = writer.bytes.count
      writer.bytes += part.finishedBytes()
      let range = begin..<writer.bytes.count
      writer.elements[firstElement + place] = StateElement(
        key: range, range: range, in: writer.bytes)
    }
    var sorted: [StateElement]?
    if let elementSize {
      sorted = writer.sortedList(from: firstElement, size: elementSize)
    } else if !pending.isEmpty {
      sorted = writer.list(from: firstElement)
    }
    close(StateTag.list, count: count, inOrder: sorted)
  }

  private func finishMap() {
    for (key, _, part) in pending {
      let value = part.finishedBytes()
      if let key { put(key) { $0.bytes += value } }
    }
    let sorted = writer.sortedMap(from: firstElement)
    close(StateTag.map, count: sorted?.count ?? count, inOrder: sorted)
  }

  private func close(_ tag: UInt8, count: Int, inOrder sorted: [StateElement]?) {
    writer.close(tag, from: start, count: count, inOrder: sorted)
    writer.elements.removeLast(writer.elements.count - firstElement)
  }
}
