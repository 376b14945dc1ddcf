/// Reads what `StateEncoder` wrote; anything else throws, whatever the bytes are.
///
/// Strict: a type that has gained or lost a field since does not read the old bytes. Memory: some
/// twenty times the bytes; nesting is at most 64 deep.
package enum StateDecoder {
  package static let depthMax = 64

  /// The value of these bytes, all of them.
  ///
  /// - Parameter userInfo: what types find in their decoder that is no part of the bytes.
  package static func value<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], userInfo: [CodingUserInfoKey: Any] = [:]
  ) throws -> Value {
    var parser = StateParser(bytes: bytes)
    let node = try parser.node(depth: 0)
    guard parser.offset == bytes.count else { throw StateError(.surplusBytes, parser.offset) }
    return try StateReader(node, userInfo, []).value(type)
  }
}

/// Bytes that are no saved state, or of another shape than the type that reads them.
package struct StateError: Error, Hashable, Sendable {
  package enum Reason: String, Sendable {
    case truncated, surplusBytes, unknownTag, invalidText, tooDeep, numberTooLong
  }

  package let reason: Reason
  /// Where, in the bytes.
  package let byteOffset: Int

  init(_ reason: Reason, _ byteOffset: Int) {
    self.reason = reason
    self.byteOffset = byteOffset
  }
}

private indirect enum StateNode {
  case null
  case boolean(Bool)
  case signed(Int64)
  case unsigned(UInt64)
  case double(Double)
  case text(String)
  case list([StateNode])
  case map([String: StateNode])
  case doubles([Double])
}

private struct StateParser {
  let bytes: [UInt8]
  var offset = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func node(depth: Int) throws(StateError) -> StateNode {
    guard depth < StateDecoder.depthMax else { throw StateError(.tooDeep, offset) }
    switch try byte() {
    case StateTag.null: return .null
    case StateTag.no: return .boolean(false)
    case StateTag.yes: return .boolean(true)
    case StateTag.signed:
      let number = try variable()
      return .signed(Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1))
    case StateTag.unsigned: return .unsigned(try variable())
    case StateTag.double: return .double(try double())
    case StateTag.text: return .text(try text())
    case StateTag.list: return try list(depth)
    case StateTag.map: return try map(depth)
    case StateTag.doubles: return try doubles()
    default: throw StateError(.unknownTag, offset - 1)
    }
  }

  private mutating func byte() throws(StateError) -> UInt8 {
    guard offset < bytes.count else { throw StateError(.truncated, offset) }
    offset += 1
    return bytes[offset - 1]
  }

  private mutating func variable() throws(StateError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      let next = try byte()
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return value }
    }
    throw StateError(.numberTooLong, offset)
  }

  /// A count of things of at least `size` bytes each, which must all be there.
  private mutating func count(of size: Int) throws(StateError) -> Int {
    let count = try variable()
    guard count <= UInt64((bytes.count - offset) / size) else {
      throw StateError(.truncated, offset)
    }
    return Int(count)
  }

  private mutating func double() throws(StateError) -> Double {
    var pattern: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 8) { pattern |= UInt64(try byte()) << shift }
    return Double(bitPattern: pattern)
  }

  private mutating func text() throws(StateError) -> String {
    let count = try count(of: 1)
    guard let text = String(validating: bytes[offset..<offset + count], as: UTF8.self) else {
      throw StateError(.invalidText, offset)
    }
    offset += count
    return text
  }

  private mutating func list(_ depth: Int) throws(StateError) -> StateNode {
    _ = try count(of: 1)
    let count = try count(of: 1)
    var nodes: [StateNode] = []
    nodes.reserveCapacity(min(count, 1 << 16))
    for _ in 0..<count { nodes.append(try node(depth: depth + 1)) }
    return .list(nodes)
  }

  private mutating func map(_ depth: Int) throws(StateError) -> StateNode {
    _ = try count(of: 1)
    let count = try count(of: 2)
    var nodes: [String: StateNode] = [:]
    for _ in 0..<count {
      let key = try text()
      nodes[key] = try node(depth: depth + 1)
    }
    return .map(nodes)
  }

  private mutating func doubles() throws(StateError) -> StateNode {
    let count = try count(of: 8)
    var doubles: [Double] = []
    doubles.reserveCapacity(count)
    for _ in 0..<count { doubles.append(try double()) }
    return .doubles(doubles)
  }
}

/// One value as its type reads it.
private final class StateReader: Decoder {
  let node: StateNode
  let userInfo: [CodingUserInfoKey: Any]
  let codingPath: [any CodingKey]
  private var asked: Set<String> = []

  init(_ node: StateNode, _ userInfo: [CodingUserInfoKey: Any], _ path: [any CodingKey]) {
    self.node = node
    self.userInfo = userInfo
    codingPath = path
  }

