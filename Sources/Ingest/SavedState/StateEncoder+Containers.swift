/// Float is of no state of ours; it travels as the double that holds it.
struct WholePart: SingleValueEncodingContainer {
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

struct ListPart: UnkeyedEncodingContainer {
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

struct KeyedPart<Key: CodingKey>: KeyedEncodingContainerProtocol {
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
