/// Native record lines of requests, runs and tasks, as `RecordLines.read` has them.
extension EntryDraft {
  mutating func readRecord(_ scan: LineSlots, _ line: Span<UInt8>) {
    guard let version = scan.slot(.version), version.form == .number,
      line.extracting(version.range).equals("1"), let kind = scan.slot(.kind), kind.form == .text
    else {
      isUnclear = true
      return
    }
    let word = line.extracting(kind.range)
    if word.equals("run") {
      readNative(.run, EntryDraft.runKeys, EntryDraft.runPlaces, scan, line)
      if !has(RunKey.runID.rawValue) || !has(RunKey.event.rawValue) { isUnclear = true }
    } else if word.equals("task") {
      readNative(.task, EntryDraft.taskKeys, EntryDraft.taskPlaces, scan, line)
      if !has(TaskKey.runID.rawValue) || !has(TaskKey.taskID.rawValue)
        || !has(TaskKey.event.rawValue)
      {
        isUnclear = true
      }
    } else if word.equals("request") {
      readNative(.request, EntryDraft.requestKeys, EntryDraft.requestPlaces, scan, line)
    } else {
      isUnclear = true
    }
  }

  /// How a record's key is read and written.
  private enum Form: Sendable {
    case text, texts, seconds, object
    case integer(ClosedRange<Int>)
    /// One of these words.
    case word([StaticString])
    /// An exit code.
    case code
  }

  private typealias Key = (place: LinePlace, key: Int, form: Form)

  private mutating func readNative(
    _ kind: RecordKind, _ keys: [Key], _ places: LinePlaces, _ scan: LineSlots,
    _ line: Span<UInt8>
  ) {
    removeAll(kind)
    // A key of another kind, or of none, or an unusual one.
    guard scan.places.isSubset(of: places), scan.rootKeyCount == scan.places.count,
      let ts = scan.slot(.ts), ts.form == .text,
      let instant = Timestamp(rfc3339: line.extracting(ts.range)),
      let source = scan.slot(.source), source.form == .text, !source.isEmpty,
      let id = scan.slot(.id), id.form == .text, !id.isEmpty
    else {
      isUnclear = true
      return
    }
    timestamp = instant
    self.source = source.range
    self.id = id.range
    for key in keys {
      if let slot = scan.slot(key.place), slot.form != .null { takeNative(key, slot, scan, line) }
    }
  }

  private mutating func takeNative(
    _ key: Key, _ slot: LineSlot, _ scan: LineSlots, _ line: Span<UInt8>
  ) {
    switch (key.form, slot.form) {
    case (.text, .text), (.text, .codedText): set(key.key, text: slot, line)
    case (.texts, .texts): if slot.range.count > 2 { set(key.key, .line, slot.range) }
    case (.seconds, .number): take(seconds: key.place, as: key.key, scan, line)
    case (.integer(let range), .number):
      take(integer: key.place, as: key.key, in: range, scan, line)
    case (.object, .object): take(object: key.place, as: key.key, keepsEmpty: true, scan)
    case (.word(let words), .text):
      let word = line.extracting(slot.range)
      for known in words where word.equals(known) {
        return set(key.key, .quotedLine, slot.range)
      }
      isUnclear = true
    case (.code, .number):
      if line.exitCode(slot.range) == nil { isUnclear = true }
      set(key.key, .line, slot.range)
    default: isUnclear = true
    }
  }

  // MARK: The kinds' keys

  private static let common: [LinePlace] = [.version, .kind, .ts, .source, .id]

  private static let runPlaces = LinePlaces(common + runKeys.map(\.place))
  private static let taskPlaces = LinePlaces(common + taskKeys.map(\.place))
  private static let requestPlaces = LinePlaces(common + requestKeys.map(\.place))

  private static let anyCount = Form.integer(0...Int.max)

