/// How long each job's finished runs took: median and median absolute deviation of ln(seconds).
struct DurationLaws: Sendable {
  private struct Law: Sendable {
    var median = 0.0
    /// 0 where the job has too few runs to say.
    var deviation = 0.0
  }

  private var laws: [Law]

  /// Cost: linear in the runs on average. Memory: 8 bytes a run.
  init(_ runs: [FinishedRow], jobCount: Int) {
    laws = [Law](repeating: Law(), count: jobCount)
    var ends = [Int](repeating: 0, count: jobCount)
    for run in runs { ends[Int(run.job)] += 1 }
    for job in 1..<max(jobCount, 1) { ends[job] += ends[job - 1] }
    var values = [Double](repeating: 0, count: runs.count)
    var places = [0] + ends.dropLast()
    for run in runs {
      values[places[Int(run.job)]] = run.logarithm
      places[Int(run.job)] += 1
    }
    var start = 0
    for job in 0..<jobCount {
      if ends[job] - start >= CommonQuestion.finishedCountMin {
        laws[job] = DurationLaws.law(&values, start..<ends[job])
      }
      start = ends[job]
    }
  }

  func isRunaway(_ run: FinishedRow) -> Bool {
    let law = laws[Int(run.job)]
    guard law.deviation > 0 else { return false }
    return 0.6745 * (run.logarithm - law.median) / law.deviation > CommonQuestion.deviationsMax
  }

  private static func law(_ values: inout [Double], _ range: Range<Int>) -> Law {
    let median = median(&values, range)
    for index in range { values[index] = (values[index] - median).magnitude }
    return Law(median: median, deviation: self.median(&values, range))
  }

  /// The middle value, or the mean of the two in the middle. Leaves the range in another order.
  static func median(_ values: inout [Double], _ range: Range<Int>) -> Double {
    let middle = range.lowerBound + range.count / 2
    select(&values, range, middle)
    guard range.count.isMultiple(of: 2) else { return values[middle] }
    let below = values[range.lowerBound..<middle].max() ?? values[middle]
    return (below + values[middle]) / 2
  }

  /// Brings the value to `place` that stands there in order, none greater before it, none less behind
  /// it (C. A. R. Hoare's Find). Values that defeat the choice of pivots are sorted instead.
  private static func select(_ values: inout [Double], _ range: Range<Int>, _ place: Int) {
    var (first, last) = (range.lowerBound, range.upperBound - 1)
    var rounds = 0
    while first < last {
      rounds += 1
      guard rounds < 64 else { return values[first...last].sort() }
      let pivot = middle(values[first], values[(first + last) / 2], values[last])
      var (left, right) = (first, last)
      while left <= right {
        while values[left] < pivot { left += 1 }
        while pivot < values[right] { right -= 1 }
        if left <= right {
          values.swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if place <= right { last = right } else if place >= left { first = left } else { return }
    }
  }

  private static func middle(_ a: Double, _ b: Double, _ c: Double) -> Double {
    max(min(a, b), min(max(a, b), c))
  }
}
