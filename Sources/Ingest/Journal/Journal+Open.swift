extension Journal {
  /// Opens a journal for writing, recovering what a crash left; makes one in an empty directory.
  ///
  /// After a storage error or damage nothing that was committed has changed. The recovery that cut
  /// bytes is on stable storage as a `journal_recovered` entry when this returns.
  /// Cost: reads all leaf hashes (32 bytes an entry) and the last segment's entries, and the
  /// entries that the key index does not cover: all of them when `index/` was deleted.
  ///
  /// An existing journal is refused without its key, with another, and when it never had one:
  /// nothing is ever added unsigned.
  ///
  /// - Parameters:
  ///   - keyFile: where the signing key is, or is to be made; nil for `key` in the directory.
  ///   - randomBytes: makes a new journal's secrets; nil when none can be had.
  package static func open(
    _ storage: any JournalStorage, _ settings: JournalSettings, at now: Timestamp,
    keyFile: SigningKeyFile? = nil, randomBytes: (Int) -> [UInt8]?
  ) throws(JournalError) -> Journal {
    let creation = JournalCreation(
      storage: storage, settings: settings, keyFile: keyFile ?? SigningKeyFile(storage))
    try creation.refuseForeignDirectory()
    let lock = try takeLock(storage)
    let existing = try JournalIdentity.read(storage)
    let identity: JournalIdentity
    if let existing {
      identity = existing
    } else {
      identity = try creation.make(at: now, randomBytes)
    }
    if let wanted = settings.origin, wanted != identity.origin {
      throw .origin(found: identity.origin, expected: wanted)
    }
    let signer = try creation.signer(of: identity)
    let parts = try gather(
      storage, settings, identity, signer, isNew: existing == nil, lock,
      try creation.readSecret())
    return try recovered(parts, storage, settings, at: now)
  }

  /// The journal out of its parts; what recovery cut is recorded and committed.
  static func recovered(
    _ parts: consuming JournalParts, _ storage: any JournalStorage, _ settings: JournalSettings,
    at now: Timestamp
  ) throws(JournalError) -> Journal {
    let counts = [
      ControlRecord.Count("bytes_cut", parts.outcome.cutByteCount),
      ControlRecord.Count("rejected_bytes_cut", parts.rejected.cutByteCount),
      ControlRecord.Count("checkpoint_bytes_cut", parts.checkpoints.cutByteCount),
    ]
    let unknownKeyCount = parts.unknownKeyCount
    let journal = Journal(parts, storage, settings)
    if unknownKeyCount > 0 { try journal.recordUnknownKeys(unknownKeyCount, at: now) }
    if counts.contains(where: { $0.value > 0 }) {
      try journal.recordRecovery(counts, at: now)
      try journal.commit()
    }
    return journal
  }

  static func takeLock(
    _ storage: any JournalStorage
  ) throws(JournalError) -> any JournalFile {
    let lock = try JournalError.wrapping { () throws(StorageError) in
      try storage.lock(JournalLayout.lock)
    }
    if let lock { return lock }
    let holder = try JournalError.wrapping { () throws(StorageError) in
      try storage.contents(JournalLayout.lock, byteCountMax: 20) ?? []
    }
    let digits = holder.prefix { $0 != 0x0A }
    throw .locked(holder: String(decoding: digits, as: UTF8.self))
  }

  static func gather(
    _ storage: any JournalStorage, _ settings: JournalSettings, _ identity: JournalIdentity,
    _ signer: NoteSigner, isNew: Bool, _ lock: any JournalFile, _ secretBytes: [UInt8]
  ) throws(JournalError) -> JournalParts {
    var secret = JournalSecret(secretBytes)
    var hasher = MerkleHasher()
    let checkpoints = try CheckpointFiles(
      storage, signer.key, isSigned: identity.vkey != nil)
    let recovery = JournalRecovery(storage: storage, newest: checkpoints.newest?.checkpoint)
    let outcome = try recovery.run(&hasher, &secret)
    let (keys, unknownKeyCount) = try KeyIndexReplay(storage: storage, settings: settings)
      .run(entryCount: outcome.tree.size, &hasher, &secret)
    let rejected = try JournalError.wrapping { () throws(StorageError) in
      try RejectedLines.open(storage, byteCountMax: settings.rejectedByteCountMax, &secret)
    }
    let oversize = try JournalError.wrapping { () throws(StorageError) in
      try OversizeLines(storage, byteCountMax: settings.oversizeByteCountMax)
    }
    return JournalParts(
      identity: identity, isNew: isNew, lock: lock, signer: signer, secret: secret,
      hasher: hasher, outcome: outcome, keys: keys, unknownKeyCount: unknownKeyCount,
      rejected: rejected, oversize: oversize, checkpoints: checkpoints)
  }
}

