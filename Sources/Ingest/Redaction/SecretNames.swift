/// Answers whether a name (of a key, parameter, option or variable) says that its value is secret.
package struct SecretNames: Sendable {
  private let fragments: [[UInt8]]
  /// Whether some fragment begins with the byte.
  private let startsFragment: [Bool]
  private let lastWords: NameTable
  private let wholeNames: NameTable
  private let kept: NameTable

  /// Takes the built-in lists and what a configuration adds to them.
  package init(_ list: RedactionList) {
    let names = RedactionList.secretFragments + list.secretNames
    fragments = names.map { NameTable.canonical(Array($0.utf8)) }.filter { !$0.isEmpty }
    var starts = [Bool](repeating: false, count: 256)
    for fragment in fragments { starts[Int(fragment[0])] = true }
    startsFragment = starts
    lastWords = NameTable(RedactionList.secretLastWords)
    wholeNames = NameTable(RedactionList.secretWholeNames)
    kept = NameTable(RedactionList.keptBuiltInNames + list.keptNames)
  }

  /// Whether a value under this name is secret.
  package func matches(_ name: String) -> Bool { matches(Array(name.utf8).span) }

  /// Cost: linear in the name's length times the fragments that share a first letter.
  func matches(_ name: Span<UInt8>) -> Bool {
    guard hasFragment(name) || hasLastWord(name) || wholeNames.contains(name) else { return false }
    return !kept.contains(name)
  }

  private func hasFragment(_ name: Span<UInt8>) -> Bool {
    for index in name.indices {
      let first = NameTable.lowercased(name[index])
      guard startsFragment[Int(first)] else { continue }
      for fragment in fragments where fragment[0] == first {
        if SecretNames.matches(fragment, in: name, at: index) { return true }
      }
    }
    return false
  }

  /// Whether the letters of `fragment` follow at `start`, separators passed over.
  private static func matches(
    _ fragment: [UInt8], in name: Span<UInt8>, at start: Int
  ) -> Bool {
    var index = start
    var position = 0
    while position < fragment.count {
      guard index < name.count else { return false }
      if NameTable.isSeparator(name[index]) {
        index += 1
        continue
      }
      guard NameTable.lowercased(name[index]) == fragment[position] else { return false }
      index += 1
      position += 1
    }
    return true
  }

  /// The last word begins after the last separator, or at the last step from lower to upper case.
  private func hasLastWord(_ name: Span<UInt8>) -> Bool {
    var start = name.count
    while start > 0, !NameTable.isSeparator(name[start - 1]) {
      start -= 1
      let startsWord = name[start] &- UInt8(ascii: "A") < 26
      if startsWord, start > 0, name[start - 1] &- UInt8(ascii: "a") < 26 { break }
    }
    return lastWords.contains(name.extracting(start..<name.count))
  }
}
