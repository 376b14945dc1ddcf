package import Ingest

/// What comes of time alone: retries, expiries, schedules.
extension SchedulerStateMachine {
  mutating func tick(at now: Timestamp) {
    retryRefused()
    expireApprovals(at: now)
    resumePaused(at: now)
    runSchedules(at: now)
    forgetFinished(at: now)
    counts.forgetTriggers(before: now)
  }

  private mutating func resumePaused(at now: Timestamp) {
    for runID in pausing.sorted() {
      guard var run = runs[runID], case .pausing(let until) = run.phase else {
        pausing.remove(runID)
        continue
      }
      guard until <= now else { continue }
      pausing.remove(runID)
      run.phase = .ready
      runs[runID] = run
      ready.append(runID, of: run.job)
    }
  }

  /// How far back missed times of a schedule are made up for: 31 days.
  static let missedSecondsMax = 31 * 86_400.0

  private mutating func runSchedules(at now: Timestamp) {
    guard !isJournalBehind else { return }
    for job in catalogue.definitions {
      guard let schedule = job.schedule else { continue }
      // Whether anything is due is looked at once a minute: nothing falls between.
      let through = scheduledThrough[job.name] ?? now
      // A clock that was set back begins again from there: what ran already has its id.
      scheduledThrough[job.name] = min(through, now)
      guard now.minute > through.minute else { continue }
      scheduledThrough[job.name] = now
      for instant in due(schedule, after: through, through: now) {
        runScheduled(job, due: instant, at: now)
      }
    }
  }

  /// Times noticed in time, and of the others what the job's policy makes up for.
  private func due(
    _ schedule: CronSchedule, after start: Timestamp, through now: Timestamp
  ) -> [Timestamp] {
    let oldest = now.advanced(bySeconds: -SchedulerStateMachine.missedSecondsMax)
    let all = schedule.occurrences(after: max(start, oldest), through: now)
    let punctual = all.filter { now.seconds(since: $0) <= settings.punctualSeconds }
    switch schedule.missed {
    case .skip: return punctual
    case .once: return punctual.isEmpty ? all.suffix(1) : punctual
    case .all: return all
    }
  }

  /// One time of a schedule is one run, however often it is noticed.
  private mutating func runScheduled(_ job: JobDefinition, due: Timestamp, at now: Timestamp) {
    guard case .success(let parameters) = job.check([], at: due),
      case .success = job.invocation(parameters)
    else { return }
    let wish = SchedulerWish(
      runID: RunIdentifier.scheduled(job: job.name, at: due), job: job.name,
      parameters: parameters, redacted: redacted(parameters.json), trigger: .schedule)
    trigger(wish, ticket: nil, at: now)
  }
}

extension Timestamp {
  /// Minutes since 1970.
  fileprivate var minute: Int64 { microseconds.flooredDivision(by: 60_000_000).quotient }
}

extension SchedulerStateMachine {
  /// Times of schedules up to here are dealt with; what was missed since is made up for at the next tick.
  package mutating func beginSchedules(after instant: Timestamp) {
    for job in catalogue.definitions where job.schedule != nil {
      scheduledThrough[job.name] = instant
    }
  }

  /// The instant up to which every schedule is dealt with durably; nil without schedules, and while a run
  /// of one is not in the journal yet.
  package var schedulesThrough: Timestamp? {
    let isUnderWay = runs.values.contains { $0.phase == .recording && $0.trigger == .schedule }
    return isUnderWay ? nil : scheduledThrough.values.min()
  }
}