/// Makes a journal's directory. `journal.json` comes last: with it the journal exists.
struct JournalCreation {
  let storage: any JournalStorage
  let settings: JournalSettings
  let keyFile: SigningKeyFile

  /// Refuses a directory that is neither a journal nor empty, before anything is written in it.
  func refuseForeignDirectory() throws(JournalError) {
    let names = try JournalError.wrapping { () throws(StorageError) in try storage.list("") ?? [] }
    guard !names.contains(JournalLayout.settings) else { return }
    if let foreign = names.first(where: { !JournalLayout.isLeftByCreation($0) }) {
      throw .notAJournal(found: foreign)
    }
    let segments = try JournalError.wrapping { () throws(StorageError) in
      try storage.list(JournalLayout.segments) ?? []
    }
    if let segment = segments.first {
      throw .notAJournal(found: "\(JournalLayout.segments)/\(segment) without journal.json")
    }
  }

  func make(
    at now: Timestamp, _ randomBytes: (Int) -> [UInt8]?
  ) throws(JournalError) -> JournalIdentity {
    guard let origin = settings.origin, Checkpoint.isValidOrigin(origin) else {
      throw .origin(
        found: settings.origin ?? "none", expected: "a name without white space or plus sign")
    }
    guard let secret = randomBytes(JournalLayout.secretByteCount),
      secret.count == JournalLayout.secretByteCount
    else { throw .noRandomBytes }
    let key = try JournalCreation.wrappingKey { () throws(SigningKeyError) in
      try keyFile.readOrMake(randomBytes: randomBytes)
    }
    let identity = JournalIdentity(
      origin: origin, vkey: NoteSigner(name: origin, key).key, createdAt: now,
      segmentByteCount: settings.segmentByteCount)
    try JournalError.wrapping { () throws(StorageError) in
      for name in [JournalLayout.segments, JournalLayout.oversize, JournalLayout.index] {
        try storage.createDirectory(name)
      }
      try storage.replace(JournalLayout.secret, with: secret.span, .owner)
      try storage.replace(JournalLayout.settings, with: identity.bytes.span, .group)
    }
    return identity
  }

  /// The signer whose vkey the journal names.
  func signer(of identity: JournalIdentity) throws(JournalError) -> NoteSigner {
    guard let vkey = identity.vkey else { throw .unsigned }
    let key = try JournalCreation.wrappingKey { () throws(SigningKeyError) in try keyFile.read() }
    let signer = NoteSigner(name: identity.origin, key)
    guard signer.key == vkey else {
      throw .otherKey(found: signer.key.vkey, expected: vkey.vkey)
    }
    return signer
  }

  static func wrappingKey(
    _ body: () throws(SigningKeyError) -> Ed25519SigningKey
  ) throws(JournalError) -> Ed25519SigningKey {
    do { return try body() } catch { throw .key(error) }
  }

  func readSecret() throws(JournalError) -> [UInt8] {
    let bytes = try JournalError.wrapping { () throws(StorageError) in
      // index/ may have been deleted as a whole.
      try storage.createDirectory(JournalLayout.index)
      return try storage.contents(
        JournalLayout.secret, byteCountMax: JournalLayout.secretByteCount)
    }
    guard let bytes, bytes.count == JournalLayout.secretByteCount else {
      throw .secret(byteCountFound: bytes?.count)
    }
    return bytes
  }
}
