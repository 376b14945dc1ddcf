package import Correlate
import Ingest

/// Activities for a person: one line each.
package struct ActivityTable: Sendable {
  private var table = TextTable(columns: [
    .init("REQUESTED (UTC)"), .init("PRINCIPAL", isFlexible: true),
    .init("JOB", isFlexible: true), .init("STATE"), .init("WAIT", isRightAligned: true),
    .init("DURATION", isRightAligned: true), .init("TASKS", isRightAligned: true), .init("LINK"),
    .init("RUN", isFlexible: true),
  ])

  package init() {}

  package mutating func append(_ activity: Activity) {
    let start = activity.requestedAt ?? activity.queuedAt ?? activity.startedAt ?? activity.endedAt
    table.append([
      .init(start.map { String($0.rfc3339.prefix(19)) }),
      .init(activity.principal ?? "-"), .init(activity.job ?? "-"),
      .init(ActivityTable.stateText(activity), ActivityTable.paint(activity.state)),
      .init(activity.waitSeconds.map(Quantity.seconds)),
      .init(activity.durationSeconds.map(Quantity.seconds)),
      .init(activity.tasks.total == 0 ? nil : ActivityTable.taskText(activity.tasks)),
      .init(activity.link.rawValue), .init(activity.runID ?? activity.requestID),
    ])
  }

  package func lines(width: Int?, style: TextStyle) -> [String] {
    table.lines(width: width, style: style)
  }

  private static func stateText(_ activity: Activity) -> String {
    guard let dangling = activity.dangling, dangling != activity.state else {
      return activity.state.rawValue
    }
    return activity.state.rawValue + " (" + dangling.rawValue + ")"
  }

  private static func taskText(_ tasks: Activity.TaskCounts) -> String {
    tasks.failed == 0 ? "\(tasks.succeeded)/\(tasks.total)" : "\(tasks.succeeded)/\(tasks.total)!"
  }

  private static func paint(_ state: Activity.State) -> TextStyle.Paint? {
    switch state {
    case .succeeded: .green
    case .failed, .killed, .timedOut, .lost, .exitMissing, .endMissing, .noRun: .red
    case .denied, .rejected, .unanswered, .noEvents: .yellow
    case .requested, .queued, .held, .approved, .open: .cyan
    }
  }
}

/// Quantities as a person reads them.
package enum Quantity {
  /// `0.43 s`, `12.5 s`, `3 min 20 s`, `2 h 05 min`, `3 d 04 h`.
  package static func seconds(_ value: Double) -> String {
    let magnitude = abs(value)
    let sign = value < 0 ? "-" : ""
    if magnitude < 10 { return sign + decimals(magnitude, 2) + " s" }
    if magnitude < 120 { return sign + decimals(magnitude, 1) + " s" }
    let whole = Int(min(magnitude.rounded(), 1e15))
    if whole < 7200 { return sign + "\(whole / 60) min \(padded(whole % 60)) s" }
    if whole < 172_800 { return sign + "\(whole / 3600) h \(padded(whole / 60 % 60)) min" }
    return sign + "\(whole / 86_400) d \(padded(whole / 3600 % 24)) h"
  }

  /// `812 B`, `1.4 MB`: powers of 1,000.
  package static func bytes(_ value: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    var scaled = Double(value)
    var unit = 0
    while abs(scaled) >= 1000, unit < units.count - 1 {
      scaled /= 1000
      unit += 1
    }
    return unit == 0 ? "\(value) B" : decimals(scaled, 1) + " " + units[unit]
  }

  /// `1,234,567`.
  package static func count(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var result = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// Rounded to `places` decimals, trailing zeros kept.
  package static func decimals(_ value: Double, _ places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let whole = Int(scaled)
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard places > 0 else { return sign + "\(whole)" }
    let unit = Int(scale)
    let fraction = String(whole % unit)
    let zeros = String(repeating: "0", count: places - fraction.count)
    return sign + "\(whole / unit).\(zeros)\(fraction)"
  }

  private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
