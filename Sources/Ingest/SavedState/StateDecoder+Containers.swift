struct WholeReader: SingleValueDecodingContainer {
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

struct ListReader: UnkeyedDecodingContainer {
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

struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
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
