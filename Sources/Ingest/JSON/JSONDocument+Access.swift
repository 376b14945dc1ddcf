/// Reading a parsed document. Every accessor answers nil (or nothing) when the value is of another
/// kind, so that a field of an unexpected type reads as absent and is judged by the caller.
extension JSONDocument {
  /// The value under `name` in an object; nil when absent or when `object` is no object.
  package func member(_ object: Reference, _ name: StaticString) -> Reference? {
    guard kind(object) == .object else { return nil }
    guard object.index == 0 else { return search(object, name) }
    switch rootKeys.answer(kind: JSONDocument.keyKind(of: name)) {
    case .absent: return nil
    case .search: return search(object, name)
    case .candidate(let index):
      return equals(Reference(index: index), name) ? Reference(index: index + 1) : nil
    }
  }

  private func search(_ object: Reference, _ name: StaticString) -> Reference? {
    let length = Int32(name.utf8CodeUnitCount)
    var index = object.index + 1
    let end = nodes[Int(object.index)].next
    while index < end {
      let key = nodes[Int(index)]
      // Most keys differ in length already: a third of verify's time went into asking further.
      if key.hasEscapes || key.end - key.start == length, equals(Reference(index: index), name) {
        return Reference(index: index + 1)
      }
      index = nodes[Int(index + 1)].next
    }
    return nil
  }

  private static func keyKind(of name: StaticString) -> Int {
    // SAFETY: a StaticString's buffer holds utf8CodeUnitCount bytes for the whole program.
    name.withUTF8Buffer { buffer in
      unsafe JSONRootKeys.kind(
        byteCount: buffer.count, first: buffer.first ?? 0, last: buffer.last ?? 0)
    }
  }

  /// `member` step by step down a path of names.
  package func member(_ object: Reference, path: StaticString...) -> Reference? {
    var current = object
    for name in path {
      guard let next = member(current, name) else { return nil }
      current = next
    }
    return current
  }

  /// Calls `body` with each key and value of an object, in document order.
  package func forEachMember<E: Error>(
    _ object: Reference, _ body: (_ key: Reference, _ value: Reference) throws(E) -> Void
  ) throws(E) {
    guard kind(object) == .object else { return }
    var index = object.index + 1
    let end = nodes[Int(object.index)].next
    while index < end {
      try body(Reference(index: index), Reference(index: index + 1))
      index = nodes[Int(index + 1)].next
    }
  }

  /// Calls `body` with each element of an array, in order.
  package func forEachElement<E: Error>(
    _ array: Reference, _ body: (Reference) throws(E) -> Void
  ) throws(E) {
    guard kind(array) == .array else { return }
    var index = array.index + 1
    let end = nodes[Int(array.index)].next
    while index < end {
      try body(Reference(index: index))
      index = nodes[Int(index)].next
    }
  }

  /// The first element of an array.
  package func firstElement(_ array: Reference) -> Reference? {
    guard kind(array) == .array, nodes[Int(array.index)].next > array.index + 1 else { return nil }
    return Reference(index: array.index + 1)
  }

  /// Whether a string or key, unescaped, equals `name`.
  package func equals(_ reference: Reference, _ name: StaticString) -> Bool {
    let node = nodes[Int(reference.index)]
    guard node.kind == .key || node.kind == .string else { return false }
    if node.hasEscapes { return string(reference) == name.description }
    let length = Int(node.end - node.start)
    guard length == name.utf8CodeUnitCount else { return false }
    return bytes.span.extracting(Int(node.start)..<Int(node.end)).hasBytes(name, at: 0)
  }

  /// A string or key, unescaped. A lone surrogate escape reads as U+FFFD.
  package func string(_ reference: Reference) -> String? {
    let node = nodes[Int(reference.index)]
    guard node.kind == .string || node.kind == .key else { return nil }
    let raw = bytes[Int(node.start)..<Int(node.end)]
    if !node.hasEscapes { return String(decoding: raw, as: UTF8.self) }
    return String(decoding: JSONEscape.unescaped(raw), as: UTF8.self)
  }

  /// The UTF-8 of a string or key without escapes.
  package func unescapedBytes(_ reference: Reference) -> [UInt8] {
    let raw = bytes[range(reference)]
    return nodes[Int(reference.index)].hasEscapes ? JSONEscape.unescaped(raw) : Array(raw)
  }

  /// A number written as an integer in the range of Int64; nil with a fraction or exponent.
  package func integer(_ reference: Reference) -> Int64? {
    guard kind(reference) == .number else { return nil }
    return JSONNumber.integer(bytes[range(reference)])
  }

  /// A number as the nearest binary64.
  package func double(_ reference: Reference) -> Double? {
    guard kind(reference) == .number else { return nil }
    return JSONNumber.double(bytes[range(reference)])
  }

  package func boolean(_ reference: Reference) -> Bool? {
    switch kind(reference) {
    case .true: true
    case .false: false
    default: nil
    }
  }

  /// The strings of an array of strings; elements of another kind are left out. Nil for no array.
  package func strings(_ array: Reference) -> [String]? {
    guard kind(array) == .array else { return nil }
    var result: [String] = []
    forEachElement(array) { element in
      if let text = string(element) { result.append(text) }
    }
    return result
  }

  /// Line and column of a byte, both from 1, lines ending at 0x0A; for messages about files.
  package func position(ofByte offset: Int) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == 0x0A {
        line += 1
        column = 1
      } else {
        column += 1
      }
    }
    return (line, column)
  }
}
