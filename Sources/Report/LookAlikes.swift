package import Correlate
package import Detect
import Ingest

/// What simple rules would have said, beside what Vigil said: the look-alikes that stayed quiet.
///
/// Three rules of thumb are counted over the same activities: triggers outside fixed office hours,
/// runs longer than the mean and three sigmas of a job's first runs, and UTC hours that a person never
/// used before, in the weeks after a clock change. Nothing here knows who is innocent: a subject is
/// listed when a rule of thumb would have alerted often and Vigil never did.
package struct LookAlikes {
  /// Rules of thumb: Monday to Friday from 07:00 to 19:59 local.
  private static let officeHours = 7..<20
  private static let firstRunCount = 20
  private static let sigmaCount = 3.0
  private static let clockChangeDays = 14.0
  /// A subject is worth a line from so many alerts of a rule of thumb.
  private static let alertCountMin = 5

  private let configuration: DetectionConfiguration
  private let zones: any ZoneLookup
  private var people: [String: Person] = [:]
  private var jobs: [String: JobRuns] = [:]
  private var clockChanges: [ClockChange] = []
  private var offsets: [String: Int] = [:]

  private struct Person {
    var triggerCount = 0
    var outsideCount = 0
    var utcHours: Set<Int> = []
  }

  private struct JobRuns {
    var first: [Double] = []
    var count = 0
    var longCount = 0
    var latest = 0.0
  }

  private struct ClockChange {
    let zone: String
    let at: Timestamp
    var newHourCount = 0
    var people: Set<String> = []
  }

  package init(_ configuration: DetectionConfiguration, zones: any ZoneLookup) {
    self.configuration = configuration
    self.zones = zones
  }

  /// Counts what the rules of thumb would say to an event.
  package mutating func observe(_ event: CorrelatedEvent) {
    guard case .activity(let update) = event else { return }
    switch update.change {
    case .triggered: observeTrigger(update.activity)
    case .ended: observeRun(update.activity)
    default: break
    }
  }

  private mutating func observeTrigger(_ activity: Activity) {
    guard let name = activity.principal, let instant = activity.requestedAt else { return }
    let zone = activity.zone ?? configuration.zoneByPrincipal[name] ?? configuration.siteZone
    let local = zones.localHour(at: instant, zones: [zone])
    var person = people[name] ?? Person()
    person.triggerCount += 1
    let isOffice = !local.isWeekend && LookAlikes.officeHours.contains(local.hourOfWeek % 24)
    if !isOffice { person.outsideCount += 1 }
    noteClockChange(zone, local.offsetSeconds, instant)
    let utcHour = LocalHour(instant, offsetSeconds: 0).hourOfWeek
    let isNew = person.utcHours.insert(utcHour).inserted
    if isNew { noteNewHour(name, zone, instant) }
    people[name] = person
  }

  private mutating func noteClockChange(_ zone: String, _ offset: Int, _ instant: Timestamp) {
    if let before = offsets[zone], before != offset {
      clockChanges.append(ClockChange(zone: zone, at: instant))
    }
    offsets[zone] = offset
  }

  private mutating func noteNewHour(_ name: String, _ zone: String, _ instant: Timestamp) {
    for index in clockChanges.indices where clockChanges[index].zone == zone {
      let days = instant.seconds(since: clockChanges[index].at) / 86_400
      guard days <= LookAlikes.clockChangeDays else { continue }
      clockChanges[index].newHourCount += 1
      clockChanges[index].people.insert(name)
    }
  }

  private mutating func observeRun(_ activity: Activity) {
    guard let job = activity.job, let duration = activity.durationSeconds,
      activity.state == .succeeded
    else { return }
    var runs = jobs[job] ?? JobRuns()
    runs.count += 1
    runs.latest = duration
    if runs.first.count < LookAlikes.firstRunCount {
      runs.first.append(duration)
    } else if duration > LookAlikes.fence(runs.first) {
      runs.longCount += 1
    }
    jobs[job] = runs
  }

  /// Mean and three standard deviations; infinite for nothing.
  private static func fence(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .infinity }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    return mean + sigmaCount * variance.squareRoot()
  }

  /// A line for each subject that a rule of thumb would have alerted on and no finding names.
  package func lines(_ findings: [Finding]) -> [String] {
    personLines(findings) + jobLines(findings) + clockLines(findings)
  }

  private func personLines(_ findings: [Finding]) -> [String] {
    let flagged = Set(findings.filter { $0.rule == "off_hours" }.compactMap(\.principal))
    return people.sorted { $0.key < $1.key }.compactMap { name, person in
      guard person.outsideCount >= LookAlikes.alertCountMin, !flagged.contains(name) else {
        return nil
      }
      return "\(TerminalText.escaped(name)): \(Quantity.count(person.outsideCount)) of "
        + "\(Quantity.count(person.triggerCount)) triggers outside Monday to Friday, 07 to 20 local; "
        + "no off_hours finding"
    }
  }

  private func jobLines(_ findings: [Finding]) -> [String] {
    let flagged = Set(findings.filter { $0.rule == "runaway" }.compactMap(\.job))
    return jobs.sorted { $0.key < $1.key }.compactMap { job, runs in
      guard runs.longCount >= LookAlikes.alertCountMin, !flagged.contains(job) else { return nil }
      return "\(TerminalText.escaped(job)): \(Quantity.count(runs.longCount)) of "
        + "\(Quantity.count(runs.count)) runs over the mean and three sigmas of its first "
        + "\(LookAlikes.firstRunCount) (\(Quantity.seconds(LookAlikes.fence(runs.first))), last "
        + "\(Quantity.seconds(runs.latest))); no runaway finding"
    }
  }

  private func clockLines(_ findings: [Finding]) -> [String] {
    clockChanges.filter { $0.newHourCount > 0 }.map { change in
      let after = findings.filter { finding in
        guard finding.rule == "off_hours", let name = finding.principal else { return false }
        let days = finding.timestamp.seconds(since: change.at) / 86_400
        return change.people.contains(name) && (0...LookAlikes.clockChangeDays).contains(days)
      }
      return "clock change in \(TerminalText.escaped(change.zone)) before "
        + "\(String(change.at.rfc3339.prefix(10))): \(Quantity.count(change.newHourCount)) triggers of "
        + "\(change.people.count) principals in UTC hours of the week that were new to them, in "
        + "\(Int(LookAlikes.clockChangeDays)) days; off_hours episodes among them: "
        + "\(FindingList.episodes(after).count)"
    }
  }
}
