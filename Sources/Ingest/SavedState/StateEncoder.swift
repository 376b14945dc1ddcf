/// Writes a value as bytes that are the same for equal values: keys sorted, sets sorted, doubles as
/// their bits.
///
/// For state that is saved and read back by the same version of the program. Where the value came
/// from a hash table (a set, a dictionary with keys of any kind), its elements are ordered by their
/// encoded bytes, so that the order of hashing never reaches the disk. Layout: `StateTag`.
package enum StateEncoder {
  /// The bytes of a value. Throws what its own `encode` throws.
  package static func bytes<Value: Encodable>(_ value: Value) throws -> [UInt8] {
    try StatePart.encoded(value)
  }
}

/// The first byte of every value. Counts and lengths are LEB128 of 64 bits.
///
/// | tag | value | what follows |
/// |---|---|---|
/// | 0 | null | nothing |
/// | 1, 2 | false, true | nothing |
/// | 3 | whole number | LEB128 of its zigzag form |
/// | 4 | unsigned number | LEB128 |
/// | 5 | double | 8 bytes, little-endian bit pattern |
/// | 6 | text | length, UTF-8 |
/// | 7 | list | length of the rest in bytes, count, that many values |
/// | 8 | map | length of the rest in bytes, count, that many keys (length, UTF-8) with values, by key |
/// | 9 | list of doubles | count, 8 bytes each |
enum StateTag {
  static let null: UInt8 = 0
  static let no: UInt8 = 1
  static let yes: UInt8 = 2
  static let signed: UInt8 = 3
  static let unsigned: UInt8 = 4
  static let double: UInt8 = 5
  static let text: UInt8 = 6
  static let list: UInt8 = 7
  static let map: UInt8 = 8
  static let doubles: UInt8 = 9
}

/// A collection whose own order is that of its hash table.
private protocol HashOrdered { static var partsPerElement: Int { get } }
extension Set: HashOrdered { static var partsPerElement: Int { 1 } }
/// As a list, keys and values alternate.
extension Dictionary: HashOrdered { static var partsPerElement: Int { 2 } }

/// What one value has said of itself so far.
private final class StatePart: Encoder {
  private enum Content {
    case nothing
    case whole([UInt8])
    case list([[UInt8]])
    case map([String: [UInt8]])
  }

  /// Not kept: nothing here fails for its place.
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  private var content = Content.nothing
  /// Parts whose values are given later, through nested containers.
  private var pending: [(key: String?, part: StatePart)] = []

  static func encoded<Value: Encodable>(_ value: Value) throws -> [UInt8] {
    if let doubles = value as? [Double] { return bytes(of: doubles) }
    let part = StatePart()
    try value.encode(to: part)
    return part.finish(elementSize: (Value.self as? any HashOrdered.Type)?.partsPerElement)
  }

