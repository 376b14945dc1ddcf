import Correlate
import Ingest
import Testing

@Suite struct CorrelatorTests {
  private func indexed(_ record: Record, _ index: Int) -> IndexedRecord {
    IndexedRecord(index: index, record: record)
  }

  @Test("nothing is told before the watermark has passed it")
  func watermark() {
    var correlator = makeCorrelator()
    correlator.add(indexed(request(0, "q", status: 403), 0))
    #expect(correlator.advance() == [])
    correlator.add(indexed(tick(120), 1))
    #expect(correlator.advance() == [])
    correlator.add(indexed(tick(120.001), 2))
    #expect(correlator.advance().map { seconds($0.at) } == [0, 0, 0])
  }

  @Test("a live clock moves time on without records: windows end at their exact instant")
  func liveClock() {
    var correlator = makeCorrelator()
    correlator.add(indexed(run(0, .started, "other"), 0))
    correlator.add(indexed(request(1, "q"), 1))
    #expect(
      updates(correlator.advance(to: instant(61))).map(\.change) == [
        .started, .requested, .requested, .triggered,
      ])
    let events = correlator.advance(to: instant(61.5))
    #expect(story(events, of: "id:q") == "triggered@61 runMissing@61")
    #expect(correlator.advance(to: instant(30)) == [])
  }

  @Test("who asked is told as the request is read, under the activity's id where that is final")
  func requestedAtOnce() throws {
    let events = correlate([
      request(1, "q"), request(2, "p", run: "named"), run(40, .started, "r", request: "q"),
      run(45, .started, "named", request: "p"), tick(300),
    ])
    let asked = updates(events).filter { $0.change == .requested }
    #expect(asked.map { seconds($0.at) } == [1, 2])
    #expect(asked.map(\.activity.requestID) == ["q", "p"])
    #expect(asked.map(\.activity.principal) == ["alice", "alice"])
    #expect(asked.map(\.activity.activityID) == ["", "id:named"])
    // The run that came later still names the activity.
    #expect(story(events, of: "id:r") == "triggered@40 started@40 settled@300")
    #expect(story(events, of: "id:named") == "triggered@45 started@45 settled@300")
  }

  @Test("a run without a request is told as asked for when its window ends, once")
  func requestedWithoutRequest() {
    let events = correlate([request(0, "x", job: nil), run(1, .started, "r"), tick(300)])
    let asked = updates(events).filter { $0.change == .requested }
    #expect(asked.map { seconds($0.at) } == [61])
    #expect(asked.map(\.activity.activityID) == ["id:r"])
    #expect(asked.first?.activity.requestedAt == nil)
  }

  @Test("windows that end between two records are told between them, at one instant after them")
  func interleaved() {
    let events = correlate([
      run(0, .started, "other", trigger: .schedule), request(1, "q"), tick(60), tick(61),
      request(61, "late", run: "r"), tick(62),
    ])
    let times = events.map { seconds($0.at) }
    #expect(times == times.sorted())
    let place = events.firstIndex {
      if case .activity(let update) = $0 { update.change == .runMissing } else { false }
    }
    let before = events[..<(place ?? 0)].filter { if case .request = $0 { true } else { false } }
    #expect(before.count == 4)
  }

  @Test("a run at the last instant of the window is still in it")
  func lastInstant() {
    let events = correlate([request(1, "q"), run(61, .started, "r", request: "q"), tick(300)])
    #expect(story(events, of: "id:r") == "triggered@61 started@61 settled@300")
  }

  @Test("a late record is applied at once to what is open, and counted")
  func lateToOpen() {
    var correlator = makeCorrelator()
    correlator.add(indexed(request(0, "q"), 0))
    correlator.add(indexed(run(1, .started, "r", request: "q"), 1))
    correlator.add(indexed(tick(1000), 2))
    _ = correlator.advance()
    correlator.add(indexed(run(5, .succeeded, "r"), 3))
    let events = correlator.advance()
    #expect(updates(events).map(\.change) == [.ended, .settled])
    #expect(updates(events).first?.activity.durationSeconds == 4)
    #expect(correlator.summary.lateRecords == 1)
  }

  @Test("a late record of an activity that has settled opens it again, and misses nothing")
  func lateToSettled() {
    var correlator = makeCorrelator()
    correlator.add(indexed(request(0, "q"), 0))
    correlator.add(indexed(run(1, .started, "r", request: "q"), 1))
    correlator.add(indexed(run(2, .succeeded, "r"), 2))
    correlator.add(indexed(tick(1000), 3))
    #expect(settled(correlator.advance()).count == 1)
    correlator.add(indexed(inside(1.5, .ended, "r"), 4))
    correlator.add(indexed(tick(2000), 5))
    let again = correlator.advance() + correlator.finish()
    #expect(updates(again).map(\.change) == [.ended, .requested, .triggered, .settled])
    #expect(settled(again).first?.activityID == "id:r")
    #expect(correlator.summary.reopened == 1)
    #expect(correlator.summary.requestsMissing == 0)
  }

  @Test("a record that is not late, of an activity that has settled, misses nothing either")
  func afterSettlement() {
    let events = correlate([
      request(0, "q"), run(1, .started, "r", request: "q"), run(2, .succeeded, "r"),
      run(500, .succeeded, "r"), tick(1000),
    ])
    #expect(updates(events).contains { $0.change == .requestMissing } == false)
  }

  @Test("decisions, approvals, alerts and control records are passed on as they are")
  func passedOn() {
    let alert = Record(
      header: RecordHeader(timestamp: instant(3), source: "vigil", id: "a"),
      body: .alert(AlertRecord(event: .raised)))
    let records = [
      decision(1, .permit, request: "q"), approval(2, run: "r"), alert, failure(4, "EOF"),
    ]
    let passed = correlate(records).compactMap { event -> Record? in
      guard case .record(let record) = event else { return nil }
      return record.record
    }
    #expect(passed == records)
  }

  @Test("nothing in, nothing out")
  func empty() {
    var correlator = makeCorrelator()
    #expect(correlator.advance() == [])
    #expect(correlator.finish() == [])
    #expect(correlator.summary == CorrelationSummary())
  }
}

