/// Why a JSON object is no record, and which key shows it.
package struct RecordError: Error, Hashable, Sendable {
  package enum Reason: String, Sendable, CaseIterable {
    /// A key that its kind cannot do without is absent.
    case missingField = "missing_field"
    /// A value of another type, or a word that the key does not know.
    case wrongType = "wrong_type"
    /// A number or time outside its stated range.
    case outOfRange = "out_of_range"
    /// A `v` other than 1.
    case unknownVersion = "unknown_version"
    /// A `kind` that is none of the seven.
    case unknownKind = "unknown_kind"
    /// The text is no JSON object.
    case notAnObject = "not_an_object"
  }

  package let reason: Reason
  /// The key in question.
  package let key: String

  package init(_ reason: Reason, _ key: String) {
    self.reason = reason
    self.key = key
  }
}

/// Typed reading of one object's keys. A key that is absent or null is nil; one of another type is
/// an error, for a reader that takes a wrong type for an absent value hides damage.
struct RecordReader {
  private let document: JSONDocument
  private let object: JSONDocument.Reference

  init(_ document: JSONDocument, _ object: JSONDocument.Reference) {
    self.document = document
    self.object = object
  }

  private func value(_ key: StaticString) -> JSONDocument.Reference? {
    guard let found = document.member(object, key), document.kind(found) != .null else {
      return nil
    }
    return found
  }

  func string(_ key: StaticString) throws(RecordError) -> String? {
    guard let found = value(key) else { return nil }
    guard let text = document.string(found) else { throw RecordError(.wrongType, key.description) }
    return text
  }

  func requiredString(_ key: StaticString) throws(RecordError) -> String {
    guard let text = try string(key) else { throw RecordError(.missingField, key.description) }
    return text
  }

  func integer(_ key: StaticString, in range: ClosedRange<Int>) throws(RecordError) -> Int? {
    guard let found = value(key) else { return nil }
    guard document.kind(found) == .number else { throw RecordError(.wrongType, key.description) }
    // 12.0 is an integer to JSON; emitters in dynamic languages write it.
    let whole = document.integer(found) ?? document.double(found).flatMap { Int64(exactly: $0) }
    guard let whole, let native = Int(exactly: whole), range.contains(native) else {
      throw RecordError(.outOfRange, key.description)
    }
    return native
  }

  /// Seconds: finite and not negative.
  func seconds(_ key: StaticString) throws(RecordError) -> Double? {
    guard let found = value(key) else { return nil }
    guard let number = document.double(found) else {
      throw RecordError(.wrongType, key.description)
    }
    guard number >= 0, number.isFinite else { throw RecordError(.outOfRange, key.description) }
    return number
  }

  func boolean(_ key: StaticString) throws(RecordError) -> Bool? {
    guard let found = value(key) else { return nil }
    guard let flag = document.boolean(found) else {
      throw RecordError(.wrongType, key.description)
    }
    return flag
  }

  func strings(_ key: StaticString) throws(RecordError) -> [String] {
    guard let found = value(key) else { return [] }
    guard let list = document.strings(found) else {
      throw RecordError(.wrongType, key.description)
    }
    return list
  }

  func timestamp(_ key: StaticString) throws(RecordError) -> Timestamp? {
    guard let text = try string(key) else { return nil }
    guard let instant = Timestamp(rfc3339: text) else {
      throw RecordError(.outOfRange, key.description)
    }
    return instant
  }

  func enumeration<Value: RawRepresentable<String>>(
    _ key: StaticString
  ) throws(RecordError) -> Value? {
    guard let word = try string(key) else { return nil }
    guard let value = Value(rawValue: word) else {
      throw RecordError(.wrongType, key.description)
    }
    return value
  }

  func requiredEnumeration<Value: RawRepresentable<String>>(
    _ key: StaticString
  ) throws(RecordError) -> Value {
    guard let value: Value = try enumeration(key) else {
      throw RecordError(.missingField, key.description)
    }
    return value
  }

  /// A nested object as its JSON text.
  func object(_ key: StaticString) throws(RecordError) -> [UInt8]? {
    guard let found = value(key) else { return nil }
    guard document.kind(found) == .object else {
      throw RecordError(.wrongType, key.description)
    }
    return Array(document.bytes[document.textRange(found)])
  }

  /// A reader over a nested object.
  func nested(_ key: StaticString) throws(RecordError) -> RecordReader? {
    guard let found = value(key) else { return nil }
    guard document.kind(found) == .object else {
      throw RecordError(.wrongType, key.description)
    }
    return RecordReader(document, found)
  }

  /// An object of whole numbers, in its order.
  func counts(_ key: StaticString) throws(RecordError) -> [ControlRecord.Count] {
    guard let found = value(key) else { return [] }
    guard document.kind(found) == .object else {
      throw RecordError(.wrongType, key.description)
    }
    var result: [ControlRecord.Count] = []
    try document.forEachMember(found) { (name, number) throws(RecordError) in
      guard let whole = document.integer(number).flatMap({ Int(exactly: $0) }) else {
        throw RecordError(.wrongType, key.description)
      }
      result.append(ControlRecord.Count(document.string(name) ?? "", whole))
    }
    return result
  }
}
