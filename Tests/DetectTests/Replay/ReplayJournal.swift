import Correlate
import Detect
import Ingest
import TestSupport

/// A small journal with tokens, policies, approvals and alerts among its triggers and runs.
struct ReplayJournal {
  let records: [Record]

  init(seed: UInt64, triggerCount: Int = 40) {
    var random = SeededRandom(seed: seed)
    var mixed: [Record] = []
    for (serial, record) in SmallJournal(seed: seed, triggerCount: triggerCount).records
      .enumerated()
    {
      mixed.append(record)
      let at = record.header.timestamp.advanced(bySeconds: 0.5)
      if let body = ReplayJournal.body(serial, at, &random) {
        let header = RecordHeader(timestamp: at, source: "vigil/gateway", id: "extra-\(serial)")
        mixed.append(Record(header: header, body: body))
      }
    }
    records = mixed
  }

  private static func body(
    _ serial: Int, _ at: Timestamp, _ random: inout SeededRandom
  ) -> RecordBody? {
    let name = "\(Int.random(in: 0..<4, using: &random))"
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      let events: [ControlRecord.Event] = [.tokenCreated, .tokenRotated, .tokenRevoked]
      var body = ControlRecord(event: events.randomElement(using: &random) ?? .tokenCreated)
      (body.subject, body.principal) = ("token-\(name)", "person-\(name)")
      body.counts = [.init("overlap_s", 60)]
      return .control(body)
    case 1:
      var body = ControlRecord(event: Bool.random(using: &random) ? .policyLoaded : .configLoaded)
      body.sha256 = name
      return .control(body)
    case 2:
      let events = ApprovalRecord.Event.allCases
      var body = ApprovalRecord(
        subject: .run, event: events.randomElement(using: &random) ?? .requested)
      (body.approvalID, body.principal) = ("approval-\(name)", "person-1")
      if Bool.random(using: &random) { body.expiresAt = at.advanced(bySeconds: 7200) }
      return .approval(body)
    case 3:
      let events = AlertRecord.Event.allCases
      var body = AlertRecord(event: events.randomElement(using: &random) ?? .raised)
      body.findingID = "finding-\(name)"
      return .alert(body)
    case 4:
      var body = DecisionRecord(effect: .permit)
      (body.principal, body.groups) = ("person-\(name)", ["ops", "g\(serial % 3)"])
      body.policySHA256 = "p\(serial / 20)"
      return .decision(body)
    default: return nil
    }
  }

  static func replay() -> Replay {
    var configuration = DetectionConfiguration()
    configuration.pMax = 1
    let pipeline = DetectionPipeline(
      configuration: configuration, zones: FixedZones(), identify: History.identify)
    return Replay(
      Analysis(window: .standard, pipeline: pipeline, identify: History.identify),
      window: .standard, identify: History.identify)
  }

  /// What `replay --at INDEX` does.
  static func state(
    _ storage: SimulatedStorage, at index: Int, columns: ColumnUse = .whole
  ) throws -> ReplayState {
    var replay = replay()
    try JournalReader(storage).forEachRecordInEventOrder(columns: columns) { record in
      if record.index <= index { replay.add(record) }
    }
    return try replay.state()
  }
}
