import GatewayAndScheduler
import Ingest

/// The journal of a running `vigil serve`: its own producers, the logs it follows, and the hands of other
/// commands, behind one owner.
struct ServeJournal {
  let directory: String
  let sink: JournalCommitQueue
  private let socket: WriterSocket
  private let surroundings: Surroundings

  /// Opens the journal, or makes it, and takes its lock.
  ///
  /// - Parameter report: gets what following could not do quietly.
  init(
    _ configuration: ConfigurationFile, _ surroundings: Surroundings, _ tool: Tool,
    report: @escaping @Sendable (String) -> Void
  ) throws {
    let directory = configuration.serve.journal
    let plans = try InputPlanning.followed(
      configuration.serve.follow, format: nil, source: nil, configuration)
    let journal = try JournalOpening.forWriting(
      directory, origin: nil, now: surroundings.now(), tool)
    let now = surroundings.now
    let follow: (@Sendable (Journal) throws -> any JournalDuty)? = { journal in
      try JournalFollow(
        plans, into: journal, positions: FollowPositionStore(directory: directory + "/index"),
        now: now, report: { report("follow: \($0)") })
    }
    sink = try JournalCommitQueue(journal, now: now, duty: plans.isEmpty ? nil : follow)
    socket = try WriterSocket(directory: directory, queue: sink.queue)
    self.directory = directory
    self.surroundings = surroundings
  }

  /// The secret of keyed hashes, 32 bytes.
  func secret() throws -> [UInt8] {
    let storage = try PosixStorage(directory: directory, creating: false)
    let count = JournalLayout.secretByteCount
    let bytes = try storage.contents(JournalLayout.secret, byteCountMax: count)
    guard let bytes, bytes.count == count else {
      throw JournalError.secret(byteCountFound: bytes?.count)
    }
    return bytes
  }

  /// Appends a control record of the process itself, and waits until it is durable.
  func tell(
    _ event: ControlRecord.Event, _ edit: (inout ControlRecord) -> Void = { _ in }
  ) throws(WriterRefusal) {
    var control = ControlRecord(event: event)
    edit(&control)
    let now = surroundings.now()
    let header = RecordHeader(
      timestamp: now, source: "vigil/gateway", id: "\(event.rawValue)/\(now.microseconds)")
    try append(Record(header: header, body: .control(control)))
  }

  /// Appends a record, and waits until it is durable.
  func append(_ record: Record) throws(WriterRefusal) {
    try Blocking.wait { [sink] () throws(WriterRefusal) in _ = try await sink.append(record) }
  }

  /// Takes nothing more, and closes the journal.
  func close() throws {
    defer { socket.close(removesFile: true) }
    try sink.close()
  }
}
