import CPlatform
import Glibc
import ShimProtocol

/// One attempt of a run, from its file `spec` to its line `exited`.
///
/// The lock that the server passed on is held as long as this process lives: whoever finds it free and
/// no `exited` knows that shim or machine died. `started` is durable before the job's first
/// instruction, so that no attempt whose directory lacks it has ever run.
struct Attempt: ~Copyable {
  private let files: AttemptFiles
  private let specification: ShimSpecification
  private var notice: ServerNotice
  private var output: OutputCopy
  private var errors: OutputCopy
  private let signals: Int32
  private let heartbeat: Int32
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)
  private var job = vigil_job()
  /// How the job's leader ended; nil while it has not.
  private var end: vigil_job_end?
  private var transfer: (read: Int64, written: Int64) = (-1, -1)
  private var startedAt: Int64 = 0
  /// The leader's end by both clocks; 0 while it runs.
  private var endedAt: Int64 = 0
  private var endedClock: Int64 = 0
  /// When the group of a leader that is gone is looked at next.
  private var lookAt = Int64.max
  private var heartbeatAt: Int64 = 0
  /// TERM, then KILL.
  private var deadline: Int64 = 0
  private var termination: Termination?

  private struct Termination {
    var cause: ShimLine.Cause
    var isKilled = false
  }

  /// Nil when the attempt has no usable directory, or a `started` already: it is never run twice.
  init?(directory: String) {
    guard let files = AttemptFiles(directory),
      let bytes = files.read(
        ShimFile.specification, byteCountMax: ShimSpecification.byteCountMax),
      let specification = ShimSpecification(bytes),
      (files.read(ShimFile.events, byteCountMax: 1 << 20) ?? []).isEmpty
    else { return nil }
    let limit = specification.outputByteCountMax
    guard let output = OutputCopy(to: files.create(ShimFile.output), byteCountMax: limit),
      let errors = OutputCopy(to: files.create(ShimFile.error), byteCountMax: limit)
    else { return nil }
    let signals = vigil_signal_descriptor()
    guard signals >= 0, vigil_become_subreaper() == 0 else { return nil }
    heartbeat = files.create(ShimFile.heartbeat)
    self.files = files
    self.specification = specification
    self.output = output
    self.errors = errors
    self.signals = signals
    notice = ServerNotice(specification)
  }

  /// The whole life; the exit status of the shim.
  mutating func run() -> Int32 {
    guard prepare() else { return reportNotStarted("fork", errno) }
    let started = startedLine()
    guard say(started) else {
      // The job still waits at its gate, and never passes it.
      close(job.gate)
      close(job.report)
      return reportNotStarted("started line", errno)
    }
    var stage: Int32 = 0
    startedAt = vigil_steady_microseconds()
    // SAFETY: both point to storage of ours for the length of the call.
    let failure = unsafe vigil_job_release(&job, &stage)
    output.closeSink()
    errors.closeSink()
    if failure != 0 { return reportNotStarted(Attempt.stages[Int(stage) % 5], failure) }
    notice.send(started.line)
    files.synchronizeNames()
    deadline = startedAt + Int64(specification.timeoutMilliseconds) * 1000
    supervise()
    finish()
    return 0
  }

  private static let stages = ["start", "directory", "limits", "descriptors", "exec"]

  private mutating func prepare() -> Bool {
    let texts = specification.arguments + specification.environment
    var bytes: [UInt8] = []
    for text in texts {
      bytes.append(contentsOf: text.utf8)
      bytes.append(0)
    }
    let limits = specification.limits
    // SAFETY: the texts hold as many zeros as they are counted, and live for the call, as do the rest.
    return unsafe bytes.withUnsafeBufferPointer { texts in
      unsafe specification.directory.withCString { directory in
        var plan = unsafe vigil_job_plan()
        unsafe plan.texts = texts.baseAddress
        unsafe plan.text_byte_count = texts.count
        unsafe plan.argument_count = specification.arguments.count
        unsafe plan.variable_count = specification.environment.count
        unsafe plan.directory = directory
        unsafe plan.limits = (limits[0], limits[1], limits[2], limits[3], limits[4])
        unsafe plan.output = output.sink
        unsafe plan.error = errors.sink
        return unsafe vigil_job_prepare(&plan, &job) == 0
      }
    }
  }

  // MARK: Supervision

  private mutating func supervise() {
    while end == nil {
      beat()
      let now = vigil_steady_microseconds()
      let next = min(deadline, heartbeatAt, lookAt)
      let milliseconds = Int32(clamping: max(0, (next - now + 999) / 1000))
      let watched = [signals, output.source, errors.source] + notice.open
      // SAFETY: the count is the array's own.
      let ready = unsafe vigil_wait_readable(watched, watched.count, milliseconds)
      if ready & 2 != 0 { output.drain(&buffer) }
      if ready & 4 != 0 { errors.drain(&buffer) }
      if ready >> 3 != 0 { notice.drain(&buffer) }
      if ready & 1 != 0 { takeSignals() }
      if vigil_steady_microseconds() >= lookAt { reap() }
      guard vigil_steady_microseconds() >= deadline else { continue }
      // One that has ended by now ended by itself.
      reap()
      if end == nil { passDeadline() }
    }
  }

  private mutating func takeSignals() {
    // Equal signals that wait are one, so there are at most three.
    for _ in 0..<8 {
      switch vigil_signal_next(signals) {
      case 0: return
      case SIGCHLD: reap()
      default: if termination == nil { terminate(.stop) }
      }
    }
  }

  private mutating func passDeadline() {
    guard termination != nil else { return terminate(.timeout) }
    termination?.isKilled = true
    kill(-job.process, SIGKILL)
    // What has left the group is caught once the leader is gone.
    deadline = Int64.max
    reap()
  }

  private mutating func terminate(_ cause: ShimLine.Cause) {
    termination = Termination(cause: cause)
    kill(-job.process, SIGTERM)
    deadline = vigil_steady_microseconds() + Int64(specification.graceMilliseconds) * 1000
  }

  /// Reaps whoever has ended; of the job's leader, what it used is read first.
  private mutating func reap() {
    for _ in 0..<65_536 {
      let ended = vigil_child_ended()
      guard ended > 0 else { return }
      if ended == job.process, end == nil {
        noteLeaderEnd()
        // While the leader waits to be reaped its group's id is nobody else's.
        if isGroupInGrace { return lookAgain() }
        kill(-ended, SIGKILL)
      }
      var found = vigil_job_end()
      // SAFETY: it points to storage of ours for the length of the call.
      guard unsafe vigil_child_reap(ended, &found) == 0 else { return }
      if ended == job.process { end = found }
    }
  }

  private mutating func noteLeaderEnd() {
    guard endedAt == 0 else { return }
    endedAt = vigil_steady_microseconds()
    endedClock = vigil_clock_microseconds()
    transfer = ProcessFacts.transfer(job.process)
  }

  /// Whether others of the group still clean up after their TERM: a shell that dies of it at once takes
  /// nothing of their grace.
  private var isGroupInGrace: Bool {
    guard let termination, !termination.isKilled else { return false }
    return ProcessFacts.isAnyAlive(inGroup: job.process)
  }

  /// Whose parent is not the shim is gone without a signal to it: the group is looked at from time to time.
  private mutating func lookAgain() {
    lookAt = vigil_steady_microseconds() + Attempt.lookMicroseconds
  }

  private static let lookMicroseconds: Int64 = 20_000

  private mutating func beat() {
    let now = vigil_steady_microseconds()
    guard now >= heartbeatAt else { return }
    let isFirst = heartbeatAt == 0
    heartbeatAt = now + Int64(max(specification.heartbeatMilliseconds, 100)) * 1000
    let clock = vigil_clock_microseconds()
    let digits = String(clock)
    let text = Array((String(repeating: "0", count: max(0, 20 - digits.count)) + digits).utf8)
    guard lseek(heartbeat, 0, SEEK_SET) == 0 else { return }
    _ = Descriptors.writeAll(heartbeat, text)
    guard !isFirst else { return }
    let line = ShimLine(
      .heartbeat, runID: specification.runID, attempt: specification.attempt, microseconds: clock)
    notice.send(line.line)
  }

  // MARK: End

  /// The leader's end is the run's: what it left behind is ended too, wherever it went.
  private mutating func finish() {
    output.drain(&buffer)
    errors.drain(&buffer)
    var leftCount: Int64 = 0
    for _ in 0..<100 {
      reap()
      // One that ended since is reaped in the next round.
      if vigil_child_ended() < 0 { break }
      let children = ProcessFacts.children(of: getpid())
      for child in children { kill(child, SIGKILL) }
      leftCount += Int64(children.count)
      // SAFETY: one descriptor, counted as one.
      _ = unsafe vigil_wait_readable([signals], 1, 20)
      _ = vigil_signal_next(signals)
    }
    output.drain(&buffer)
    errors.drain(&buffer)
    output.finish()
    errors.finish()
    sayLast(exitedLine(leftCount))
  }

  /// Tries of a second each where what hinders the last line is no full disk.
  private static let lastLineTryCountMax = 60

  /// The end, durably: a full disk is waited for with the lock in hand, for without the line the run would
  /// count as lost.
  private mutating func sayLast(_ line: ShimLine) {
    var tryCount = 0
    // The newline ends a line that a failed attempt left torn.
    while !files.appendDurably([0x0A] + line.line, to: ShimFile.events) {
      let isFull = errno == ENOSPC || errno == EDQUOT
      tryCount += isFull ? 0 : 1
      guard tryCount < Attempt.lastLineTryCountMax else { break }
      beat()
      vigil_sleep_milliseconds(1000)
    }
    notice.send(line.line)
    notice.finish(milliseconds: 1000, &buffer)
  }

  private func startedLine() -> ShimLine {
    var line = self.line(.started)
    line.field("pid", Int64(job.process))
    line.field("start_ticks", ProcessFacts.startTicks(job.process))
    line.field("shim_pid", Int64(getpid()))
    line.field("shim_start_ticks", ProcessFacts.startTicks(getpid()))
    line.field("boot_id", ProcessFacts.bootID())
    return line
  }

  /// Told when all is over, and dated when the leader ended.
  private func exitedLine(_ leftCount: Int64) -> ShimLine {
    var line = ShimLine(
      .exited, runID: specification.runID, attempt: specification.attempt,
      microseconds: endedClock)
    let end = end ?? vigil_job_end()
    line.field("cause", (termination?.cause ?? .exit).rawValue)
    if end.signal > 0 {
      line.field("signal", Int64(end.signal))
    } else {
      line.field("exit_code", Int64(end.exit_code))
    }
    line.field("duration_us", endedAt - startedAt)
    line.field("cpu_us", end.cpu_microseconds)
    line.field("max_rss_bytes", end.max_rss_bytes)
    if transfer.read >= 0 { line.field("read_bytes", transfer.read) }
    if transfer.written >= 0 { line.field("write_bytes", transfer.written) }
    line.field("stdout_dropped", Int64(output.droppedByteCount))
    line.field("stderr_dropped", Int64(errors.droppedByteCount))
    line.field("left_processes", leftCount)
    return line
  }

  private func line(_ event: ShimLine.Event) -> ShimLine {
    ShimLine(
      event, runID: specification.runID, attempt: specification.attempt,
      microseconds: vigil_clock_microseconds())
  }

  /// Durably to the file.
  private func say(_ line: ShimLine) -> Bool { files.appendDurably(line.line, to: ShimFile.events) }

  private mutating func reportNotStarted(_ stage: String, _ code: Int32) -> Int32 {
    output.finish()
    errors.finish()
    var line = self.line(.exited)
    line.field("cause", ShimLine.Cause.notStarted.rawValue)
    line.field("stage", stage)
    line.field("errno", Int64(code))
    sayLast(line)
    return 1
  }
}