@Suite("Memory is bounded by what is open") struct MemoryBoundTests {
  @Test("a long stream of triggers that run for five seconds keeps about a minute of them")
  func longStream() {
    var correlator = makeCorrelator(
      JoinWindow(seconds: 60, latenessSeconds: 10, danglingSeconds: 3600))
    for number in 0..<20_000 {
      let at = Double(number)
      let id = "\(number)"
      let records = [
        request(at, "q" + id), run(at + 0.1, .started, "r" + id, request: "q" + id),
        run(at + 5, .succeeded, "r" + id),
      ]
      for (offset, record) in records.enumerated() {
        correlator.add(IndexedRecord(index: number * 3 + offset, record: record))
      }
      _ = correlator.advance()
    }
    _ = correlator.finish()
    // One a second: five seconds of running, sixty of lingering, and the instants at both ends.
    #expect(correlator.summary.openCountMax <= 67)
    // Ten seconds of lateness and five of records ahead of their time, three a second.
    #expect(correlator.summary.bufferedCountMax <= 45)
    #expect(correlator.summary.settled == 20_000)
  }

  @Test("beyond the most that may be open the oldest are closed, and counted")
  func openCountMax() {
    var window = JoinWindow.standard
    window.openCountMax = 100
    let records = (0..<1000).map { run(Double($0), .started, "r\($0)", trigger: .schedule) }
    var correlator = makeCorrelator(window)
    for record in indexed(records) { correlator.add(record) }
    let events = correlator.finish()
    let last = settled(events)
    #expect(correlator.summary.openCountMax <= 101)
    #expect(correlator.summary.evicted >= 900)
    #expect(last.count == 1000)
    #expect(last.first?.runID == "r0")
    #expect(last.allSatisfy { $0.state == .open })
  }

  @Test("beyond the most that may wait the watermark moves early")
  func bufferedCountMax() {
    var window = JoinWindow.standard
    window.bufferedCountMax = 50
    let records = (0..<1000).map { tick(Double($0) / 1000) }
    var correlator = makeCorrelator(window)
    for record in indexed(records) { correlator.add(record) }
    #expect(correlator.summary.bufferedCountMax <= 51)
    #expect(correlator.advance().count >= 950)
    #expect(correlator.finish().count <= 50)
  }

  @Test("a silent run is given up after thirty days")
  func silence() {
    let day = 86_400.0
    let events = correlate([
      tick(0), run(1, .started, "r"), run(20 * day, .progress, "r"),
      run(49 * day, .started, "other"), run(51 * day, .progress, "other"),
    ])
    #expect(
      story(events, of: "id:r")
        == "started@1 triggered@61 requestMissing@61 progressed@1728000 ended@4320000 settled@4320000"
    )
  }

  @Test("a run with more steps than are told apart counts the rest")
  func taskCountMax() {
    var correlator = makeCorrelator()
    for number in 0..<10_010 {
      correlator.add(
        IndexedRecord(index: number, record: task(1, .succeeded, "t\(number)", run: "r")))
    }
    let events = correlator.finish()
    #expect(settled(events).first?.tasks.total == 10_000)
    #expect(correlator.summary.untrackedTaskRecords == 10)
  }

  @Test("more sources than are told apart are counted, and their runs join all the same")
  func sourceCountMax() {
    var correlator = makeCorrelator()
    for number in 0..<4200 {
      let at = Double(number)
      let records = [
        request(at, "q\(number)"),
        run(at + 0.1, .started, "r\(number)", request: "q\(number)", source: "launcher/\(number)"),
      ]
      for record in records { correlator.add(IndexedRecord(index: number, record: record)) }
    }
    _ = correlator.finish()
    #expect(correlator.summary.untrackedSourceRecords == 105)
    #expect(correlator.summary.joins == [.requestID: 4200])
    #expect(correlator.summary.clockOffsets.count == 1024)
  }
}
