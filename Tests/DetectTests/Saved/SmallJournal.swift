import Correlate
import Detect
import Ingest
import TestSupport
import Testing

/// A journal of a few weeks on a simulated disk: triggers and their runs, denials, a lost trigger, a
/// run round the gateway, one that never ends, and now and then an entry that comes late.
struct SmallJournal {
  let records: [Record]

  init(seed: UInt64, triggerCount: Int = 26) {
    var random = SplitMix(seed: seed)
    var built: [(position: Double, record: Record)] = []
    for serial in 0..<triggerCount {
      let day = serial / 2
      let hour = serial == triggerCount - 3 ? 3.2 : 9 + 8 * random.uniform()
      let at = History.at(day: day, hour: hour)
      for record in SmallJournal.trigger(serial, at, &random) {
        let isLate = serial == 12 || random.uniform() < 0.04
        let delay = isLate ? 50_000.0 : 30 * random.uniform()
        built.append((record.header.timestamp.secondsSinceEpoch + delay, record))
      }
    }
    records = built.sorted {
      ($0.position, $0.record.header.id) < ($1.position, $1.record.header.id)
    }
    .map(\.record)
  }

  private static func trigger(
    _ serial: Int, _ at: Timestamp, _ random: inout SplitMix
  ) -> [Record] {
    var request = RequestRecord()
    request.requestID = "q\(serial)"
    request.principal = "person-\(serial % 3)"
    request.status = serial % 9 == 8 ? 403 : 202
    request.job = "job-\(serial % 2)"
    request.method = "POST"
    request.durationSeconds = 0.05
    var header = RecordHeader(timestamp: at, source: "caddy/edge", id: "q\(serial)")
    header.receivedAt = at
    var records: [Record] = []
    if serial % 13 != 12 { records.append(Record(header: header, body: .request(request))) }
    guard request.status == 202, serial % 11 != 10 else { return records }
    let seconds = 200 * (0.5 + random.uniform())
    let ends: [(Double, RunRecord.Event)] = [
      (1, .started), (1 + seconds, serial % 7 == 6 ? .failed : .succeeded),
    ]
    for (offset, event) in serial % 10 == 9 ? Array(ends.prefix(1)) : ends {
      var run = RunRecord(event: event)
      run.runID = "r\(serial)"
      run.requestID = "q\(serial)"
      run.job = request.job
      run.owner = "person-0"
      if event != .started {
        run.durationSeconds = seconds
        run.cpuSeconds = seconds / 3
        run.maxRSSBytes = 1_000_000 + serial
      }
      let header = RecordHeader(
        timestamp: at.advanced(bySeconds: offset), source: "launcher/host",
        id: "r\(serial)-\(event.rawValue)")
      records.append(Record(header: header, body: .run(run)))
    }
    return records
  }

  /// A disk whose journal holds the first `count` entries.
  static func disk(_ records: some Collection<Record>) throws -> SimulatedStorage {
    let fixture = JournalFixture()
    try fixture.write(Array(records))
    return fixture.storage
  }

  static func append(_ records: some Collection<Record>, to storage: SimulatedStorage) throws {
    let fixture = JournalFixture(storage)
    try fixture.write(Array(records))
  }

  /// Detection that reports everything at p up to 1.
  static func detection(
    _ storage: SimulatedStorage, program: String = "test", zones: RecordedZones? = nil,
    columns: ColumnUse = .analysis, edit: (inout DetectionConfiguration) -> Void = { _ in }
  ) throws -> JournalDetection {
    var configuration = DetectionConfiguration()
    configuration.pMax = 1
    edit(&configuration)
    var settings = JournalDetection.Settings(
      window: .standard, configuration: configuration, program: program,
      identify: History.identify)
    settings.marginSeconds = 7200
    settings.columns = columns
    return JournalDetection(
      try JournalReader(storage), storage, settings,
      zones ?? RecordedZones(FixedZones()) { "data of \($0)" })
  }

  static func bytes(_ findings: [Finding]) -> [UInt8] {
    findings.flatMap { $0.encoded() + [0x0A] }
  }

  /// A run from the start over a journal's entries on a disk without baselines.
  static func straight(
    _ storage: SimulatedStorage
  ) throws -> (findings: [Finding], file: [UInt8]?) {
    let disk = storage.copy()
    for path in disk.paths where path.hasPrefix("baselines/") { disk.delete(path) }
    let run = try detection(disk)
    let outcome = try run.whole()
    #expect(run.save(outcome) == nil)
    return (outcome.findings, file(disk))
  }

  static func file(_ storage: SimulatedStorage) -> [UInt8]? {
    path(storage).flatMap { storage.bytes($0) }
  }

  /// The one file of a baseline.
  static func path(_ storage: SimulatedStorage) -> String? {
    storage.paths.first { $0.hasSuffix(".baseline") }
  }
}
