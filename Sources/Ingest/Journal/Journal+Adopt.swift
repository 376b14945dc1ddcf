extension Journal {
  /// Takes an unsigned journal of the earlier version over: gives it a key, and signs what is there.
  ///
  /// A `key_rotated` record says so: its subject is the vkey, its counts are the entries and the
  /// unsigned checkpoints found. `journal.json` gets its vkey last, once a signed checkpoint over
  /// that record is on stable storage; interrupted before that, it is to be called again. Throws
  /// `.alreadySigned` for a journal that has its key.
  ///
  /// - Returns: the journal, open for writing.
  package static func adopt(
    _ storage: any JournalStorage, _ settings: JournalSettings, at now: Timestamp,
    keyFile: SigningKeyFile? = nil, randomBytes: (Int) -> [UInt8]?
  ) throws(JournalError) -> Journal {
    guard try JournalIdentity.exists(in: storage) else {
      throw .notAJournal(found: "no \(JournalLayout.settings)")
    }
    let lock = try takeLock(storage)
    // Read under the lock: another may just have adopted it.
    guard let identity = try JournalIdentity.read(storage) else {
      throw .notAJournal(found: "no \(JournalLayout.settings)")
    }
    if let vkey = identity.vkey { throw .alreadySigned(vkey: vkey.vkey) }
    if let wanted = settings.origin, wanted != identity.origin {
      throw .origin(found: identity.origin, expected: wanted)
    }
    let file = keyFile ?? SigningKeyFile(storage)
    let creation = JournalCreation(storage: storage, settings: settings, keyFile: file)
    let secret = try creation.readSecret()
    let key = try JournalCreation.wrappingKey { () throws(SigningKeyError) in
      try file.readOrMake(randomBytes: randomBytes)
    }
    let signer = NoteSigner(name: identity.origin, key)
    let parts = try gather(storage, settings, identity, signer, isNew: false, lock, secret)
    let journal = try recovered(parts, storage, settings, at: now)
    try journal.recordAdoption(at: now)
    try journal.checkpoint()
    let signed = identity.signed(by: signer.key).bytes
    try journal.attempt { () throws(StorageError) in
      try storage.replace(JournalLayout.settings, with: signed.span, .group)
    }
    return journal
  }

  private func recordAdoption(at now: Timestamp) throws(JournalError) {
    let counts = [
      ControlRecord.Count("entries", entryCount),
      ControlRecord.Count("unsigned_checkpoints", checkpoints.unsignedCount),
    ]
    try recordOpening(at: now)
    try appendControl(.keyRotated, at: now) { control in
      control.subject = vkey.vkey
      control.reason = "an unsigned journal was adopted: its checkpoints are signed from here on"
      control.counts = counts
    }
  }
}

extension JournalIdentity {
  /// The same journal with its key.
  fileprivate func signed(by key: VerifierKey) -> JournalIdentity {
    JournalIdentity(
      origin: origin, vkey: key, createdAt: createdAt, segmentByteCount: segmentByteCount)
  }
}
