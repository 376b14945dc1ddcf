import Detect
import Ingest
import Testing

@Suite struct TimerQueueTests {
  private static func at(_ seconds: Int) -> Timestamp {
    History.monday.advanced(bySeconds: Double(seconds))
  }

  @Test(
    "timers fire by instant, then in the order of insertion",
    arguments: 1...5 as ClosedRange<UInt64>)
  func order(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var queue = TimerQueue<Int>()
    var expected: [(at: Timestamp, payload: Int)] = []
    for payload in 0..<500 {
      let at = TimerQueueTests.at(Int.random(in: 0..<60, using: &random))
      queue.insert(payload, at: at)
      expected.append((at, payload))
    }
    expected.sort { ($0.at, $0.payload) < ($1.at, $1.payload) }
    for each in expected {
      #expect(queue.next == each.at)
      #expect(queue.removeFirst()?.payload == each.payload, "seed \(seed)")
    }
    #expect(queue.removeFirst() == nil && queue.next == nil)
  }

  @Test("timers of what is over do not gather, and a sweep changes nothing that fires")
  func sweep() {
    var random = SplitMix(seed: 7)
    var swept = TimerQueue<Int>()
    var plain = TimerQueue<Int>()
    for payload in 0..<20_000 {
      let at = TimerQueueTests.at(Int.random(in: 0..<1_000_000, using: &random))
      swept.insert(payload, at: at)
      plain.insert(payload, at: at)
      // The newest ten are awaited.
      swept.sweep(liveCount: 10) { $0 > payload - 10 }
      #expect(swept.count <= 20 + TimerQueue<Int>.slack)
    }
    func live(_ queue: TimerQueue<Int>) -> [Int] {
      var queue = queue
      var payloads: [Int] = []
      while let next = queue.removeFirst() { payloads.append(next.payload) }
      return payloads.filter { $0 >= 19_990 }
    }
    #expect(live(swept) == live(plain))
    #expect(live(swept).count == 10)
  }
}