  private static func bytes(of doubles: [Double]) -> [UInt8] {
    var bytes = [StateTag.doubles]
    bytes.reserveCapacity(10 + 8 * doubles.count)
    bytes.appendVariable(UInt64(doubles.count))
    for double in doubles { bytes.appendLittleEndian(double.bitPattern) }
    return bytes
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .nothing = content { content = .map([:]) }
    return KeyedEncodingContainer(KeyedPart<Key>(part: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if case .nothing = content { content = .list([]) }
    return ListPart(part: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { WholePart(part: self) }

  func put(_ bytes: [UInt8], key: String) {
    guard case .map(var map) = content else { return }
    content = .nothing
    map[key] = bytes
    content = .map(map)
  }

  func append(_ bytes: [UInt8]) {
    guard case .list(var list) = content else { return }
    content = .nothing
    list.append(bytes)
    content = .list(list)
  }

  func set(_ bytes: [UInt8]) { content = .whole(bytes) }

  var count: Int {
    if case .list(let list) = content { return list.count }
    return 0
  }

  func nested(_ key: String?) -> StatePart {
    let part = StatePart()
    if key == nil { append([]) }
    pending.append((key ?? "\(count - 1)", part))
    return part
  }

  private func finish(elementSize: Int?) -> [UInt8] {
    switch content {
    case .nothing: return [StateTag.null]
    case .whole(let bytes): return bytes
    case .list(var list):
      for (key, part) in pending {
        if let index = key.flatMap({ Int($0) }) { list[index] = part.finish(elementSize: nil) }
      }
      return StatePart.list(list, elementSize: elementSize)
    case .map(var map):
      for (key, part) in pending {
        if let key { map[key] = part.finish(elementSize: nil) }
      }
      return StatePart.map(map)
    }
  }

  private static func list(_ parts: [[UInt8]], elementSize: Int?) -> [UInt8] {
    var body: [UInt8] = []
    body.appendVariable(UInt64(parts.count))
    if let size = elementSize {
      let starts = stride(from: 0, to: parts.count, by: size)
      let elements = starts.map { Array(parts[$0..<min($0 + size, parts.count)].joined()) }
      for element in elements.sorted(by: { $0.lexicographicallyPrecedes($1) }) { body += element }
    } else {
      for part in parts { body += part }
    }
    return [StateTag.list] + body.withLength
  }

  private static func map(_ parts: [String: [UInt8]]) -> [UInt8] {
    var body: [UInt8] = []
    body.appendVariable(UInt64(parts.count))
    let keys = parts.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for key in keys {
      body.appendText(key)
      body += parts[key] ?? [StateTag.null]
    }
    return [StateTag.map] + body.withLength
  }
}

extension [UInt8] {
  /// LEB128: seven bits a byte, the least significant first.
  mutating func appendVariable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  fileprivate mutating func appendText(_ text: String) {
    appendVariable(UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  fileprivate var withLength: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 5)
    bytes.appendVariable(UInt64(count))
    bytes += self
    return bytes
  }

  fileprivate static func of(_ value: Bool) -> [UInt8] { [value ? StateTag.yes : StateTag.no] }

  fileprivate static func of(_ value: String) -> [UInt8] {
    var bytes = [StateTag.text]
    bytes.appendText(value)
    return bytes
  }

  fileprivate static func of(_ value: Double) -> [UInt8] {
    var bytes = [StateTag.double]
    bytes.appendLittleEndian(value.bitPattern)
    return bytes
  }

  fileprivate static func of<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    guard Number.isSigned else {
      var bytes = [StateTag.unsigned]
      bytes.appendVariable(UInt64(truncatingIfNeeded: value))
      return bytes
    }
    let number = Int64(truncatingIfNeeded: value)
    var bytes = [StateTag.signed]
    bytes.appendVariable(UInt64(bitPattern: number << 1 ^ number >> 63))
    return bytes
  }
}

/// Float is of no state of ours; it travels as the double that holds it.
private struct WholePart: SingleValueEncodingContainer {
  let part: StatePart
  var codingPath: [any CodingKey] { part.codingPath }

  func encodeNil() { part.set([StateTag.null]) }
  func encode(_ value: Bool) { part.set(.of(value)) }
  func encode(_ value: String) { part.set(.of(value)) }
  func encode(_ value: Double) { part.set(.of(value)) }
  func encode(_ value: Float) { part.set(.of(Double(value))) }
  func encode(_ value: Int) { part.set(.of(value)) }
  func encode(_ value: Int8) { part.set(.of(value)) }
  func encode(_ value: Int16) { part.set(.of(value)) }
  func encode(_ value: Int32) { part.set(.of(value)) }
  func encode(_ value: Int64) { part.set(.of(value)) }
  func encode(_ value: UInt) { part.set(.of(value)) }
  func encode(_ value: UInt8) { part.set(.of(value)) }
  func encode(_ value: UInt16) { part.set(.of(value)) }
  func encode(_ value: UInt32) { part.set(.of(value)) }
  func encode(_ value: UInt64) { part.set(.of(value)) }

  func encode<T: Encodable>(_ value: T) throws {
    part.set(try StatePart.encoded(value))
  }
}

private struct ListPart: UnkeyedEncodingContainer {
  let part: StatePart
  var codingPath: [any CodingKey] { part.codingPath }
  var count: Int { part.count }

  func encodeNil() { part.append([StateTag.null]) }
  func encode(_ value: Bool) { part.append(.of(value)) }
  func encode(_ value: String) { part.append(.of(value)) }
  func encode(_ value: Double) { part.append(.of(value)) }
  func encode(_ value: Float) { part.append(.of(Double(value))) }
  func encode(_ value: Int) { part.append(.of(value)) }
  func encode(_ value: Int8) { part.append(.of(value)) }
  func encode(_ value: Int16) { part.append(.of(value)) }
  func encode(_ value: Int32) { part.append(.of(value)) }
  func encode(_ value: Int64) { part.append(.of(value)) }
  func encode(_ value: UInt) { part.append(.of(value)) }
  func encode(_ value: UInt8) { part.append(.of(value)) }
  func encode(_ value: UInt16) { part.append(.of(value)) }
  func encode(_ value: UInt32) { part.append(.of(value)) }
  func encode(_ value: UInt64) { part.append(.of(value)) }

  func encode<T: Encodable>(_ value: T) throws {
    part.append(try StatePart.encoded(value))
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    part.nested(nil).container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    part.nested(nil).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { part.nested(nil) }
}

private struct KeyedPart<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let part: StatePart
  var codingPath: [any CodingKey] { part.codingPath }

  /// Written, so that a field left out is told apart from one that is nil.
  func encodeNil(forKey key: Key) { part.put([StateTag.null], key: key.stringValue) }
  func encode(_ value: Bool, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: String, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: Double, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: Float, forKey key: Key) {
    part.put(.of(Double(value)), key: key.stringValue)
  }
  func encode(_ value: Int, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: Int8, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: Int16, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: Int32, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: Int64, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: UInt, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: UInt8, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: UInt16, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: UInt32, forKey key: Key) { part.put(.of(value), key: key.stringValue) }
  func encode(_ value: UInt64, forKey key: Key) { part.put(.of(value), key: key.stringValue) }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    part.put(try StatePart.encoded(value), key: key.stringValue)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    part.nested(key.stringValue).container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    part.nested(key.stringValue).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { part.nested("super") }
  func superEncoder(forKey key: Key) -> any Encoder {
    part.nested(key.stringValue)
  }
}
