import Detect
internal import Dispatch
import GatewayAndScheduler
import Ingest
import Synchronization

/// Detect beside the server, on a thread of its own: what it finds becomes an alert record, and whoever
/// asks gets what was learnt so far.
final class LiveJudge: Sendable {
  /// What a judge is made of.
  struct Settings: Sendable {
    /// The journal's directory.
    var directory: String
    var configuration: ConfigurationFile
    /// Pause between two turns; a turn that takes long makes the next pause longer.
    var pause: Duration = .seconds(1)
    /// How often what was learnt is saved.
    var savePause: Duration = .seconds(300)
  }

  private static let retryPause = Duration.seconds(30)
  /// Entries between two looks whether it is time to end.
  private static let lookCount = 1024
  /// Share of the time that turns may take: a tenth.
  private static let restFactor = 9

  private let settings: Settings
  private let sink: any RecordSink
  private let surroundings: Surroundings
  private let report: @Sendable (String) -> Void
  private let heed: @Sendable (Finding) async -> Void
  private let owner: @Sendable (String) -> String?
  private let standing = Mutex<Analysis?>(nil)
  private let isEnding = Atomic<Bool>(false)
  private let hasEnded = DispatchGroup()
  private let thread = DispatchQueue(label: "live-judge")

  /// - Parameters:
  ///   - report: gets what went wrong, a sentence each.
  ///   - heed: gets each finding once its alert record is durable.
  ///   - owner: who is responsible for a job.
  init(
    _ settings: Settings, sink: any RecordSink, surroundings: Surroundings,
    report: @escaping @Sendable (String) -> Void,
    heed: @escaping @Sendable (Finding) async -> Void,
    owner: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.settings = settings
    self.sink = sink
    self.surroundings = surroundings
    self.report = report
    self.heed = heed
    self.owner = owner
  }

  /// Starts the thread. Once.
  func start() {
    hasEnded.enter()
    thread.async { [self] in
      while !isEnding.load(ordering: .relaxed) {
        do { try run() } catch is CancellationError { break } catch {
          // What was learnt may be old by then: better no answer than one from the past.
          standing.withLock { $0 = nil }
          report("live detection: \(error): tried again in \(LiveJudge.retryPause)")
          rest(LiveJudge.retryPause, ContinuousClock())
        }
      }
      hasEnded.leave()
    }
  }

  /// Ends behind the turn under way, saving what was learnt.
  func stop() {
    isEnding.store(true, ordering: .relaxed)
    hasEnded.wait()
  }

  /// How rare a trigger of `principal` at `instant` would be; nil before the first turn.
  func offHoursP(
    of principal: String, at instant: Timestamp, zone: String?, isService: Bool
  ) -> Double? {
    guard let standing = standing.withLock({ $0 }) else { return nil }
    return standing.offHoursP(of: principal, at: instant, zone: zone, isService: isService)
  }

  /// Event time before the start whose findings are still raised by a judge that has learnt nothing before:
  /// a day. What is older is for `vigil detect` to list.
  private static let firstSeconds = 86_400.0

  private func run() throws {
    let storage = try JournalOpening.forReading(settings.directory)
    let start = surroundings.now()
    // One that goes on from what it learnt makes up for the time in which it did not run, as far back as
    // anybody would be told.
    let oldestEver = start.advanced(bySeconds: -AlertSettings.untoldSecondsMax)
    var oldest = oldestEver
    var raised = try RaisedAlerts(storage, since: oldestEver)
    let live = try make(storage)
    let clock = ContinuousClock()
    var savedAt = clock.now
    // Said by a turn and not in the journal yet: no later turn says them again.
    var pending: [Finding] = []
    while !isEnding.load(ordering: .relaxed) {
      let begin = clock.now
      let turn = try live.turn(at: surroundings.now()) { count in
        if count.isMultiple(of: LiveJudge.lookCount), isEnding.load(ordering: .relaxed) {
          throw CancellationError()
        }
      }
      if let reason = turn.rebuilt {
        report("live detection read \(turn.readCount) entries from the first: \(reason)")
      }
      if turn.isFirst { oldest = start.advanced(bySeconds: -LiveJudge.firstSeconds) }
      if let standing = turn.standing { self.standing.withLock { $0 = standing } }
      let news = turn.findings.filter { $0.timestamp >= oldest }
      if news.count < turn.findings.count {
        report(
          "\(turn.findings.count - news.count) findings about times before \(oldest.rfc3339) are not "
            + "raised; vigil detect lists them")
      }
      pending += news
      pending.removeAll { finding in
        guard !raised.contains(finding.findingID) else { return true }
        guard raise(finding) else { return false }
        raised.insert(finding.findingID)
        return true
      }
      // What was learnt holds what was said: not before all of that is raised.
      if pending.isEmpty, clock.now - savedAt >= settings.savePause {
        if let problem = try live.save() { report("saved baseline: not saved: \(problem)") }
        savedAt = clock.now
      }
      rest(max(settings.pause, (clock.now - begin) * LiveJudge.restFactor), clock)
    }
    guard pending.isEmpty else { return }
    if let problem = try live.save() { report("saved baseline: not saved: \(problem)") }
  }

  private func make(_ storage: any JournalStorage) throws -> LiveDetection {
    let configuration = settings.configuration
    var detection = JournalDetection.Settings(
      window: configuration.joinWindow, configuration: configuration.detection,
      program: Assembly.version, identify: Identifier.hash)
    detection.columns = .analysis
    detection.raises = true
    let zones = configuration.zones
    return LiveDetection(
      storage, detection, RecordedZones(zones) { zones.dataDigest(of: $0) })
  }

  /// False when the journal did not take it.
  private func raise(_ finding: Finding) -> Bool {
    let record = RaisedAlerts.record(
      finding, owner: finding.job.flatMap(owner), at: surroundings.now())
    return Blocking.wait { [sink, heed, report] in
      do throws(WriterRefusal) {
        // A conflict is with somebody else's record of this name: ours was appended all the same.
        if case .duplicate = try await sink.append(record) { return true }
        await heed(finding)
        return true
      } catch {
        report("finding \(finding.findingID) (\(finding.rule)): not recorded: \(error)")
        return false
      }
    }
  }

  /// In short steps, so that the end is not waited for.
  private func rest(_ pause: Duration, _ clock: ContinuousClock) {
    let end = clock.now + pause
    while !isEnding.load(ordering: .relaxed), clock.now < end {
      StopSignal.sleep(milliseconds: 50)
    }
  }
}
