extension JournalReader {
  /// Calls `body` with every record in event order: by `ts`, then kind (request, decision, run,
  /// task, approval, alert, control), then source, id and index.
  ///
  /// So what is made of them depends neither on the order in which files were imported nor on the
  /// size of batches. Records come without `original`.
  /// Memory: 24 bytes an entry in the range, 4 MiB of file blocks, and the sources and ids of one
  /// group of entries of equal time and kind, up to 65,536 of them; a larger group is compared by
  /// reading. Cost: one walk over the journal, a sort, and a parse of each entry in the range.
  /// Throws what `body` throws, and damage at an entry that is no record.
  ///
  /// - Parameters:
  ///   - since: the first event time taken; nil from the beginning.
  ///   - until: the first event time no longer taken; nil to the end.
  ///   - tieCountMax: largest group of equal time and kind whose sources and ids are held at once.
  package func forEachRecordInEventOrder(
    since: Timestamp? = nil, until: Timestamp? = nil, tieCountMax: Int = 65_536,
    _ body: (IndexedRecord) throws -> Void
  ) throws {
    var events = try events(since: since, until: until, tieCountMax: tieCountMax)
    try events.forEach(0..<events.count, body)
  }

  /// The entries from `firstIndex` on in event order, to be walked in parts.
  ///
  /// Memory and cost as for `forEachRecordInEventOrder`, for the entries from there on.
  package func events(
    from firstIndex: Int = 0, since: Timestamp? = nil, until: Timestamp? = nil,
    tieCountMax: Int = 65_536
  ) throws(JournalError) -> EventSequence {
    var keys = try eventKeys(from: firstIndex, since: since, until: until)
    keys.sort()
    return EventSequence(keys, EventWalk(self, tieCountMax: tieCountMax))
  }

  private func eventKeys(
    from firstIndex: Int, since: Timestamp?, until: Timestamp?
  ) throws(JournalError) -> [EventKey] {
    var keys: [EventKey] = []
    var peek = EntryPeek()
    var cursor = try cursor(from: firstIndex)
    var segmentPosition = 0
    while let location = try cursor.next() {
      while segments[segmentPosition].name != location.segment { segmentPosition += 1 }
      guard let (timestamp, kind) = peek.read(cursor.bytes) else {
        throw .damage(
          JournalDamage(
            file: segments[segmentPosition].path, index: location.index,
            byteOffset: location.byteOffset, expected: "a record",
            found: "\(cursor.bytes.count) other bytes"))
      }
      if let since, timestamp < since { continue }
      if let until, timestamp >= until { continue }
      keys.append(EventKey(timestamp, kind, location, segmentPosition))
    }
    return keys
  }
}

