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

  func take(_ line: [UInt8]) async -> RunEventVerdict {
    switch read(line) {
    case .verdict(let verdict): return verdict
    case .record(let record):
      do {
        return try await sink.append(record) == .duplicate ? .repeated : .accepted
      } catch {
        return .unavailable
      }
    }
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
