internal import Ingest

/// The answer to the common question.
package struct CommonAnswer: Sendable, Equatable {
  /// How many there are of what.
  package struct Counts: Sendable, Equatable {
    /// Lines of the gateway, and of run events, malformed ones included.
    package var gateway = 0
    package var events = 0
    package var triggers = 0
    package var runs = 0
    package var joined = 0
    package var unmatchedRequests = 0
    package var unmatchedRuns = 0
    package var runaway = 0
    package var offhours = 0
    package var malformed = 0

    package init() {}
  }

  package private(set) var counts = Counts()
  /// `offhours` or `runaway`, run id, job, principal (empty where no trigger was found), with tabs
  /// between; sorted bytewise, without newlines. Control characters in names are written `\xNN`.
  package private(set) var lines: [[UInt8]] = []
  /// The first lines of each input that could not be read.
  package private(set) var malformedGateway: [MalformedLine] = []
  package private(set) var malformedRuns: [MalformedLine] = []

  init(_ tables: CommonTables) {
    let index = TriggerIndex(tables.triggers, tables.secret)
    let joined = tables.runs.map { run in
      index.number(run.request, run.traits).map { Int32(truncatingIfNeeded: $0) } ?? -1
    }
    count(tables, joined)
    addOffhours(tables, joined)
    addRunaways(tables, index)
    lines.sort { $0.lexicographicallyPrecedes($1) }
  }

  private mutating func count(_ tables: CommonTables, _ joined: [Int32]) {
    var isMatched = [Bool](repeating: false, count: tables.triggers.count)
    var matchedCount = 0
    for number in joined where number >= 0 {
      counts.joined += 1
      if !isMatched[Int(number)] { matchedCount += 1 }
      isMatched[Int(number)] = true
    }
    counts.gateway = tables.gatewayCount
    counts.events = tables.eventCount
    counts.triggers = tables.triggers.count
    counts.runs = tables.runs.count
    counts.unmatchedRequests = tables.triggers.count - matchedCount
    counts.unmatchedRuns = tables.runs.count - counts.joined
    counts.malformed = tables.malformedCounts.reduce(0, +)
    malformedGateway = tables.malformed[0]
    malformedRuns = tables.malformed[1]
  }

  private mutating func addOffhours(_ tables: CommonTables, _ joined: [Int32]) {
    let hours = HourCounts(tables, joined)
    for (run, number) in zip(tables.runs, joined) where number >= 0 {
      let trigger = tables.triggers[Int(number)]
      guard hours.isRare(trigger) else { continue }
      counts.offhours += 1
      add("offhours", tables, run.run, run.traits, job: run.job, principal: trigger.principal)
    }
  }

  private mutating func addRunaways(_ tables: CommonTables, _ index: TriggerIndex) {
    let laws = DurationLaws(tables.finished, jobCount: tables.names.jobs.count)
    for run in tables.finished where laws.isRunaway(run) {
      counts.runaway += 1
      let trigger = index.number(run.request, run.traits).map { tables.triggers[$0] }
      add("runaway", tables, run.run, run.traits, job: run.job, principal: trigger?.principal)
    }
  }

  private mutating func add(
    _ rule: StaticString, _ tables: CommonTables, _ run: EventIdentifier,
    _ traits: IdentifierTraits, job: Int32, principal: Int32?
  ) {
    var line = Array(rule.description.utf8)
    let name = tables.text(run: run, traits)
    line.appendField(name.span)
    line.appendField(tables.names.jobs.text(Int(job)))
    if let principal {
      line.appendField(tables.names.principals.text(Int(principal)))
    } else {
      line.append(UInt8(ascii: "\t"))
    }
    lines.append(line)
  }
}

extension [UInt8] {
  /// A tab and the text; what would end the field or the line, or move a cursor, is written `\xNN`.
  fileprivate mutating func appendField(_ text: Span<UInt8>) {
    append(UInt8(ascii: "\t"))
    for index in text.indices {
      let byte = text[index]
      if byte >= 0x20, byte != 0x7F {
        append(byte)
      } else {
        let digits = Array("0123456789abcdef".utf8)
        append(contentsOf: Array("\\x".utf8))
        append(digits[Int(byte >> 4)])
        append(digits[Int(byte & 15)])
      }
    }
  }
}

/// When the principals with enough joined runs trigger them.
private struct HourCounts {
  private var totals: [Int32]
  /// By principal: its place among those with enough, or -1.
  private var places: [Int32]
  /// 168 of each of those.
  private var counts: [Int32]

  init(_ tables: CommonTables, _ joined: [Int32]) {
    totals = [Int32](repeating: 0, count: tables.names.principals.count)
    for number in joined where number >= 0 {
      totals[Int(tables.triggers[Int(number)].principal)] += 1
    }
    places = [Int32](repeating: -1, count: totals.count)
    var count: Int32 = 0
    for principal in totals.indices where totals[principal] >= CommonQuestion.joinedCountMin {
      places[principal] = count
      count += 1
    }
    counts = [Int32](repeating: 0, count: Int(count) * 168)
    for number in joined where number >= 0 {
      if let cell = cell(tables.triggers[Int(number)]) { counts[cell] += 1 }
    }
  }

  private func cell(_ trigger: TriggerRow) -> Int? {
    let place = Int(places[Int(trigger.principal)])
    return place < 0 ? nil : place * 168 + Int(trigger.hour)
  }

  func isRare(_ trigger: TriggerRow) -> Bool {
    guard let cell = cell(trigger) else { return false }
    return Int(counts[cell]) * CommonQuestion.rarity < Int(totals[Int(trigger.principal)])
  }
}
