/// Typed reading of one line's keys, with errors that name the key.
struct LineFields {
  let document: JSONDocument
  let settings: LogSettings

  typealias Node = JSONDocument.Reference

  var root: Node { document.root }

  /// The value under a key; nil when absent or null.
  func value(_ object: Node, _ key: StaticString) -> Node? {
    guard let found = document.member(object, key), document.kind(found) != .null else {
      return nil
    }
    return found
  }

  /// The first of several keys that is present.
  func value(_ object: Node, anyOf keys: [String]) -> Node? {
    for key in keys {
      if let found = document.member(object, named: key), document.kind(found) != .null {
        return found
      }
    }
    return nil
  }

  func requiredObject(_ object: Node, _ key: StaticString) throws(LineError) -> Node {
    guard let found = value(object, key) else {
      throw LineError(.missingField, "\(key) is absent", at: object)
    }
    guard document.kind(found) == .object else { throw wrongType(key, "an object", found) }
    return found
  }

  /// A text; nil when absent, null, empty, or an unresolved Caddy placeholder (`{http.…}`), which
  /// Caddy before 2.9 passes on literally where a value is missing.
  func text(_ object: Node, _ key: StaticString) throws(LineError) -> String? {
    guard let found = value(object, key) else { return nil }
    guard document.kind(found) == .string else { throw wrongType(key, "a string", found) }
    return meaningful(found)
  }

  func requiredText(_ object: Node, _ key: StaticString) throws(LineError) -> String {
    guard let text = try text(object, key) else {
      throw LineError(.missingField, "\(key) is absent or empty", at: object)
    }
    return text
  }

  /// A string's text, unless it is empty or a literal placeholder.
  func meaningful(_ node: Node) -> String? {
    guard document.kind(node) == .string else { return nil }
    let range = document.range(node)
    if range.isEmpty { return nil }
    if document.bytes.span.extracting(range).hasBytes("{http.", at: 0) { return nil }
    return document.string(node)
  }

  func integer(
    _ object: Node, _ key: StaticString, in range: ClosedRange<Int>
  ) throws(LineError) -> Int? {
    guard let found = value(object, key) else { return nil }
    guard document.kind(found) == .number else { throw wrongType(key, "a number", found) }
    let whole = document.integer(found) ?? document.double(found).flatMap { Int64(exactly: $0) }
    guard let whole, let number = Int(exactly: whole), range.contains(number) else {
      throw LineError(.outOfRange, "\(key) is no whole number in \(range)", at: found)
    }
    return number
  }

  /// Seconds, finite and not negative; a clock that ran back by less than a second reads as 0.
  func seconds(_ object: Node, _ key: StaticString) throws(LineError) -> Double? {
    guard let found = value(object, key) else { return nil }
    guard let number = document.double(found) else { throw wrongType(key, "a number", found) }
    guard number > -1, number.isFinite else {
      throw LineError(.outOfRange, "\(key) is no duration in seconds", at: found)
    }
    return max(number, 0)
  }

  /// An object's own JSON text; nil when it has no members.
  func objectText(_ object: Node, _ key: StaticString) throws(LineError) -> [UInt8]? {
    guard let found = value(object, key) else { return nil }
    guard document.kind(found) == .object else { throw wrongType(key, "an object", found) }
    let text = document.bytes[document.textRange(found)]
    return text.count > 2 ? Array(text) : nil
  }

  /// Groups as emitters write them: an array of strings, or one string with commas.
  func groups(_ node: Node?) -> [String] {
    guard let node else { return [] }
    if let list = document.strings(node) { return list.filter { !$0.isEmpty } }
    guard let text = meaningful(node) else { return [] }
    return LineFields.list(text)
  }

  /// The parts of `a, b,c`, trimmed, without empty ones.
  static func list(_ text: String) -> [String] {
    let bytes = text.utf8Span.span
    var parts: [String] = []
    var start = 0
    for index in 0...bytes.count
    where index == bytes.count || bytes[index] == UInt8(ascii: ",") {
      var (first, last) = (start, index)
      start = index + 1
      while first < last, bytes[first].isASCIISpace { first += 1 }
      while first < last, bytes[last - 1].isASCIISpace { last -= 1 }
      if first < last { parts.append(String(copying: bytes.extracting(first..<last))) }
    }
    return parts
  }

  func wrongType(_ key: StaticString, _ expected: StaticString, _ node: Node) -> LineError {
    LineError(.wrongType, "\(key) is \(document.kind(node)), expected \(expected)", at: node)
  }
}

extension String {
  /// A copy of the bytes as text; what is no UTF-8 reads as U+FFFD.
  fileprivate init(copying bytes: Span<UInt8>) {
    // SAFETY: the pointer is valid for the closure and for exactly `count` bytes.
    self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }
}

extension JSONDocument {
  /// `member` for a name from settings.
  func member(_ object: Reference, named name: String) -> Reference? {
    guard kind(object) == .object else { return nil }
    if object.index == 0 {
      let kind = JSONRootKeys.kind(
        byteCount: name.utf8.count, first: name.utf8.first ?? 0, last: name.utf8.last ?? 0)
      if case .absent = rootKeys.answer(kind: kind) { return nil }
    }
    var index = object.index + 1
    let end = nodes[Int(object.index)].next
    while index < end {
      let isEqual =
        nodes[Int(index)].hasEscapes
        ? string(Reference(index: index)) == name
        : bytes[range(Reference(index: index))].elementsEqual(name.utf8)
      if isEqual { return Reference(index: index + 1) }
      index = nodes[Int(index + 1)].next
    }
    return nil
  }
}
