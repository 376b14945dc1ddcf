/// One parsed JSON text (RFC 8259): its bytes and a flat list of nodes in document order.
///
/// A node knows its kind, its byte range and the index of the node that follows its whole subtree,
/// so that skipping a value is one step and no tree is ever allocated. Worked example:
///
///     {"a":[1,2],"b":true}
///     0 object 0..<20 next 7 | 1 key "a" next 2 | 2 array next 5 | 3 number 1 | 4 number 2
///     5 key "b" next 6       | 6 true next 7
///
/// Parsing validates grammar, UTF-8, escapes, depth, number range and duplicate keys. One document
/// is meant to be parsed into again and again: its arrays keep their capacity.
/// Cost: one pass over the bytes and one copy of them.
package struct JSONDocument: Sendable {
  /// Deepest nesting taken; arrays and objects count one each.
  package static let depthMax = 128

  /// What a node is. A key is a string in key position; its value is the next node.
  package enum Kind: UInt8, Sendable {
    case object, array, key, string, number, `true`, `false`, null
  }

  struct Node: Sendable {
    var kind: Kind
    var hasEscapes: Bool
    /// First byte; for strings and keys the byte after the opening quote.
    var start: Int32
    /// One past the last byte; for strings and keys the closing quote.
    var end: Int32
    /// Index of the node after this one's subtree.
    var next: Int32
  }

  /// Names one node of the document it came from. Meaningless in any other.
  package struct Reference: Hashable, Sendable {
    let index: Int32
  }

  /// The text as it was parsed.
  package internal(set) var bytes: [UInt8] = []
  var nodes: [Node] = []
  var openContainers: [Int32] = []
  var rootKeys = JSONRootKeys()

  package init() {}

  /// Parses `text` in place of what was here. After an error the document is empty.
  ///
  /// - Parameter stopKey: when the top-level object reaches this key, parsing ends there as if the
  ///   object closed; what follows is neither read nor validated. For entries, whose last key
  ///   (`original`) a reader of the normalised keys never needs.
  package mutating func parse(
    _ text: Span<UInt8>, stoppingBefore stopKey: StaticString? = nil
  ) throws(JSONError) {
    precondition(text.count < Int(Int32.max), "a JSON text of \(text.count) bytes")
    bytes.removeAll(keepingCapacity: true)
    bytes.append(copying: text)
    // Lent to the scanner and taken back: an array with one owner is filled without copying it.
    var scanner = JSONScanner(
      text, stopKey: stopKey, nodes: exchange(&nodes, with: []),
      openContainers: exchange(&openContainers, with: []), rootKeys: rootKeys.lend())
    defer {
      rootKeys = scanner.rootKeys
      nodes = scanner.nodes
      openContainers = scanner.openContainers
    }
    do {
      try scanner.scan()
    } catch {
      scanner.forgetNodes()
      throw error
    }
  }

  /// The outermost value. Precondition: a parse succeeded.
  package var root: Reference {
    precondition(!nodes.isEmpty, "no JSON text was parsed")
    return Reference(index: 0)
  }

  package func kind(_ reference: Reference) -> Kind { nodes[Int(reference.index)].kind }

  /// The bytes of the value as written; for strings and keys without the quotes.
  package func range(_ reference: Reference) -> Range<Int> {
    let node = nodes[Int(reference.index)]
    return Int(node.start)..<Int(node.end)
  }

  /// The bytes of the value as written, quotes included: a JSON text of its own.
  package func textRange(_ reference: Reference) -> Range<Int> {
    let node = nodes[Int(reference.index)]
    switch node.kind {
    case .string, .key: return Int(node.start) - 1..<Int(node.end) + 1
    default: return Int(node.start)..<Int(node.end)
    }
  }
}

extension [UInt8] {
  /// Appends a copy of the span's bytes.
  package mutating func append(copying span: Span<UInt8>) {
    // SAFETY: the buffer pointer is valid for the closure and exactly as long as the span.
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
