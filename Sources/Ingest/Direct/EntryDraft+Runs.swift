/// The launcher's and Luigi's lines as `LauncherEvents.read` and `LuigiEvents.read` have them.
extension EntryDraft {
  // MARK: The launcher

  mutating func readLauncher(_ scan: LineSlots, _ line: Span<UInt8>) {
    removeAll(.run)
    guard let name = meaningful(.event, scan, line), name.form == .text else {
      isUnclear = true
      return
    }
    let word = line.extracting(name.range)
    var isTerminal = false
    if word.equals("run.requested") {
      setEvent("\"queued\"")
    } else if word.equals("run.spawned") {
      setEvent("\"started\"")
    } else if word.equals("run.exited") {
      readExit(scan, line)
      isTerminal = true
    } else {
      // A refusal has an error; the rest is not known.
      isUnclear = true
    }
    takeEpochSeconds(scan, line)
    takeIdentity(scan, line)
    if isTerminal { take(seconds: .seconds, as: RunKey.durationSeconds.rawValue, scan, line) }
    take(seconds: .cpuSeconds, as: RunKey.cpuSeconds.rawValue, scan, line)
    take(integer: .maxRSSBytes, as: RunKey.maxRSSBytes.rawValue, in: 0...Int.max, scan, line)
    take(integer: .readBytes, as: RunKey.readBytes.rawValue, in: 0...Int.max, scan, line)
    take(integer: .writeBytes, as: RunKey.writeBytes.rawValue, in: 0...Int.max, scan, line)
  }

  private mutating func setEvent(_ word: StaticString) {
    make(RunKey.event.rawValue) { $0.append(copying: word) }
  }

  private mutating func takeIdentity(_ scan: LineSlots, _ line: Span<UInt8>) {
    takeRequired(text: .runID, as: RunKey.runID.rawValue, scan, line)
    take(text: .requestID, as: RunKey.requestID.rawValue, scan, line)
    take(traceparent: .traceparent, scan, line)
    take(text: .job, as: RunKey.job.rawValue, scan, line)
    take(trigger: .trigger, scan, line)
    take(text: .user, as: RunKey.principal.rawValue, scan, line)
    take(groups: .groups, as: RunKey.groups.rawValue, scan, line)
    take(text: .owner, as: RunKey.owner.rawValue, scan, line)
    take(integer: .attempt, as: RunKey.attempt.rawValue, in: 1...1_000_000_000, scan, line)
    takeHost(scan, line, as: RunKey.host.rawValue)
    take(integer: .pid, as: RunKey.pid.rawValue, in: 0...Int.max, scan, line)
    take(object: .params, as: RunKey.params.rawValue, scan)
  }

  /// The host, which is a part of the source's name too.
  private mutating func takeHost(_ scan: LineSlots, _ line: Span<UInt8>, as key: Int?) {
    guard let host = meaningful(.host, scan, line) else { return }
    if host.form != .text { isUnclear = true }
    sourceHost = host.range
    if let key { set(key, text: host, line) }
  }

  private mutating func readExit(_ scan: LineSlots, _ line: Span<UInt8>) {
    guard let slot = scan.slot(.exitCode), slot.form == .number,
      let code = line.exitCode(slot.range)
    else {
      isUnclear = true
      return
    }
    set(RunKey.exitCode.rawValue, .line, slot.range)
    if code == 0 { return setEvent("\"succeeded\"") }
    // What speaks of a deadline is left to the long way.
    for place in [LinePlace.timedOut, .reason, .killedBy] where scan.slot(place) != nil {
      isUnclear = true
    }
    guard code < 0 || code > 128 else { return setEvent("\"failed\"") }
    setEvent("\"killed\"")
    let signal = code < 0 ? -code : code - 128
    if (1...64).contains(signal) {
      make(RunKey.signal.rawValue) { $0.appendDecimal(signal, width: 1) }
    }
  }

  // MARK: Luigi

  mutating func readLuigi(_ scan: LineSlots, _ line: Span<UInt8>) {
    removeAll(.run)
    guard let name = meaningful(.event, scan, line), name.form == .text else {
      isUnclear = true
      return
    }
    let word = line.extracting(name.range)
    if word.equals("run.start") {
      readRun(scan, line, isEnd: false)
    } else if word.equals("run.end") {
      readRun(scan, line, isEnd: true)
    } else {
      removeAll(.task)
      readTask(word, scan, line)
    }
    takeEpochSeconds(scan, line)
  }

