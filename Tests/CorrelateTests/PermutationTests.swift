import Correlate
import Ingest
import Testing

/// Every order of `count` things, by Heap's algorithm.
private func permutations(of count: Int) -> [[Int]] {
  var order = Array(0..<count)
  var all = [order]
  var counters = Array(repeating: 0, count: count)
  var level = 0
  while level < count {
    guard counters[level] < level else {
      counters[level] = 0
      level += 1
      continue
    }
    order.swapAt(level.isMultiple(of: 2) ? 0 : counters[level], level)
    all.append(order)
    counters[level] += 1
    level = 0
  }
  return all
}

@Suite("Small spaces, whole") struct PermutationTests {
  /// Six records of one run each, with the state that every order must give.
  static let sets: [(name: String, state: Activity.State, records: [Record])] = [
    (
      "from request to exit", .succeeded,
      [
        request(1, "q"), run(0.99, .queued, "r", request: "q"), run(2, .started, "r"),
        inside(3, .started, "r"), inside(9, .ended, "r"), run(9.5, .succeeded, "r"),
      ]
    ),
    (
      "all at one instant", .killed,
      [
        request(1, "q", duration: 0), run(1, .queued, "r", request: "q"), run(1, .started, "r"),
        task(1, .started, "a", run: "r"), task(1, .failed, "a", run: "r"), run(1, .killed, "r"),
      ]
    ),
    (
      "three attempts", .failed,
      [
        run(1, .started, "r", attempt: 1), run(2, .failed, "r", attempt: 1),
        run(3, .started, "r", attempt: 2), run(4, .failed, "r", attempt: 2),
        run(5, .started, "r", attempt: 3), run(6, .failed, "r", attempt: 3),
      ]
    ),
    (
      "contradictions: an end, a start, a second start and another end", .succeeded,
      [
        run(3, .started, "r"), run(2, .failed, "r"), run(4, .succeeded, "r"),
        run(4, .started, "r"), request(5, "q", run: "r"), request(6, "p", run: "r"),
      ]
    ),
    (
      "from inside only", .failed,
      [
        inside(1, .started, "r"), task(2, .pending, "a", run: "r"),
        task(3, .started, "a", run: "r"),
        task(4, .failed, "a", run: "r"), task(4, .succeeded, "b", run: "r"), inside(5, .ended, "r"),
      ]
    ),
  ]

  @Test("all orders of arrival of six records give the same activity", arguments: sets.indices)
  func orders(number: Int) throws {
    let (name, state, records) = PermutationTests.sets[number]
    let items = indexed(records)
    var expected: [CorrelatedEvent]?
    let orders = permutations(of: items.count)
    #expect(Set(orders).count == 720)
    for order in orders {
      var correlator = makeCorrelator()
      var events: [CorrelatedEvent] = []
      for place in order {
        correlator.add(items[place])
        events += correlator.advance()
      }
      events += correlator.finish()
      let first = expected ?? events
      expected = first
      #expect(events == first, "\(name), order \(order)")
    }
    let activity = try #require(settled(expected ?? []).first { $0.runID == "r" })
    #expect(activity.state == state)
    #expect(activity.evidence == Array(0..<6))
  }

  @Test("all orders of arrival join a run that another needs to that one's request")
  func needed() throws {
    let items = indexed([
      run(1, .queued, "r", request: "q"), run(1.1, .queued, "need", request: "q", neededBy: "r"),
      request(1.2, "q", run: "r"), run(1.3, .started, "need", request: "q"),
      run(2, .succeeded, "need", request: "q"), run(3, .succeeded, "r", request: "q"),
    ])
    var expected: [CorrelatedEvent]?
    for order in permutations(of: items.count) {
      var correlator = makeCorrelator()
      var events: [CorrelatedEvent] = []
      for place in order {
        correlator.add(items[place])
        events += correlator.advance()
      }
      events += correlator.finish()
      let first = expected ?? events
      expected = first
      #expect(events == first, "order \(order)")
      #expect(correlator.summary.sharedRequests == 1)
    }
    let need = try #require(settled(expected ?? []).first { $0.runID == "need" })
    #expect(need.link == .requestID && need.principal == "alice" && need.evidence == [1, 3, 4])
  }

  @Test("every set of up to three of a run's events, in any order of time, settles once")
  func anyEvents() {
    let events = RunRecord.Event.allCases
    for first in events {
      for second in events {
        for third in events {
          let list = correlate([
            run(1, first, "r", request: "q"), run(2, second, "r"), run(3, third, "r"),
          ])
          #expect(settled(list).count == 1, "\(first) \(second) \(third)")
          #expect(updates(list).filter { $0.change == .triggered }.count == 1)
        }
      }
    }
  }
}
