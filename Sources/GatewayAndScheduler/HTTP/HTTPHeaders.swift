/// Header fields in the order in which they came, duplicates kept.
///
/// Names compare without regard to ASCII case and keep the case that they were written in. Nothing
/// is checked on the way in: a field that cannot be sent (a line break in a value, say) makes the
/// server answer 500 and the client throw, so that no text can add a header of its own.
/// Lookups are linear: a message has at most `HTTPLimits.headerCountMax` fields.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// One field line.
  package struct Field: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// All fields, in order.
  package private(set) var fields: [Field] = []

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }

  /// Adds a field after those that are there, of the same name or not.
  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Puts one field in place of all of this name.
  package mutating func replace(_ name: String, with value: String) {
    remove(name)
    append(name, value)
  }

  /// Removes every field of this name.
  package mutating func remove(_ name: String) {
    fields.removeAll { HTTPSyntax.equalIgnoringCase($0.name, name) }
  }

  /// The first value under `name`; nil when there is none.
  package subscript(name: String) -> String? {
    fields.first { HTTPSyntax.equalIgnoringCase($0.name, name) }?.value
  }

  /// Every value under `name`, in order.
  package func values(_ name: String) -> [String] {
    fields.filter { HTTPSyntax.equalIgnoringCase($0.name, name) }.map(\.value)
  }

  /// The one value under `name`; nil when there is none, or more than one.
  ///
  /// For fields on which a decision rests: with two, sender and receiver may not mean the same one.
  package func onlyValue(_ name: String) -> String? {
    let all = values(name)
    return all.count == 1 ? all[0] : nil
  }

  /// The first field that cannot be written: a name that is no token, a value with control
  /// characters or white space at an end.
  package var firstUnsendable: Field? {
    fields.first { !HTTPSyntax.isToken($0.name) || !HTTPSyntax.isFieldValue($0.value) }
  }
}
