internal import Ingest
internal import Synchronization

/// Lines of the Luigi plugin become records as the lines of a followed file do: redacted, and known by the
/// same id, so that one that comes both ways is one record.
final class LuigiIntake: Sendable {
  private let sink: any RecordSink
  /// Reading takes no await; whoever comes meanwhile waits.
  private let intake: Mutex<LineIntake>

  init(sink: any RecordSink, secret: [UInt8], settings: LogSettings) {
    self.sink = sink
    var settings = settings
    settings.lineByteCountMax = RunSocketService.lineByteCountMax
    let plan = InputPlan(label: "run-socket", paths: [], format: .luigi, settings: settings)
    intake = Mutex(LineIntake(plan, index: 0, secret: secret))
  }

  /// How far a line's time may lie ahead of ours, in seconds: clocks differ, but a record from another year
  /// would carry everything that is measured by the newest event with it.
  static let aheadSecondsMax = 300.0

  func take(_ line: [UInt8], of run: RunView, at now: Timestamp) async -> RunEventVerdict {
    switch read(line) {
    case .verdict(let verdict): return verdict
    case .record(let record):
      if let refusal = LuigiIntake.refusal(record, line, run, now) { return refusal }
      do {
        return try await sink.append(record) == .duplicate ? .repeated : .accepted
      } catch {
        return .unavailable
      }
    }
  }

  /// The run's processes say what happens inside, not who asked for it: where they name somebody, a request
  /// or a job, it is the scheduler's.
  private static func refusal(
    _ record: Record, _ line: [UInt8], _ run: RunView, _ now: Timestamp
  ) -> RunEventVerdict? {
    if record.header.timestamp.seconds(since: now) > aheadSecondsMax {
      return .refused(
        reason: "future",
        detail: "found time \(record.header.timestamp.rfc3339): expected one by \(now.rfc3339)")
    }
    // A task's record has no place for them, but its line is kept.
    var document = JSONDocument()
    do { try document.parse(line.span) } catch { return nil }
    guard let context = document.member(document.root, "context") else { return nil }
    let named: [(StaticString, String?)] = [
      ("user", run.principal), ("request_id", run.requestID), ("job", run.job),
    ]
    for (key, known) in named {
      guard let value = document.member(context, key), document.kind(value) != .null else {
        continue
      }
      let found = document.string(value)
      guard found == nil || found != known else { continue }
      return .refused(
        reason: "contradiction",
        detail: "context: found \(key) \(APIText.legible(found ?? "that is no text")): "
          + "expected the run's own")
    }
    return nil
  }

  private enum Reading {
    case record(Record)
    case verdict(RunEventVerdict)
  }

  private func read(_ line: [UInt8]) -> Reading {
    var buffer = LineBuffer(lineByteCountMax: max(line.count, 1))
    var rest = line[...]
    while !rest.isEmpty {
      let count = buffer.fill { space in
        let count = min(space.count, rest.count)
        for index in 0..<count { space[index] = rest[rest.startIndex + index] }
        return count
      }
      rest = rest.dropFirst(count)
    }
    guard let place = buffer.rest() else {
      return .verdict(.refused(reason: "blank", detail: "an empty line"))
    }
    return intake.withLock { intake in
      var rejection: RejectedLine?
      let record = intake.take(
        place, buffer.bytes(of: place), path: "run-socket", overlongDigest: nil
      ) { line, _ throws(Never) in rejection = line }
      if let record { return .record(record) }
      if let rejection {
        return .verdict(.refused(reason: rejection.reason, detail: rejection.detail ?? ""))
      }
      return .verdict(.passedOver("luigi-event/1"))
    }
  }
}