  private static let runKeys: [Key] = [
    (.runID, RunKey.runID.rawValue, .text), (.requestID, RunKey.requestID.rawValue, .text),
    (.traceID, RunKey.traceID.rawValue, .text), (.job, RunKey.job.rawValue, .text),
    (
      .event, RunKey.event.rawValue,
      .word([
        "queued", "held", "approved", "rejected", "started", "progress", "succeeded", "failed",
        "killed", "timed_out", "lost", "ended",
      ])
    ),
    (.vantage, RunKey.vantage.rawValue, .word(["inside"])),
    (.trigger, RunKey.trigger.rawValue, .word(["request", "schedule", "retry", "manual"])),
    (.principal, RunKey.principal.rawValue, .text), (.groups, RunKey.groups.rawValue, .texts),
    (.owner, RunKey.owner.rawValue, .text),
    (.attempt, RunKey.attempt.rawValue, .integer(1...1_000_000_000)),
    (.host, RunKey.host.rawValue, .text), (.pid, RunKey.pid.rawValue, anyCount),
    (.params, RunKey.params.rawValue, .object),
    (.durationSeconds, RunKey.durationSeconds.rawValue, .seconds),
    (.cpuSeconds, RunKey.cpuSeconds.rawValue, .seconds),
    (.maxRSSBytes, RunKey.maxRSSBytes.rawValue, anyCount),
    (.readBytes, RunKey.readBytes.rawValue, anyCount),
    (.writeBytes, RunKey.writeBytes.rawValue, anyCount),
    (.exitCode, RunKey.exitCode.rawValue, .code),
    (.signal, RunKey.signal.rawValue, .integer(0...1024)),
  ]

  private static let taskKeys: [Key] = [
    (.runID, TaskKey.runID.rawValue, .text), (.taskID, TaskKey.taskID.rawValue, .text),
    (.task, TaskKey.task.rawValue, .text),
    (
      .event, TaskKey.event.rawValue,
      .word([
        "pending", "started", "progress", "succeeded", "failed", "timed_out", "broken", "skipped",
      ])
    ),
    (.attempt, TaskKey.attempt.rawValue, .integer(1...1_000_000_000)),
    (.dependsOn, TaskKey.dependsOn.rawValue, .texts),
    (.params, TaskKey.params.rawValue, .object), (.owner, TaskKey.owner.rawValue, .text),
    (.durationSeconds, TaskKey.durationSeconds.rawValue, .seconds),
  ]

  private static let requestKeys: [Key] = [
    (.requestID, RequestKey.requestID.rawValue, .text),
    (.traceID, RequestKey.traceID.rawValue, .text),
    (.principal, RequestKey.principal.rawValue, .text),
    (.principalType, RequestKey.principalType.rawValue, .word(["human", "service"])),
    (.issuer, RequestKey.issuer.rawValue, .text), (.groups, RequestKey.groups.rawValue, .texts),
    (.zone, RequestKey.zone.rawValue, .text), (.remoteIP, RequestKey.remoteIP.rawValue, .text),
    (.remotePort, RequestKey.remotePort.rawValue, .integer(0...65_535)),
    (.userAgent, RequestKey.userAgent.rawValue, .text),
    (.method, RequestKey.method.rawValue, .text), (.host, RequestKey.host.rawValue, .text),
    (.path, RequestKey.path.rawValue, .text),
    (.queryKeys, RequestKey.queryKeys.rawValue, .texts),
    (.status, RequestKey.status.rawValue, .integer(0...999)),
    (.durationSeconds, RequestKey.durationSeconds.rawValue, .seconds),
    (.bytesIn, RequestKey.bytesIn.rawValue, anyCount),
    (.bytesOut, RequestKey.bytesOut.rawValue, anyCount),
    (.job, RequestKey.job.rawValue, .text), (.runID, RequestKey.runID.rawValue, .text),
    (.tlsVersion, RequestKey.tlsVersion.rawValue, .text),
    (.tlsCipher, RequestKey.tlsCipher.rawValue, .text),
  ]
}
