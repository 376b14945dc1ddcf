import CPlatform

/// Appends to a journal whether or not a writer runs: through `writer.sock`, or with the lock.
///
/// Never makes a journal. A record may be sent twice when a writer ends before it answers: the
/// second time it is a repeat, told as `duplicate`. Not safe to share between threads.
package final class JournalHand {
  /// Tries to reach a writer or the lock, 20 ms apart: 5 s.
  private static let reachCountMax = 250
  private static let pauseMilliseconds: Int32 = 20
  /// Writers that may end on us, one after the other, for one request.
  private static let resendCountMax = 4

  private enum Way {
    case none
    case writer(WriterConnection)
    case lock(Journal)
  }

  private let directory: String
  private let settings: JournalSettings
  private let now: () -> Timestamp
  private var way = Way.none

  /// Finds the writer, or takes the lock and opens the journal.
  ///
  /// - Parameter now: the clock for `received_at` where this hand writes itself.
  package init(
    directory: String, settings: JournalSettings = JournalSettings(origin: nil),
    now: @escaping () -> Timestamp
  ) throws(JournalHandError) {
    self.directory = directory
    self.settings = settings
    self.now = now
    let storage = try JournalHand.storage(directory)
    let exists: Bool
    do { exists = try JournalIdentity.exists(in: storage) } catch { throw .journal(error) }
    guard exists else { throw .journal(.notAJournal(found: "no \(JournalLayout.settings)")) }
    try reach()
  }

  /// Whether requests go to a running writer.
  package var usesWriter: Bool { if case .writer = way { true } else { false } }

  /// The journal's secret, for the keyed hashes of emitters' lines.
  package func secret() throws(JournalHandError) -> [UInt8] {
    let storage = try JournalHand.storage(directory)
    let count = JournalLayout.secretByteCount
    let bytes: [UInt8]?
    do {
      bytes = try storage.contents(JournalLayout.secret, byteCountMax: count)
    } catch { throw .storage(error) }
    guard let bytes, bytes.count == count else {
      throw .journal(.secret(byteCountFound: bytes?.count))
    }
    return bytes
  }

  /// Appends a record and returns once it is on stable storage.
  package func append(_ record: Record) throws(JournalHandError) -> Acknowledgement {
    switch try ask(.append(record)) {
    case .acknowledged(let acknowledgement): return acknowledgement
    case .refused(let refusal): throw .refused(refusal)
    case .checkpoint: throw .unexpectedAnswer("checkpoint")
    }
  }

  /// Has a checkpoint written over everything now; the newest one.
  package func checkpoint() throws(JournalHandError) -> Checkpoint {
    switch try ask(.checkpoint) {
    case .checkpoint(let checkpoint): return checkpoint
    case .refused(let refusal): throw .refused(refusal)
    case .acknowledged: throw .unexpectedAnswer("acknowledgement")
    }
  }

  /// Ends the connection, or closes the journal.
  package func close() throws(JournalHandError) {
    guard case .lock(let journal) = way else {
      way = .none
      return
    }
    way = .none
    do { try journal.close(at: now()) } catch { throw .journal(error) }
  }

  private func ask(_ request: WriterRequest) throws(JournalHandError) -> WriterAnswer {
    let line = request.line
    guard line.count <= WriterRequest.lineByteCountMax else {
      throw .tooLong(byteCount: line.count, byteCountMax: WriterRequest.lineByteCountMax)
    }
    for _ in 0..<JournalHand.resendCountMax {
      switch way {
      case .none: try reach()
      case .writer, .lock: break
      }
      switch way {
      case .none: continue
      case .lock(let journal): return try perform(request, journal)
      case .writer(let connection):
        guard let answer = try connection.ask(line) else { break }
        if case .refused(let refusal) = answer, refusal.reason == .closing { break }
        return answer
      }
      way = .none
    }
    throw .gone
  }

  private func perform(
    _ request: WriterRequest, _ journal: Journal
  ) throws(JournalHandError) -> WriterAnswer {
    do {
      switch request {
      case .append(let record):
        let outcome = try journal.append(record, at: now())
        try journal.commit()
        return .acknowledged(Acknowledgement(outcome))
      case .checkpoint: return .checkpoint(try journal.seal())
      }
    } catch {
      throw .journal(error)
    }
  }

  /// A writer that has the lock and no socket is about to listen or about to end.
  private func reach() throws(JournalHandError) {
    var holder = ""
    for _ in 0..<JournalHand.reachCountMax {
      if let connection = try connect() {
        way = .writer(connection)
        return
      }
      let storage = try JournalHand.storage(directory)
      do {
        way = .lock(try Journal.open(storage, settings, at: now()) { _ in nil })
        return
      } catch {
        guard case .locked(let found) = error else { throw .journal(error) }
        holder = found
      }
      vigil_sleep_milliseconds(JournalHand.pauseMilliseconds)
    }
    throw .journal(.locked(holder: holder))
  }

  private func connect() throws(JournalHandError) -> WriterConnection? {
    do {
      let name = JournalLayout.writerSocket
      guard let socket = try LocalSocket.connect(directory: directory, name: name) else {
        return nil
      }
      return WriterConnection(socket)
    } catch { throw .storage(error) }
  }

  private static func storage(_ directory: String) throws(JournalHandError) -> PosixStorage {
    do {
      return try PosixStorage(directory: directory, creating: false)
    } catch { throw .storage(error) }
  }
}

/// The hand's end of a connection; one request at a time.
private final class WriterConnection {
  /// Waits for an answer, each of at most 100 ms: 60 s.
  private static let waitCountMax = 600
  private static let waitMilliseconds: Int32 = 100
  private static let seconds = 60

  private let socket: LocalSocket
  private var input: [UInt8] = []
  private var buffer = [UInt8](repeating: 0, count: 4096)

  init(_ socket: consuming LocalSocket) { self.socket = socket }

  /// Sends a line and reads one; nil when the writer has gone.
  func ask(_ line: [UInt8]) throws(JournalHandError) -> WriterAnswer? {
    guard try send(line), let answer = try receive() else { return nil }
    guard let parsed = WriterAnswer(answer.span) else {
      let text = FieldLimit.prefix(String(decoding: answer, as: UTF8.self), byteCount: 80)
      throw .unexpectedAnswer(JSON5Scanner.quoted(text))
    }
    return parsed
  }

  private func send(_ line: [UInt8]) throws(JournalHandError) -> Bool {
    var rest = line[...]
    var waitCount = 0
    while !rest.isEmpty {
      switch socket.send(rest) {
      case .moved(let count): rest = rest.dropFirst(count)
      case .ended: return false
      case .notNow:
        waitCount += 1
        guard waitCount <= Self.waitCountMax else { throw .noAnswer(seconds: Self.seconds) }
        _ = socket.waitForRoom(milliseconds: Self.waitMilliseconds)
      }
    }
    return true
  }

  private func receive() throws(JournalHandError) -> [UInt8]? {
    var waitCount = 0
    while true {
      if let end = input.firstIndex(of: 0x0A) {
        defer { input.removeFirst(end + 1) }
        return Array(input[..<end])
      }
      guard input.count <= WriterAnswer.lineByteCountMax else {
        throw .unexpectedAnswer("\(input.count) bytes without a newline")
      }
      switch socket.receive(into: &buffer) {
      case .moved(let count): input += buffer.prefix(count)
      case .ended: return nil
      case .notNow:
        waitCount += 1
        guard waitCount <= Self.waitCountMax else { throw .noAnswer(seconds: Self.seconds) }
        _ = socket.waitForInput(milliseconds: Self.waitMilliseconds)
      }
    }
  }
}
