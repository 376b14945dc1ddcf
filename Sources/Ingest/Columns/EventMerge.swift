/// Merges lists of records, each in event order, into one.
struct EventMerge {
  private struct Key {
    let time: Timestamp
    let rank: Int
  }

  private struct List {
    let records: [IndexedRecord]
    let keys: [Key]
    var place = 0

    init(_ records: [IndexedRecord]) {
      self.records = records
      keys = records.map { Key(time: $0.record.header.timestamp, rank: $0.record.kind.eventRank) }
    }

    var time: Timestamp { keys[place].time }

    /// By time, kind, source, id and index: the order of `forEachRecordInEventOrder`.
    func precedes(_ other: List) -> Bool {
      let (left, right) = (keys[place], other.keys[other.place])
      if left.time != right.time { return left.time < right.time }
      if left.rank != right.rank { return left.rank < right.rank }
      let (leftName, rightName) = (name, other.name)
      if leftName != rightName { return leftName.lexicographicallyPrecedes(rightName) }
      return records[place].index < other.records[other.place].index
    }

    private var name: [UInt8] {
      Array(records[place].record.header.source.utf8) + [0]
        + Array(records[place].record.header.id.utf8)
    }
  }

  private var lists: [List] = []

  /// Time of the next event; nil where there is none.
  private(set) var first: Timestamp?

  mutating func add(_ records: [IndexedRecord]) {
    guard let time = records.first?.record.header.timestamp else { return }
    lists.append(List(records))
    first = first.map { min($0, time) } ?? time
  }

  /// Hands over events before `end`, and before `limit`, where another list may begin.
  ///
  /// - Returns: whether it ended at `limit`, or for want of lists with a limit given.
  mutating func forEach(
    since: Timestamp?, before end: Timestamp?, until limit: Timestamp?,
    _ body: (IndexedRecord) throws -> Void
  ) throws -> Bool {
    while let (leader, second) = leaders() {
      while true {
        // Before any bound is looked at: the leader's next event may not be the first.
        if let second, lists[second].precedes(lists[leader]) { break }
        let time = lists[leader].time
        first = time
        // At the limit itself the other list may come first.
        if let limit, time >= limit, end.map({ limit < $0 }) ?? true { return true }
        if let end, time >= end { return false }
        if since.map({ time >= $0 }) ?? true {
          try body(lists[leader].records[lists[leader].place])
        }
        lists[leader].place += 1
        if lists[leader].place == lists[leader].records.count {
          lists.remove(at: leader)
          break
        }
      }
    }
    first = nil
    return limit.map { limit in end.map { limit < $0 } ?? true } ?? false
  }

  /// The list whose head comes first, and the one that follows.
  private func leaders() -> (Int, Int?)? {
    guard !lists.isEmpty else { return nil }
    var leader = 0
    var second: Int?
    for place in lists.indices.dropFirst() {
      if lists[place].precedes(lists[leader]) {
        second = leader
        leader = place
      } else if second.map({ lists[place].precedes(lists[$0]) }) ?? true {
        second = place
      }
    }
    return (leader, second)
  }
}
