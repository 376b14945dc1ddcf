import Ingest
import Testing

@Suite struct RecordedLogTests {
  @Test func everyAccessLineBecomesARequestAndNoneIsRejected() throws {
    var statuses: [Int: Int] = [:]
    var ids: Set<String> = []
    var accepted = 0
    let lines = try RecordedLog.parsedAccess.get()
    for (_, parsed) in lines {
      let request = try #require(parsed.request, "\(parsed)")
      statuses[try #require(request.status), default: 0] += 1
      ids.insert(try #require(parsed.prepared?.record.header.id))
      #expect(parsed.prepared?.record.header.source == "caddy/local")
      #expect(parsed.prepared?.format == .caddy)
      if request.status == 202 {
        accepted += 1
        #expect(request.job != nil && request.runID != nil && request.principal != nil)
      }
    }
    #expect(lines.count == 2594)
    #expect(ids.count == 2594)
    #expect(accepted == 66)
    #expect(statuses[0] == 20)
    #expect(statuses[502] == 208)
    #expect(statuses[403] == 21)
  }

  @Test func aRecordIsVerbatimExactlyWhereItsOriginalIsTheLine() throws {
    var verbatim = 0
    for (line, parsed) in try RecordedLog.parsedAccess.get() {
      let prepared = try #require(parsed.prepared)
      #expect(prepared.isOriginalVerbatim == (prepared.record.header.original == line))
      if prepared.isOriginalVerbatim { verbatim += 1 }
    }
    #expect(verbatim > 1000)
  }

  @Test func everyOriginalIsAJSONTextWithTheKeysOfItsLine() throws {
    var before = JSONDocument()
    var after = JSONDocument()
    for (line, parsed) in try RecordedLog.parsedAccess.get() {
      guard let original = parsed.prepared?.record.header.original, original != line else {
        continue
      }
      try before.parse(line.span)
      try after.parse(original.span)
      #expect(keys(before) == keys(after))
    }
  }

  private func keys(_ document: JSONDocument) -> [String] {
    var result: [String] = []
    document.forEachMember(document.root) { key, value in
      result.append(document.string(key) ?? "")
      document.forEachMember(value) { inner, _ in result.append(document.string(inner) ?? "") }
    }
    return result
  }

  @Test func entriesFitTheLimitAfterCutting() throws {
    for (_, parsed) in try RecordedLog.parsedAccess.get() {
      var record = try #require(parsed.prepared?.record)
      record.header.original = nil
      record.cutToLimits()
      #expect(record.encoded().count <= Record.entryByteCountMax)
    }
  }

  @Test func luigiEventsGiveOneRecordEachButProcessingTimes() throws {
    var parser = LineParser(format: .auto)
    var runs: [RunRecord.Event: Int] = [:]
    var tasks: [TaskRecord.Event: Int] = [:]
    var ignored = 0
    for line in try RecordedLog.lines("live-1/luigi-events.jsonl") {
      let parsed = parser.parse(line)
      if let run = parsed.run {
        runs[run.event, default: 0] += 1
        #expect(run.vantage == .inside && run.runID != nil)
      } else if let task = parsed.task {
        tasks[task.event, default: 0] += 1
        #expect(task.taskID != nil)
      } else {
        #expect(parsed.ignoredReason != nil, "\(parsed)")
        ignored += 1
      }
    }
    #expect(runs == [.started: 66, .ended: 68])
    // Pending: 198 discovered and 3 missing dependencies; failed: 30 and 1 process failure.
    let expected: [TaskRecord.Event: Int] = [
      .broken: 3, .pending: 201, .started: 306, .succeeded: 261, .failed: 31, .progress: 124,
      .timedOut: 1, .skipped: 4,
    ]
    #expect(tasks == expected)
    #expect(ignored == 261)
  }

  @Test func launcherLinesGiveTheSpineOfEveryRun() throws {
    var parser = LineParser(format: .auto)
    var events: [RunRecord.Event: Int] = [:]
    for line in try RecordedLog.lines("live-1/trigger-events.jsonl") {
      let run = try #require(parser.parse(line).run)
      events[run.event, default: 0] += 1
      if run.event == .rejected {
        #expect(run.runID == nil && run.error?.type == "bad_body")
      }
      if run.exitCode == 137 { #expect(run.event == .killed && run.signal == 9) }
      if run.exitCode == -15 { #expect(run.event == .killed && run.signal == 15) }
    }
    // 64 exits: 46 with 0; 137 and -15 killed; 35, 30, 2, 20 and 25 failed.
    let expected: [RunRecord.Event: Int] = [
      .queued: 66, .started: 66, .succeeded: 46, .failed: 16, .killed: 2, .rejected: 32,
    ]
    #expect(events == expected)
  }

  @Test func runtimeLinesGiveControlRecordsAndTheTwoUnmatchedHosts() throws {
    var parser = LineParser(format: .auto)
    var events: [ControlRecord.Event: Int] = [:]
    var requests = 0
    var ignored: [String: Int] = [:]
    for line in try RecordedLog.lines("live-1/caddy-runtime.log") {
      let parsed = parser.parse(line)
      if let control = parsed.control {
        events[control.event, default: 0] += 1
      } else if let request = parsed.request {
        #expect(request.status == 0 && request.requestID == nil)
        requests += 1
      } else {
        ignored[try #require(parsed.ignoredReason, "\(parsed)"), default: 0] += 1
      }
    }
    #expect(requests == 2)
    // 208 lines of the error log and 14 of the proxy; 15 warnings, errors and calls to /load.
    let expected: [ControlRecord.Event: Int] = [
      .requestFailed: 222, .configLoaded: 2, .gatewayStarted: 2, .gatewayStopped: 2, .notice: 17,
    ]
    #expect(events == expected)
    #expect(ignored["caddy-runtime: info: http.log"] == 4)
    let ignoredCount = ignored.values.reduce(0, +)
    #expect(ignoredCount == 43)
  }

  @Test func everyFailedRequestFindsItsAccessLineByPeerPathAndTime() throws {
    var parser = LineParser(format: .auto)
    var access: [String: [Timestamp]] = [:]
    for (_, parsed) in try RecordedLog.parsedAccess.get() {
      guard let request = parsed.request, let record = parsed.prepared?.record else { continue }
      let key = "\(request.remoteIP ?? "") \(request.remotePort ?? -1) \(request.path ?? "")"
      access[key, default: []].append(record.header.timestamp)
    }
    var joined = 0
    for line in try RecordedLog.lines("live-1/caddy-runtime.log") {
      let parsed = parser.parse(line)
      guard let failure = parsed.control, failure.event == .requestFailed, failure.path != nil,
        let record = parsed.prepared?.record
      else { continue }
      let key = "\(failure.remoteIP ?? "") \(failure.remotePort ?? -1) \(failure.path ?? "")"
      let near = access[key, default: []].contains {
        abs($0.seconds(since: record.header.timestamp)) < 0.05
      }
      #expect(near, "\(key)")
      joined += 1
    }
    #expect(joined == 208)
  }

  @Test func theRefusedConfigurationIsInWhatWentToStderr() throws {
    var parser = LineParser(format: .auto)
    let controls = try RecordedLog.lines("live-1/caddy.out").compactMap { parser.parse($0).control }
    let refused = try #require(controls.first { $0.event == .configRefused })
    #expect(refused.reason?.contains("invalid listener address ':99999999'") == true)
    #expect(controls.contains { $0.event == .notice && $0.subject == "admin.api: POST /load" })
  }
}