/// Entries of a journal in event order, by position; made by `JournalReader.events`.
package struct EventSequence {
  private var keys: [EventKey]
  private var walk: EventWalk

  fileprivate init(_ keys: [EventKey], _ walk: EventWalk) {
    self.keys = keys
    self.walk = walk
  }

  package var count: Int { keys.count }

  /// The first position whose event time is `instant` or later. Cost: a binary search.
  package func position(of instant: Timestamp) -> Int {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle].microseconds < instant.microseconds {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  /// The journal index of the entry at a position; at one event time and kind in journal order
  /// until `forEach` has passed.
  package func index(at position: Int) -> Int { keys[position].index }

  /// The record at a position; see `index(at:)`.
  package mutating func record(at position: Int) throws(JournalError) -> IndexedRecord {
    try walk.record(keys[position])
  }

  /// Hands over the records at these positions in order. Precondition: no event time is cut in two.
  package mutating func forEach(
    _ positions: Range<Int>, _ body: (IndexedRecord) throws -> Void
  ) throws {
    var start = positions.lowerBound
    while start < positions.upperBound {
      var end = start + 1
      while end < positions.upperBound, keys[end].isTied(with: keys[start]) { end += 1 }
      if end - start > 1 { try walk.breakTies(&keys, start..<end) }
      for position in start..<end { try body(try walk.record(keys[position])) }
      start = end
    }
  }
}

/// What one entry is sorted by, and where it stands: 24 bytes.
private struct EventKey: Comparable {
  let microseconds: Int64
  /// Kind rank in the upper 8 bits, index in the lower 56.
  private let rankAndIndex: UInt64
  /// Position of the segment in the upper 24 bits, offset in it in the lower 40.
  private let place: UInt64

  init(
    _ timestamp: Timestamp, _ kind: RecordKind, _ location: EntryLocation, _ segment: Int
  ) {
    precondition(
      segment < 1 << 24 && location.byteOffset < 1 << 40,
      "segment \(segment), offset \(location.byteOffset)")
    microseconds = timestamp.microseconds
    rankAndIndex = UInt64(kind.eventRank) << 56 | UInt64(location.index)
    place = UInt64(segment) << 40 | UInt64(location.byteOffset)
  }

  var index: Int { Int(rankAndIndex & (1 << 56 - 1)) }
  var segment: Int { Int(place >> 40) }
  var byteOffset: Int { Int(place & (1 << 40 - 1)) }

  static func < (left: EventKey, right: EventKey) -> Bool {
    left.microseconds == right.microseconds
      ? left.rankAndIndex < right.rankAndIndex : left.microseconds < right.microseconds
  }

  func isTied(with other: EventKey) -> Bool {
    microseconds == other.microseconds && rankAndIndex >> 56 == other.rankAndIndex >> 56
  }
}

extension RecordKind {
  /// Cause before effect, where both carry the same time.
  fileprivate var eventRank: Int {
    switch self {
    case .request: 0
    case .decision: 1
    case .run: 2
    case .task: 3
    case .approval: 4
    case .alert: 5
    case .control: 6
    }
  }
}

/// Reads the entries that the sorted keys name.
private struct EventWalk {
  private let segments: [ReadableSegment]
  private let tieCountMax: Int
  private var fetcher: EntryFetcher
  private var line: [UInt8] = []
  private var document = JSONDocument()

  /// Source and id, whose bytes order a group; then the index.
  private struct Tie {
    let name: [UInt8]
    let key: EventKey

    static func precedes(_ left: Tie, _ right: Tie) -> Bool {
      if left.name.elementsEqual(right.name) { return left.key.index < right.key.index }
      return left.name.lexicographicallyPrecedes(right.name)
    }
  }

  init(_ reader: JournalReader, tieCountMax: Int) {
    segments = reader.segments
    self.tieCountMax = tieCountMax
    fetcher = EntryFetcher(reader.segments)
  }

  /// Puts a group of equal time and kind in the order of source, id and index.
  mutating func breakTies(_ keys: inout [EventKey], _ range: Range<Int>) throws(JournalError) {
    guard range.count <= tieCountMax else {
      return try breakTiesByReading(&keys, range)
    }
    var ties: [Tie] = []
    ties.reserveCapacity(range.count)
    for key in keys[range] { ties.append(try tie(key)) }
    ties.sort(by: Tie.precedes)
    for (position, tie) in zip(range, ties) { keys[position] = tie.key }
  }

  /// The same by heap sort in place, two names in memory at a time.
  private mutating func breakTiesByReading(
    _ keys: inout [EventKey], _ range: Range<Int>
  ) throws(JournalError) {
    for root in (0..<range.count / 2).reversed() { try sift(&keys, range, root, range.count) }
    for end in (1..<range.count).reversed() {
      keys.swapAt(range.lowerBound, range.lowerBound + end)
      try sift(&keys, range, 0, end)
    }
  }

  private mutating func sift(
    _ keys: inout [EventKey], _ range: Range<Int>, _ root: Int, _ count: Int
  ) throws(JournalError) {
    let base = range.lowerBound
    var parent = root
    while 2 * parent + 1 < count {
      var child = 2 * parent + 1
      if child + 1 < count, try precedes(keys[base + child], keys[base + child + 1]) { child += 1 }
      guard try precedes(keys[base + parent], keys[base + child]) else { return }
      keys.swapAt(base + parent, base + child)
      parent = child
    }
  }

  private mutating func precedes(
    _ left: EventKey, _ right: EventKey
  ) throws(JournalError) -> Bool {
    Tie.precedes(try tie(left), try tie(right))
  }

  private mutating func tie(_ key: EventKey) throws(JournalError) -> Tie {
    try parse(key)
    let source = document.member(document.root, "source").map { document.unescapedBytes($0) }
    let id = document.member(document.root, "id").map { document.unescapedBytes($0) }
    return Tie(name: (source ?? []) + [0] + (id ?? []), key: key)
  }

  mutating func record(_ key: EventKey) throws(JournalError) -> IndexedRecord {
    try parse(key)
    do {
      return IndexedRecord(index: key.index, record: try Record(document))
    } catch {
      throw damage(key, "\(error.reason.rawValue) \(error.key)")
    }
  }

  private mutating func parse(_ key: EventKey) throws(JournalError) {
    do {
      try fetcher.read(segment: key.segment, offset: key.byteOffset, into: &line)
    } catch {
      throw JournalError(error)
    }
    let text = line
    do {
      try document.parse(text.span, stoppingBefore: "original")
    } catch {
      throw damage(key, "\(error.reason.rawValue) at byte \(error.byteOffset) of it")
    }
  }

  private func damage(_ key: EventKey, _ found: String) -> JournalError {
    .damage(
      JournalDamage(
        file: segments[key.segment].path, index: key.index,
        byteOffset: key.byteOffset, expected: "a record", found: found))
  }
}
