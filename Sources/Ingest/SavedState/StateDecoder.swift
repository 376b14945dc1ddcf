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

/// One value as its type reads it.
final class StateReader: Decoder {
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
