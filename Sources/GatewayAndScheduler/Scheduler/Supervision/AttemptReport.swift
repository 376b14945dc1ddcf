package import Ingest

/// What an attempt's directory says, read after a look at its lock.
package struct AttemptReport: Sendable, Equatable {
  /// The line `started`: durable before the job's first instruction.
  package struct Started: Sendable, Equatable {
    package var at: Timestamp
    /// The leader of the job's process group.
    package var process: Int
    package var startTicks: Int
    package var shim: Int
    package var shimStartTicks: Int
    package var bootID: String

    package init(
      at instant: Timestamp, process: Int, startTicks: Int, shim: Int, shimStartTicks: Int,
      bootID: String
    ) {
      at = instant
      self.process = process
      self.startTicks = startTicks
      self.shim = shim
      self.shimStartTicks = shimStartTicks
      self.bootID = bootID
    }
  }

  /// The line `exited`: the shim's last word.
  package struct Exited: Sendable, Equatable {
    /// As `ShimLine.Cause` names them.
    package enum Cause: String, Sendable, CaseIterable {
      case exit, timeout, stop
      case notStarted = "not_started"
    }
    package var at: Timestamp
    package var cause: Cause
    package var exitCode: Int?
    package var signal: Int?
    package var durationSeconds: Double?
    package var cpuSeconds: Double?
    package var maxRSSBytes: Int?
    package var readBytes: Int?
    package var writeBytes: Int?
    /// What could not be done, where it never ran: `exec`, `directory`.
    package var stage: String?
    package var code: Int?

    package init(at instant: Timestamp, cause: Cause) {
      at = instant
      self.cause = cause
    }
  }

  /// Whether there is a directory with a specification.
  package var isPrepared = false
  /// Whether its shim lives. The lock was looked at before the lines: a dead shim writes no more.
  package var isAlive = false
  package var started: Started?
  package var exited: Exited?

  package init() {}

  /// Reads the lines that are whole; what is torn or foreign says nothing.
  package mutating func read(_ bytes: [UInt8]) {
    var document = JSONDocument()
    let whole = bytes.prefix((bytes.lastIndex(of: 0x0A) ?? -1) + 1)
    for line in whole.split(separator: 0x0A) {
      do { try document.parse(Array(line).span) } catch { continue }
      let line = ShimLineReader(document)
      switch line.text("event") {
      case "started": started = line.started()
      case "exited": exited = line.exited()
      default: continue
      }
    }
  }
}

/// The keys of one line of a shim.
private struct ShimLineReader {
  private let document: JSONDocument

  init(_ document: JSONDocument) { self.document = document }

  func text(_ key: StaticString) -> String? {
    document.member(document.root, key).flatMap { document.string($0) }
  }

  private func number(_ key: StaticString) -> Int? {
    document.member(document.root, key).flatMap { document.integer($0) }.map { Int($0) }
  }

  private func seconds(_ key: StaticString) -> Double? {
    number(key).map { Double(max($0, 0)) / 1e6 }
  }

  private var instant: Timestamp? {
    number("at_us").flatMap { Timestamp(microseconds: Int64($0)) }
  }

  func started() -> AttemptReport.Started? {
    guard let instant, let process = number("pid"), let shim = number("shim_pid"),
      let boot = text("boot_id")
    else { return nil }
    return AttemptReport.Started(
      at: instant, process: process, startTicks: number("start_ticks") ?? -1, shim: shim,
      shimStartTicks: number("shim_start_ticks") ?? -1, bootID: boot)
  }

  func exited() -> AttemptReport.Exited? {
    guard let instant, let cause = text("cause").flatMap(AttemptReport.Exited.Cause.init) else {
      return nil
    }
    var result = AttemptReport.Exited(at: instant, cause: cause)
    result.exitCode = number("exit_code")
    result.signal = number("signal")
    result.durationSeconds = seconds("duration_us")
    result.cpuSeconds = seconds("cpu_us")
    result.maxRSSBytes = number("max_rss_bytes").map { max($0, 0) }
    result.readBytes = number("read_bytes").map { max($0, 0) }
    result.writeBytes = number("write_bytes").map { max($0, 0) }
    result.stage = text("stage")
    result.code = number("errno")
    return result
  }
}