  /// Reads the whole value; a key that nobody asked for is a field that is no more.
  func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
    if case .doubles(let doubles) = node, let value = doubles as? Value { return value }
    let value = try Value(from: self)
    if case .map(let map) = node, asked.count != map.count {
      throw corrupt("\(map.count) keys, of which \(asked.count) are known")
    }
    return value
  }

  func child(_ node: StateNode, _ path: [any CodingKey]) -> StateReader {
    StateReader(node, userInfo, path)
  }

  func ask(_ key: String) -> StateNode? {
    guard case .map(let map) = node, let value = map[key] else { return nil }
    asked.insert(key)
    return value
  }

  func corrupt(_ found: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: codingPath, debugDescription: found))
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .map(let map) = node else { throw corrupt("no map") }
    return KeyedDecodingContainer(KeyedReader<Key>(reader: self, names: Array(map.keys)))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    switch node {
    case .list(let nodes): return ListReader(reader: self, nodes: nodes)
    case .doubles(let doubles): return ListReader(reader: self, nodes: doubles.map { .double($0) })
    default: throw corrupt("no list")
    }
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { WholeReader(reader: self) }

  func number<Number: FixedWidthInteger>() throws -> Number {
    let number: Number?
    switch node {
    case .signed(let value): number = Number(exactly: value)
    case .unsigned(let value): number = Number(exactly: value)
    default: number = nil
    }
    guard let number else { throw corrupt("no \(Number.self)") }
    return number
  }

  func double() throws -> Double {
    guard case .double(let value) = node else { throw corrupt("no double") }
    return value
  }

  func boolean() throws -> Bool {
    guard case .boolean(let value) = node else { throw corrupt("no boolean") }
    return value
  }

  func text() throws -> String {
    guard case .text(let value) = node else { throw corrupt("no text") }
    return value
  }

  var isNull: Bool {
    if case .null = node { return true }
    return false
  }
}

private struct WholeReader: SingleValueDecodingContainer {
  let reader: StateReader
  var codingPath: [any CodingKey] { reader.codingPath }

  func decodeNil() -> Bool { reader.isNull }
  func decode(_ type: Bool.Type) throws -> Bool { try reader.boolean() }
  func decode(_ type: String.Type) throws -> String { try reader.text() }
  func decode(_ type: Double.Type) throws -> Double { try reader.double() }
  func decode(_ type: Float.Type) throws -> Float { Float(try reader.double()) }
  func decode(_ type: Int.Type) throws -> Int { try reader.number() }
  func decode(_ type: Int8.Type) throws -> Int8 { try reader.number() }
  func decode(_ type: Int16.Type) throws -> Int16 { try reader.number() }
  func decode(_ type: Int32.Type) throws -> Int32 { try reader.number() }
  func decode(_ type: Int64.Type) throws -> Int64 { try reader.number() }
  func decode(_ type: UInt.Type) throws -> UInt { try reader.number() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try reader.number() }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try reader.number() }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try reader.number() }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try reader.number() }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try reader.child(reader.node, codingPath).value(type)
  }
}

private struct ListReader: UnkeyedDecodingContainer {
  let reader: StateReader
  let nodes: [StateNode]
  var currentIndex = 0

  init(reader: StateReader, nodes: [StateNode]) {
    self.reader = reader
    self.nodes = nodes
  }

  var codingPath: [any CodingKey] { reader.codingPath }
  var count: Int? { nodes.count }
  var isAtEnd: Bool { currentIndex >= nodes.count }

  private mutating func next() throws -> StateReader {
    guard currentIndex < nodes.count else { throw reader.corrupt("\(nodes.count) elements") }
    currentIndex += 1
    return reader.child(nodes[currentIndex - 1], codingPath)
  }

  mutating func decodeNil() throws -> Bool {
    guard currentIndex < nodes.count, case .null = nodes[currentIndex] else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try next().boolean() }
  mutating func decode(_ type: String.Type) throws -> String { try next().text() }
  mutating func decode(_ type: Double.Type) throws -> Double { try next().double() }
  mutating func decode(_ type: Float.Type) throws -> Float { Float(try next().double()) }
  mutating func decode(_ type: Int.Type) throws -> Int { try next().number() }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try next().number() }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try next().number() }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try next().number() }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try next().number() }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try next().number() }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next().number() }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next().number() }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next().number() }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next().number() }
  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().value(type) }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> { try next().container(keyedBy: type) }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { try next() }
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let reader: StateReader
  let names: [String]
  var codingPath: [any CodingKey] { reader.codingPath }
  var allKeys: [Key] { names.compactMap { Key(stringValue: $0) } }

  func contains(_ key: Key) -> Bool { names.contains(key.stringValue) }

  private func field(_ key: any CodingKey) throws -> StateReader {
    guard let node = reader.ask(key.stringValue) else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: codingPath, debugDescription: "no such key"))
    }
    return reader.child(node, codingPath + [key])
  }

  func decodeNil(forKey key: Key) throws -> Bool { try field(key).isNull }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try field(key).boolean() }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try field(key).text() }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try field(key).double() }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
    Float(try field(key).double())
  }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try field(key).number() }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try field(key).number() }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try field(key).number() }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try field(key).number() }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try field(key).number() }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try field(key).number() }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try field(key).number() }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try field(key).number() }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try field(key).number() }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try field(key).number() }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try field(key).value(type)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> { try field(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try field(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try superDecoder(named: "super") }
  func superDecoder(forKey key: Key) throws -> any Decoder { try field(key) }

  private func superDecoder(named name: String) throws -> any Decoder {
    guard let node = reader.ask(name) else { throw reader.corrupt("no super") }
    return reader.child(node, codingPath)
  }
}
