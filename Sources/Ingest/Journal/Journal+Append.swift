/// What became of a record.
package enum AppendOutcome: Sendable, Equatable {
  /// It is the entry at this index, once committed.
  case appended(index: Int)
  /// The same content under the same key is there already: dropped.
  case duplicate
  /// Another content is there under the same key: appended at this index all the same, and the
  /// conflict recorded, so that nobody can suppress a record by sending a forged one first.
  case conflict(index: Int)
}

extension Journal {
  /// The source of the journal's own records.
  package static let controlSource = "vigil/journal"
  /// The source of the records that tell of an import.
  package static let importSource = "vigil/ingest"
  /// A clock that steps back by less than this is drift, not news. One second.
  package static let clockStepMicrosecondsMin: Int64 = 1_000_000
  /// Rejections are written early once this much waits in memory. 1 MiB.
  private static let rejectedPendingByteCountMax = 1 << 20

  /// Takes in a record: stamps `received_at`, drops a repetition, cuts what is too long.
  ///
  /// Durable and acknowledged only after `commit`. `record.header.original` is the emitter's line
  /// byte for byte, or `originalHMAC` is `lineHMAC` of that line. After `.unfitRecord` the journal
  /// goes on as if nothing had been asked.
  package func append(
    _ record: consuming Record, at now: Timestamp
  ) throws(JournalError) -> AppendOutcome {
    try requireOpen()
    record.header.receivedAt = max(lastReceivedAt ?? now, now)
    let content = try encode(&record)
    let key = secret.keyHash(source: record.header.source, id: record.header.id)
    let bytes = writer.bytes
    let entry = AdmittedEntry(receivedAtOffset: nil, key: key, content: content)
    return try admit(bytes.span, entry, at: now)
  }

  /// Takes in a row of a batch that was prepared for this journal, as `append(_:at:)` a prepared entry.
  func append(
    _ row: EntryBatch.Row, of batch: EntryBatch, at now: Timestamp
  ) throws(JournalError) -> AppendOutcome {
    try requireOpen()
    return try admit(batch.entry(row), AdmittedEntry(row), at: now)
  }

  /// Takes in what was prepared for this journal, stamping `received_at`: the same entry, outcome and
  /// promises as of `append(_:at:)` with the record.
  func append(
    _ prepared: PreparedEntry, at now: Timestamp
  ) throws(JournalError) -> AppendOutcome {
    try requireOpen()
    return try admit(prepared.bytes.span, AdmittedEntry(prepared), at: now)
  }

  private func admit(
    _ bytes: Span<UInt8>, _ entry: AdmittedEntry, at now: Timestamp
  ) throws(JournalError) -> AppendOutcome {
    let (key, content) = (entry.key, entry.content)
    let matches = try attempt { () throws(StorageError) in try keys.matches(key, content) }
    guard matches.sameContentIndex == nil else { return .duplicate }
    try recordOpening(at: now)
    try recordClockStep(at: now)
    let receivedAt = max(lastReceivedAt ?? now, now)
    let index = try take(bytes, entry, matches, receivedAt)
    guard let first = matches.firstIndex else { return .appended(index: index) }
    try recordConflict(bytes, index: index, firstIndex: first, at: now)
    return .conflict(index: index)
  }

  /// Keeps a line that became no entry in `rejected.jsonl`; durable after `commit`.
  package func keep(_ rejection: RejectedLine) throws(JournalError) -> RejectionOutcome {
    try requireOpen()
    let outcome = rejected.keep(rejection, &secret)
    if rejected.pendingByteCount > Journal.rejectedPendingByteCountMax {
      try attempt { () throws(StorageError) in try rejected.commit() }
    }
    return outcome
  }

  /// SHA-256 of `rejected.jsonl` with everything kept so far; for the record that counts them.
  package var rejectedDigest: Digest { rejected.digest }

  /// Rejected lines, and oversize lines, for which the quota had no room since opening.
  package var overQuotaCounts: (rejected: Int, oversize: Int) {
    (rejected.overQuotaCount, oversize.overQuotaCount)
  }

  /// Encodes into `writer`, cutting when too long; the digest of what the emitter said.
  private func encode(_ record: inout Record) throws(JournalError) -> ContentDigest {
    encodeAsIs(record)
    if writer.bytes.count > Record.entryByteCountMax { try cut(&record) }
    // One line and no more: `original`, `params` and `finding` come in as bytes.
    let count = writer.bytes.count
    guard count <= Record.entryByteCountMax,
      writer.bytes.span.firstOffset(of: 0x0A, in: 0..<count) == nil
    else {
      throw .unfitRecord(source: record.header.source, id: record.header.id, byteCount: count)
    }
    return secret.contentDigest(of: record.header, entry: writer.bytes)
  }

  private func encodeAsIs(_ record: Record) {
    writer.removeAll()
    record.encode(to: &writer)
  }

  /// Keeps the normalised keys, each cut to its limit; the redacted line goes to `oversize/`.
  private func cut(_ record: inout Record) throws(JournalError) {
    let received = record.header.receivedAt
    record.header.receivedAt = nil  // a second delivery must give the same line
    let line = record.header.original ?? record.encoded()
    if record.header.originalHMAC == nil {
      record.header.originalHMAC = secret.code(of: line.span).hex
    }
    let digest = try attempt { () throws(StorageError) in try oversize.keep(line) }
    record.header.oversizeByteCount = record.header.oversizeByteCount ?? line.count
    record.header.oversizeSHA256 = digest.hex
    record.header.original = nil
    record.header.receivedAt = received
    record.cutToLimits()
    encodeAsIs(record)
  }

