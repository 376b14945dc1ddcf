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

/// A collection whose own order is that of its hash table.
private protocol HashOrdered { static var partsPerElement: Int { get } }
extension Set: HashOrdered { static var partsPerElement: Int { 1 } }
/// As a list, keys and values alternate.
extension Dictionary: HashOrdered { static var partsPerElement: Int { 2 } }

/// What one value has said of itself so far.
final class StatePart: Encoder {
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
