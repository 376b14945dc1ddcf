/// Keys are compared unescaped: `"a"` and `"\u0061"` are one key.
extension JSONScanner {
  /// Keys of one object that are compared with each other; beyond, a set of copies is made.
  private static let comparedKeyCountMax = 64

  /// Refuses the first key of an object that repeats an earlier one. The object's nodes are the last.
  ///
  /// A word of 64 bits remembers which kinds of key (see `JSONRootKeys`) there were: most keys are the
  /// first of their kind and are compared with none. Nothing is allocated.
  mutating func refuseDuplicateKeys(of container: Int32) throws(JSONError) {
    let first = Int(container) + 1
    var seen: UInt64 = 0
    var count = 0
    var index = first
    while index < nodes.count {
      let key = nodes[index]
      count += 1
      if key.hasEscapes || count > JSONScanner.comparedKeyCountMax {
        if container == 0 { rootKeys.giveUp() }
        return try refuseDuplicateKeysOfSet(from: first)
      }
      let kind = kind(of: key)
      if seen & 1 << UInt64(kind) != 0, repeats(key, amongKeysFrom: first, before: index) {
        throw JSONError(.duplicateKey, at: Int(key.start))
      }
      seen |= 1 << UInt64(kind)
      if container == 0 { rootKeys.insert(Int32(index), kind: kind) }
      index = Int(nodes[index + 1].next)
    }
  }

  private func kind(of key: JSONDocument.Node) -> Int {
    let (start, end) = (Int(key.start), Int(key.end))
    guard end > start else { return JSONRootKeys.kind(byteCount: 0, first: 0, last: 0) }
    return JSONRootKeys.kind(byteCount: end - start, first: text[start], last: text[end - 1])
  }

  /// Whether an earlier key has the same bytes as written.
  private func repeats(
    _ key: JSONDocument.Node, amongKeysFrom first: Int, before end: Int
  ) -> Bool {
    let count = key.end - key.start
    var index = first
    while index < end {
      let earlier = nodes[index]
      if earlier.end - earlier.start == count, hasSameBytes(earlier, key) { return true }
      index = Int(nodes[index + 1].next)
    }
    return false
  }

  private func hasSameBytes(_ left: JSONDocument.Node, _ right: JSONDocument.Node) -> Bool {
    for offset in 0..<(left.end - left.start)
    where text[Int(left.start + offset)] != text[Int(right.start + offset)] {
      return false
    }
    return true
  }

  /// The same over copies of the keys, unescaped.
  private func refuseDuplicateKeysOfSet(from first: Int) throws(JSONError) {
    var seen = Set<[UInt8]>()
    var index = first
    while index < nodes.count {
      let key = nodes[index]
      let written = [UInt8](copying: text.extracting(Int(key.start)..<Int(key.end)))
      let name = key.hasEscapes ? JSONEscape.unescaped(written[...]) : written
      guard seen.insert(name).inserted else {
        throw JSONError(.duplicateKey, at: Int(key.start))
      }
      index = Int(nodes[index + 1].next)
    }
  }
}
