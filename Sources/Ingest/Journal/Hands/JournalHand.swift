import CPlatform

/// Appends to a journal whether or not a writer runs: through `writer.sock`, or with the lock.
///
/// Never makes a journal. A request may be sent twice when a writer ends before it answers: a record
/// is then a repeat, told as `duplicate`; a checkpoint or a cosignature is there already. Not safe to
/// share between threads.
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
  private let keyFile: SigningKeyFile?
  /// Nil for an unsigned journal, which no writer takes.
  private let vkey: VerifierKey?
  private let now: () -> Timestamp
  private var way = Way.none

  /// Finds the writer, or takes the lock and opens the journal.
  ///
  /// - Parameters:
  ///   - keyFile: the signing key for a hand without a writer; nil for `key` in the directory.
  ///   - now: the clock for `received_at` where this hand writes itself.
  package init(
    directory: String, settings: JournalSettings = JournalSettings(origin: nil),
    keyFile: SigningKeyFile? = nil, now: @escaping () -> Timestamp
  ) throws(JournalHandError) {
    self.directory = directory
    self.settings = settings
    self.keyFile = keyFile
    self.now = now
    let storage = try JournalHand.storage(directory)
    let identity: JournalIdentity?
    do { identity = try JournalIdentity.read(storage) } catch { throw .journal(error) }
    guard let identity else {
      throw .journal(.notAJournal(found: "no \(JournalLayout.settings)"))
    }
    vkey = identity.vkey
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
    case .kept: throw .unexpectedAnswer("kept")
    }
  }

  /// Has a checkpoint signed over everything now; the newest one, nil while there are no entries.
  ///
  /// Without a writer the journal is closed again, which signs once more, over its own record: nobody
  /// is kept waiting while witnesses are asked.
  package func checkpoint() throws(JournalHandError) -> SignedCheckpoint? {
    switch try ask(.checkpoint) {
    case .checkpoint(let note):
      if let note { try verify(note) }
      return note
    case .refused(let refusal): throw .refused(refusal)
    case .acknowledged: throw .unexpectedAnswer("acknowledgement")
    case .kept: throw .unexpectedAnswer("kept")
    }
  }

  /// Has the cosignatures on a checkpoint kept; what is kept already is left as it is.
  package func keep(_ note: SignedCheckpoint) throws(JournalHandError) {
    switch try ask(.keep(note)) {
    case .kept: return
    case .refused(let refusal): throw .refused(refusal)
    case .checkpoint: throw .unexpectedAnswer("checkpoint")
    case .acknowledged: throw .unexpectedAnswer("acknowledgement")
    }
  }

  /// The note may be kept as evidence elsewhere: it must be what the journal's key signed.
  private func verify(_ note: SignedCheckpoint) throws(JournalHandError) {
    guard let vkey else { return }
    do { try note.verify(by: vkey) } catch { throw .unexpectedAnswer("\(error)") }
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

  /// Gives the lock up again after what is about checkpoints.
  private func perform(
    _ request: WriterRequest, _ journal: Journal
  ) throws(JournalHandError) -> WriterAnswer {
    do {
      switch request {
      case .append(let record):
        let outcome = try journal.append(record, at: now())
        try journal.commit()
        return .acknowledged(Acknowledgement(outcome))
      case .checkpoint:
        _ = try journal.signCheckpoint(at: now())
        way = .none
        try journal.close(at: now())
        return .checkpoint(journal.newestSignedCheckpoint)
      case .keep(let note):
        way = .none
        return try keepAndClose(note, journal)
      }
    } catch {
      throw .journal(error)
    }
  }

  private func keepAndClose(
    _ note: SignedCheckpoint, _ journal: Journal
  ) throws(JournalError) -> WriterAnswer {
    do {
      try journal.keep(note)
    } catch {
      // The first error is the one to tell.
      try? journal.close(at: now())
      throw error
    }
    try journal.close(at: now())
    return .kept
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
        let journal = try Journal.open(storage, settings, at: now(), keyFile: keyFile) { _ in nil }
        way = .lock(journal)
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
