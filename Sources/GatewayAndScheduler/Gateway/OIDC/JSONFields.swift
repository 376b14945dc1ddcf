import Ingest

/// The fields of one JSON object out of a token or a provider's answer.
///
/// A key that stands twice is refused by the parser: two readers could believe two different ones.
/// `null` reads as absent.
package struct JSONFields: Sendable {
  private let document: JSONDocument

  /// Throws `malformed` for anything but one JSON object.
  package init(_ json: [UInt8]) throws(CredentialRefusal) {
    var document = JSONDocument()
    do {
      try document.parse(json.span)
    } catch {
      throw .token("malformed", "json: \(error.reason.rawValue) at byte \(error.byteOffset)")
    }
    guard document.kind(document.root) == .object else {
      throw .token("malformed", "json: not an object")
    }
    self.document = document
  }

  /// Whether the claim is there and not null.
  package func has(_ name: String) -> Bool { value(name) != nil }

  /// A text that is not empty.
  package func text(_ name: String) -> String? {
    value(name).flatMap { document.string($0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Seconds since the Unix epoch, whole or not.
  package func instant(_ name: String) -> Double? {
    value(name).flatMap { document.double($0) }.flatMap { $0.isFinite ? $0 : nil }
  }

  /// The numbers of a list; elements of another kind are left out.
  func instants(_ name: String) -> [Double] {
    guard let value = value(name) else { return [] }
    var result: [Double] = []
    document.forEachElement(value) { element in
      if let number = document.double(element) { result.append(number) }
    }
    return result
  }

  package func flag(_ name: String) -> Bool? { value(name).flatMap { document.boolean($0) } }

  /// A text, or a list of texts; nil for anything else, also for a list with something else in it.
  package func texts(_ name: String) -> [String]? {
    guard let value = value(name) else { return nil }
    if let one = document.string(value) { return [one] }
    guard document.kind(value) == .array else { return nil }
    var count = 0
    document.forEachElement(value) { _ in count += 1 }
    let all = document.strings(value) ?? []
    return all.count == count ? all : nil
  }

  /// The objects of a list; elements of another kind are left out.
  func objects(_ name: String) -> [JSONFields] {
    guard let value = value(name) else { return [] }
    var result: [JSONFields] = []
    document.forEachElement(value) { element in
      guard document.kind(element) == .object else { return }
      if let object = try? JSONFields(Array(document.bytes[document.textRange(element)])) {
        result.append(object)
      }
    }
    return result
  }

  /// A claim by its whole name, or else by a path of names with dots between: `realm_access.roles`.
  private func value(_ name: String) -> JSONDocument.Reference? {
    if let whole = member(document.root, name) { return whole }
    guard name.utf8.contains(UInt8(ascii: ".")) else { return nil }
    var current: JSONDocument.Reference? = document.root
    for step in name.split(separator: ".") {
      current = current.flatMap { member($0, String(step)) }
    }
    return current
  }

  private func member(
    _ object: JSONDocument.Reference, _ name: String
  ) -> JSONDocument.Reference? {
    var found: JSONDocument.Reference?
    document.forEachMember(object) { key, value in
      if found == nil, document.string(key) == name { found = value }
    }
    return found.flatMap { document.kind($0) == .null ? nil : $0 }
  }
}
