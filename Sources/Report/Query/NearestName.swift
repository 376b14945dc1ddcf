/// The name that somebody who misspelt one probably meant.
package enum NearestName {
  /// Bytes of a name beyond which nothing is near.
  private static let byteCountMax = 64

  /// The nearest by edits (insert, delete, replace, swap neighbours), the first of equals; nil when
  /// none is within a third of the name's length, or 2. Cost: lengths multiplied, for each name.
  package static func of(_ name: String, among names: some Sequence<String>) -> String? {
    let found = Array(name.lowercased().utf8)
    guard !found.isEmpty, found.count <= byteCountMax else { return nil }
    var best: (distance: Int, name: String)?
    for candidate in names {
      let distance = distance(found, Array(candidate.utf8))
      if let best, best.distance <= distance { continue }
      best = (distance, candidate)
    }
    guard let best, best.distance <= max(2, found.count / 3), best.distance < found.count else {
      return nil
    }
    return best.name
  }

  /// Damerau and Levenshtein's distance with each place edited once, over three rows.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for i in left.indices {
      var row = [i + 1] + [Int](repeating: 0, count: right.count)
      for j in right.indices {
        let isSame = left[i] == right[j]
        row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + (isSame ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
        }
      }
      (beforeLast, last) = (last, row)
    }
    return last[right.count]
  }
}
