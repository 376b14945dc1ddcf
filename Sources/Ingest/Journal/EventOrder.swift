extension JournalReader {
  /// Calls `body` with every record in event order: by `ts`, then kind (request, decision, run,
  /// task, approval, alert, control), then source, id and index.
  ///
  /// So what is made of them depends neither on the order in which files were imported nor on the
  /// size of batches. Records come without `original`.
  /// Through columns where `columns` says so (see `ColumnEvents` for memory and cost); by entries:
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
    columns: ColumnUse = .unused, _ body: (IndexedRecord) throws -> Void
  ) throws {
    var events = try events(
      since: since, until: until, tieCountMax: tieCountMax, columns: columns)
    try events.forEach(body)
  }

  /// The entries from `firstIndex` on in event order, to be walked in parts.
  ///
  /// Memory and cost as for `forEachRecordInEventOrder`, for the entries from there on.
  package func events(
    from firstIndex: Int = 0, since: Timestamp? = nil, until: Timestamp? = nil,
    tieCountMax: Int = 65_536, columns: ColumnUse = .unused
  ) throws(JournalError) -> EventSequence {
    if columns != .unused, let made = try JournalColumns(self, from: firstIndex),
      let merged = ColumnEvents(
        made, from: firstIndex, since: since, until: until, isDetailed: columns == .whole)
    {
      return EventSequence(merged)
    }
    var keys = try eventKeys(from: firstIndex, since: since, until: until)
    keys.sort()
    return EventSequence(SortedEvents(keys, EventWalk(self, tieCountMax: tieCountMax)))
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

/// Whether entries are read through the columns that are derived from them.
package enum ColumnUse: Hashable, Sendable {
  /// By the entries themselves.
  case unused
  /// Through columns, made and put on file where they are missing; without the fields that neither
  /// correlation nor detection reads (`FieldUse.detail`).
  case analysis
  /// Through columns, whole records.
  case whole
}

/// Entries of a journal in event order; made by `JournalReader.events`.
package struct EventSequence {
  private enum Way {
    case entries(SortedEvents)
    case columns(ColumnEvents)
  }

  private var way: Way

  fileprivate init(_ events: SortedEvents) { way = .entries(events) }
  fileprivate init(_ events: ColumnEvents) { way = .columns(events) }

  /// Hands over the records from `since` on that come before `end`, in order. Bounds of later calls
  /// never step back.
  package mutating func forEach(
    since: Timestamp? = nil, before end: Timestamp? = nil, _ body: (IndexedRecord) throws -> Void
  ) throws {
    switch way {
    case .entries(var events):
      defer { way = .entries(events) }
      try events.forEach(since: since, before: end, body)
    case .columns(var events):
      defer { way = .columns(events) }
      try events.forEach(since: since, before: end, body)
    }
  }

  /// The newest event time from `since` on whose source is admitted; nil where there is none.
  /// Precondition: `forEach` has not been called.
  package mutating func newest(
    since: Timestamp?, where admits: (String) -> Bool
  ) throws -> Timestamp? {
    switch way {
    case .entries(var events): try events.newest(since: since, where: admits)
    case .columns(let events): try events.newest(since: since, where: admits)
    }
  }

  /// Whether an entry from `index` on, whose source is admitted, lies before `end`.
  /// Precondition: `forEach` has not been called.
  package mutating func hasEvent(
    before end: Timestamp, from index: Int, where admits: (String) -> Bool
  ) throws -> Bool {
    switch way {
    case .entries(var events): try events.hasEvent(before: end, from: index, where: admits)
    case .columns(let events): try events.hasEvent(before: end, from: index, where: admits)
    }
  }
}

/// Entries by their sorted keys: the reference, and the way for a journal in no order.
private struct SortedEvents {
  private var keys: [EventKey]
  private var walk: EventWalk

  init(_ keys: [EventKey], _ walk: EventWalk) {
    self.keys = keys
    self.walk = walk
  }

  /// The first position whose event time is `instant` or later. Cost: a binary search.
  private func position(of instant: Timestamp) -> Int {
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

  mutating func forEach(
    since: Timestamp?, before end: Timestamp?, _ body: (IndexedRecord) throws -> Void
  ) throws {
    var start = since.map { position(of: $0) } ?? 0
    let stop = end.map { position(of: $0) } ?? keys.count
    while start < stop {
      var end = start + 1
      while end < stop, keys[end].isTied(with: keys[start]) { end += 1 }
      if end - start > 1 { try walk.breakTies(&keys, start..<end) }
      for position in start..<end { try body(try walk.record(keys[position])) }
      start = end
    }
  }

  mutating func newest(since: Timestamp?, where admits: (String) -> Bool) throws -> Timestamp? {
    for key in keys[(since.map { position(of: $0) } ?? 0)...].reversed() {
      let header = try walk.record(key).record.header
      if admits(header.source) { return header.timestamp }
    }
    return nil
  }

  mutating func hasEvent(
    before end: Timestamp, from index: Int, where admits: (String) -> Bool
  ) throws -> Bool {
    for key in keys[..<position(of: end)] where key.index >= index {
      if admits(try walk.record(key).record.header.source) { return true }
    }
    return false
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
  var eventRank: Int {
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