  /// Appends the entry's bytes; the index it gets.
  private func take(
    _ bytes: Span<UInt8>, _ entry: AdmittedEntry, _ matches: KeyMatches, _ receivedAt: Timestamp
  ) throws(JournalError) -> Int {
    let index = entryCount
    try rollSegmentIfFull(for: bytes.count + 1)
    let stamp = entry.receivedAtOffset.map { (receivedAtText(receivedAt), $0) }
    segment.append(bytes, stamp: stamp)
    keys.insert(entry.key, entry.content, index: index, after: matches)
    lastReceivedAt = receivedAt
    if segment.pendingByteCount >= settings.pendingByteCountMax {
      try attempt { () throws(StorageError) in
        hashLeaves()
        try segment.write()
      }
    }
    return index
  }

  /// The same for all entries of a batch: made once.
  private func receivedAtText(_ instant: Timestamp) -> [UInt8] {
    if instant != stampInstant {
      stampText.removeAll(keepingCapacity: true)
      instant.appendRFC3339(to: &stampText)
      stampInstant = instant
    }
    return stampText
  }

  private func rollSegmentIfFull(for byteCount: Int) throws(JournalError) {
    guard segment.byteCount > 0, segment.byteCount + byteCount > settings.segmentByteCount else {
      return
    }
    try attempt { () throws(StorageError) in
      try flush()
      try segment.synchronizeLeaves()
      segment = try JournalSegment.create(SegmentName(firstIndex: entryCount), storage)
    }
  }
}

/// The journal's own records. They are written with the first entry that is news, never on a
/// timer or a batch's edge: the same input gives the same entries whatever the batch size.
extension Journal {
  func recordOpening(at now: Timestamp) throws(JournalError) {
    guard !hasNews else { return }
    hasNews = true
    try appendControl(.journalOpened, at: now) { _ in }
  }

  private func recordClockStep(at now: Timestamp) throws(JournalError) {
    let previous = lastNow ?? now
    lastNow = now
    let step = previous.microseconds - now.microseconds
    guard step >= Journal.clockStepMicrosecondsMin else { return }
    try appendControl(.clockStepped, at: now) { control in
      control.reason = "the clock stepped back"
      control.counts = [ControlRecord.Count("microseconds", Int(step))]
    }
  }

  private func recordConflict(
    _ entry: Span<UInt8>, index: Int, firstIndex: Int, at now: Timestamp
  ) throws(JournalError) {
    let name = EntryName(entry)
    try appendControl(.duplicateConflict, at: now) { control in
      control.subject = "\(name.source) \(name.id)"
      control.reason = "another record has this source and id"
      control.counts = [
        ControlRecord.Count("index", index), ControlRecord.Count("first_index", firstIndex),
      ]
    }
  }

  /// Records what recovery cut away; called once, by `open`.
  func recordRecovery(_ counts: [ControlRecord.Count], at now: Timestamp) throws(JournalError) {
    try recordOpening(at: now)
    try appendControl(.journalRecovered, at: now) { control in
      control.reason = "an unfinished write was cut back to whole lines"
      control.counts = counts
    }
  }

  /// Appends one control record. It is appended whatever the key index says: an imported record
  /// that took its id first must not silence it, nor start a conflict about itself.
  func appendControl(
    _ event: ControlRecord.Event, at now: Timestamp, _ fill: (inout ControlRecord) -> Void
  ) throws(JournalError) {
    var control = ControlRecord(event: event)
    fill(&control)
    var header = RecordHeader(
      timestamp: now, source: Journal.controlSource, id: "\(event.rawValue)/\(entryCount)")
    let receivedAt = max(lastReceivedAt ?? now, now)
    header.receivedAt = receivedAt
    var record = Record(header: header, body: .control(control))
    record.cutToLimits()
    controlWriter.removeAll()
    record.encode(to: &controlWriter)
    let bytes = controlWriter.bytes
    let content = secret.contentDigest(of: record.header, entry: bytes)
    let key = secret.keyHash(source: record.header.source, id: record.header.id)
    let matches = try attempt { () throws(StorageError) in try keys.matches(key, content) }
    let entry = AdmittedEntry(receivedAtOffset: nil, key: key, content: content)
    _ = try take(bytes.span, entry, matches, receivedAt)
  }
}

/// What the journal must know of an entry beside its bytes.
private struct AdmittedEntry {
  let receivedAtOffset: Int?
  let key: KeyHash
  let content: ContentDigest

  init(receivedAtOffset: Int?, key: KeyHash, content: ContentDigest) {
    self.receivedAtOffset = receivedAtOffset
    self.key = key
    self.content = content
  }

  init(_ entry: PreparedEntry) {
    self.init(
      receivedAtOffset: entry.receivedAtOffset, key: entry.key, content: entry.content)
  }

  init(_ row: EntryBatch.Row) {
    self.init(receivedAtOffset: row.receivedAtOffset, key: row.key, content: row.content)
  }
}

/// Source and id as an entry has them; for the rare case that they are to be told.
private struct EntryName {
  let source: String
  let id: String

  init(_ entry: Span<UInt8>) {
    var document = JSONDocument()
    guard (try? document.parse(entry, stoppingBefore: "original")) != nil else {
      (source, id) = ("", "")
      return
    }
    source = document.member(document.root, "source").flatMap(document.string) ?? ""
    id = document.member(document.root, "id").flatMap(document.string) ?? ""
  }
}