  private mutating func readRun(_ scan: LineSlots, _ line: Span<UInt8>, isEnd: Bool) {
    setEvent(isEnd ? "\"ended\"" : "\"started\"")
    make(RunKey.vantage.rawValue) { $0.append(copying: "\"inside\"") }
    takeRequired(text: .runID, as: RunKey.runID.rawValue, scan, line)
    takeHost(scan, line, as: RunKey.host.rawValue)
    take(integer: .pid, as: RunKey.pid.rawValue, in: 0...Int.max, scan, line)
    if isEnd { take(seconds: .seconds, as: RunKey.durationSeconds.rawValue, scan, line) }
    take(text: .contextRequestID, as: RunKey.requestID.rawValue, scan, line)
    take(traceparent: .contextTraceparent, scan, line)
    take(text: .contextJob, as: RunKey.job.rawValue, scan, line)
    take(trigger: .contextTrigger, scan, line)
    take(text: .contextUser, as: RunKey.principal.rawValue, scan, line)
    take(groups: .contextGroups, as: RunKey.groups.rawValue, scan, line)
  }

  private mutating func readTask(_ word: Span<UInt8>, _ scan: LineSlots, _ line: Span<UInt8>) {
    let event = EntryDraft.taskEvents.first { word.equals($0.emitted) }
    guard let event, let task = scan.slot(.task), task.form == .object,
      scan.slot(.exception).map({ $0.form == .null }) ?? true
    else {
      isUnclear = true
      return
    }
    make(TaskKey.event.rawValue) { $0.append(copying: event.recorded) }
    takeRequired(text: .runID, as: TaskKey.runID.rawValue, scan, line)
    takeRequired(text: .luigiTaskID, as: TaskKey.taskID.rawValue, scan, line)
    take(text: .luigiFamily, as: TaskKey.task.rawValue, scan, line)
    take(
      integer: .attemptInProcess, as: TaskKey.attempt.rawValue, in: 1...1_000_000_000, scan, line)
    take(object: .luigiParams, as: TaskKey.params.rawValue, scan)
    takeOwners(scan, line)
    take(seconds: .elapsed, as: TaskKey.durationSeconds.rawValue, scan, line)
    takeDependency(scan, line)
    takeHost(scan, line, as: nil)
  }

  /// Those of `LuigiEvents.taskEvents` that bring no error of their own.
  private static let taskEvents: [(emitted: StaticString, recorded: StaticString)] = [
    ("task.start", "\"started\""), ("task.progress", "\"progress\""),
    ("task.success", "\"succeeded\""), ("task.failure", "\"failed\""),
    ("task.broken", "\"broken\""), ("dependency.discovered", "\"pending\""),
    ("dependency.present", "\"skipped\""),
  ]

  /// One address as text or in an array; several go the long way.
  private mutating func takeOwners(_ scan: LineSlots, _ line: Span<UInt8>) {
    guard let slot = scan.slot(.luigiOwner), slot.form != .null else { return }
    var range = slot.range
    switch slot.form {
    case .text: if !slot.isMeaningful(in: line) { return }
    case .texts:
      if range.count == 2 { return }
      range = range.lowerBound + 2..<range.upperBound - 2
    default: isUnclear = true
    }
    if range.isEmpty { isUnclear = true }
    for index in range where line[index] == UInt8(ascii: ",") || line[index].isASCIISpace {
      isUnclear = true
    }
    set(TaskKey.owner.rawValue, .quotedLine, range)
  }

  private mutating func takeDependency(_ scan: LineSlots, _ line: Span<UInt8>) {
    guard let slot = scan.slot(.dependency), slot.form != .null else { return }
    guard slot.form == .object, let id = meaningful(.dependencyID, scan, line), id.form == .text
    else {
      isUnclear = true
      return
    }
    make(TaskKey.dependsOn.rawValue) { bytes in
      bytes.append(copying: "[\"")
      bytes.append(copying: line.extracting(id.range))
      bytes.append(copying: "\"]")
    }
  }
}

extension Span<UInt8> {
  /// A whole number within a million of 0, but for -0.
  func exitCode(_ range: Range<Int>) -> Int? {
    let isNegative = self[range.lowerBound] == UInt8(ascii: "-")
    let digits = isNegative ? range.lowerBound + 1..<range.upperBound : range
    guard let value = wholeNumber(digits), value <= 1_000_000, !isNegative || value > 0 else {
      return nil
    }
    return isNegative ? -value : value
  }
}
