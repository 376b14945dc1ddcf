/// The event time and kind of an entry, read without parsing it where it begins as ours do:
///
///     {"v":1,"kind":"request","ts":"2026-11-24T05:28:54.000000Z",…
package struct EntryPeek {
  private static let opening = Array("{\"v\":1,\"kind\":\"".utf8)
  private static let middle = Array("\",\"ts\":\"".utf8)
  private static let timestampByteCount = 27
  private static let kinds = RecordKind.allCases.map { (kind: $0, word: Array($0.rawValue.utf8)) }

  private var document = JSONDocument()

  package init() {}

  /// Nil when the bytes are no record.
  package mutating func read(_ entry: Span<UInt8>) -> (timestamp: Timestamp, kind: RecordKind)? {
    fast(entry) ?? slow(entry)
  }

  private func fast(_ entry: Span<UInt8>) -> (timestamp: Timestamp, kind: RecordKind)? {
    guard EntryPeek.matches(entry, EntryPeek.opening, at: 0) else { return nil }
    var offset = EntryPeek.opening.count
    for (kind, word) in EntryPeek.kinds
    where EntryPeek.matches(entry, word, at: offset)
      && EntryPeek.matches(entry, EntryPeek.middle, at: offset + word.count)
    {
      offset += word.count + EntryPeek.middle.count
      let end = offset + EntryPeek.timestampByteCount
      guard end < entry.count, entry[end] == UInt8(ascii: "\""),
        let timestamp = Timestamp(rfc3339: entry.extracting(offset..<end))
      else { return nil }
      return (timestamp, kind)
    }
    return nil
  }

  private mutating func slow(
    _ entry: Span<UInt8>
  ) -> (timestamp: Timestamp, kind: RecordKind)? {
    do { try document.parse(entry, stoppingBefore: "original") } catch { return nil }
    let root = document.root
    guard let word = document.member(root, "kind").flatMap({ document.string($0) }),
      let kind = RecordKind(rawValue: word),
      let text = document.member(root, "ts").flatMap({ document.string($0) }),
      let timestamp = Timestamp(rfc3339: text)
    else { return nil }
    return (timestamp, kind)
  }

  private static func matches(_ entry: Span<UInt8>, _ word: [UInt8], at offset: Int) -> Bool {
    guard offset + word.count <= entry.count else { return false }
    for position in word.indices where entry[offset + position] != word[position] { return false }
    return true
  }
}
