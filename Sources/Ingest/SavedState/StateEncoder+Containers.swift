/// Float is of no state of ours; it travels as the double that holds it.
struct WholePart: SingleValueEncodingContainer {
  let part: StatePart
  var codingPath: [any CodingKey] { part.codingPath }

  func encodeNil() { part.set { $0.bytes.append(StateTag.null) } }
  func encode(_ value: Bool) { part.set { $0.bytes.add(value) } }
  func encode(_ value: String) { part.set { $0.bytes.add(value) } }
  func encode(_ value: Double) { part.set { $0.bytes.add(value) } }
  func encode(_ value: Float) { part.set { $0.bytes.add(Double(value)) } }
  func encode(_ value: Int) { part.set { $0.bytes.add(value) } }
  func encode(_ value: Int8) { part.set { $0.bytes.add(value) } }
  func encode(_ value: Int16) { part.set { $0.bytes.add(value) } }
  func encode(_ value: Int32) { part.set { $0.bytes.add(value) } }
  func encode(_ value: Int64) { part.set { $0.bytes.add(value) } }
  func encode(_ value: UInt) { part.set { $0.bytes.add(value) } }
  func encode(_ value: UInt8) { part.set { $0.bytes.add(value) } }
  func encode(_ value: UInt16) { part.set { $0.bytes.add(value) } }
  func encode(_ value: UInt32) { part.set { $0.bytes.add(value) } }
  func encode(_ value: UInt64) { part.set { $0.bytes.add(value) } }

  func encode<T: Encodable>(_ value: T) throws {
    try part.set { try $0.write(value) }
  }
}

struct ListPart: UnkeyedEncodingContainer {
  let part: StatePart
  var codingPath: [any CodingKey] { part.codingPath }
  var count: Int { part.count }

  func encodeNil() { part.append { $0.bytes.append(StateTag.null) } }
  func encode(_ value: Bool) { part.append { $0.bytes.add(value) } }
  func encode(_ value: String) { part.append { $0.bytes.add(value) } }
  func encode(_ value: Double) { part.append { $0.bytes.add(value) } }
  func encode(_ value: Float) { part.append { $0.bytes.add(Double(value)) } }
  func encode(_ value: Int) { part.append { $0.bytes.add(value) } }
  func encode(_ value: Int8) { part.append { $0.bytes.add(value) } }
  func encode(_ value: Int16) { part.append { $0.bytes.add(value) } }
  func encode(_ value: Int32) { part.append { $0.bytes.add(value) } }
  func encode(_ value: Int64) { part.append { $0.bytes.add(value) } }
  func encode(_ value: UInt) { part.append { $0.bytes.add(value) } }
  func encode(_ value: UInt8) { part.append { $0.bytes.add(value) } }
  func encode(_ value: UInt16) { part.append { $0.bytes.add(value) } }
  func encode(_ value: UInt32) { part.append { $0.bytes.add(value) } }
  func encode(_ value: UInt64) { part.append { $0.bytes.add(value) } }

  func encode<T: Encodable>(_ value: T) throws {
    try part.append { try $0.write(value) }
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

struct KeyedPart<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let part: StatePart
  var codingPath: [any CodingKey] { part.codingPath }

  /// Written, so that a field left out is told apart from one that is nil.
  func encodeNil(forKey key: Key) { part.put(key.stringValue) { $0.bytes.append(StateTag.null) } }
  func encode(_ value: Bool, forKey key: Key) { part.put(key.stringValue) { $0.bytes.add(value) } }
  func encode(_ value: String, forKey key: Key) {
    part.put(key.stringValue) { $0.bytes.add(value) }
  }
  func encode(_ value: Double, forKey key: Key) {
    part.put(key.stringValue) { $0.bytes.add(value) }
  }
  func encode(_ value: Float, forKey key: Key) {
    part.put(key.stringValue) { $0.bytes.add(Double(value)) }
  }
  func encode(_ value: Int, forKey key: Key) { part.put(key.stringValue) { $0.bytes.add(value) } }
  func encode(_ value: Int8, forKey key: Key) { part.put(key.stringValue) { $0.bytes.add(value) } }
  func encode(_ value: Int16, forKey key: Key) { part.put(key.stringValue) { $0.bytes.add(value) } }
  func encode(_ value: Int32, forKey key: Key) { part.put(key.stringValue) { $0.bytes.add(value) } }
  func encode(_ value: Int64, forKey key: Key) { part.put(key.stringValue) { $0.bytes.add(value) } }
  func encode(_ value: UInt, forKey key: Key) { part.put(key.stringValue) { $0.bytes.add(value) } }
  func encode(_ value: UInt8, forKey key: Key) { part.put(key.stringValue) { $0.bytes.add(value) } }
  func encode(_ value: UInt16, forKey key: Key) {
    part.put(key.stringValue) { $0.bytes.add(value) }
  }
  func encode(_ value: UInt32, forKey key: Key) {
    part.put(key.stringValue) { $0.bytes.add(value) }
  }
  func encode(_ value: UInt64, forKey key: Key) {
    part.put(key.stringValue) { $0.bytes.add(value) }
  }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    try part.put(key.stringValue) { try $0.write(value) }
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
