/// What publishing did.
package struct TilePublication: Sendable, Equatable {
  package var origin: String
  /// Entries that the directory's checkpoint covers now.
  package var size: Int
  /// Those that it covered before; nil for a new directory.
  package var previousSize: Int?
  /// Tiles and bundles written, and their bytes.
  package var fileCount = 0
  package var byteCount = 0
  /// Files published before that were compared with the journal, byte for byte.
  package var checkedFileCount = 0
  /// Partial tiles removed because the full one is published.
  package var removedFileCount = 0
  /// Bundles that this run could not write or compare, as some of their entries are pruned.
  package var prunedBundleCount = 0
}

/// Writes a journal in the C2SP tlog-tiles layout, so that any static web server can serve it.
///
/// What the journal's newest checkpoint covers is published, derived from the entries' bytes; the
/// checkpoint file itself comes last, in one step. Files that the published checkpoint covers are
/// never changed, only compared; what lies beyond it was left by an interrupted run and is written
/// anew. So a run that stops anywhere leaves a sound log, and the next one completes it.
///
/// Where entries were pruned, tiles come from their leaf hashes, and bundles are left out; those that
/// were published before stay.
///
/// A partial tile stays until its full tile is published, and is removed by the run that does so.
/// Cost of a run: the new entries, and reading the segment of the first of them up to it.
/// Memory: one bundle (at most 16 MiB), and the right edge.
package struct TilePublisher {
  private let journal: any JournalStorage
  private let out: any JournalStorage

  package init(_ journal: any JournalStorage, into out: any JournalStorage) {
    self.journal = journal
    self.out = out
  }

  /// Publishes everything that is covered and not published yet.
  ///
  /// - Parameters:
  ///   - rechecking: derive everything from the first entry on, compare every file published
  ///     before, and write those that are missing.
  ///   - progress: told the number of entries so far, now and then.
  /// A throw leaves a sound log: that of the checkpoint before, or that of the new one.
  package func publish(
    rechecking: Bool = false, progress: (Int) -> Void = { _ in }
  ) throws(TilesError) -> TilePublication {
    // The checkpoint before the entries: what it covers was written before it.
    guard let head = try StoredCheckpoint.newest(in: journal) else { throw .noCheckpoint }
    let reader = try TilesError.reading { () throws(JournalError) in try JournalReader(journal) }
    try requireSigned(head, reader.identity)
    let lock = try takeLock()
    defer { withExtendedLifetime(lock) {} }
    let published = try openPublished(head.checkpoint)
    if let published, published.size == head.checkpoint.size, !rechecking {
      return try renewCheckpoint(head, published)
    }
    var run = try PublicationRun(head, published, out, rechecking: rechecking)
    try run.takeEntries(reader, progress)
    return try run.finish()
  }

  /// The journal's own key must have signed what is handed out.
  private func requireSigned(
    _ head: StoredCheckpoint, _ identity: JournalIdentity
  ) throws(TilesError) {
    guard let vkey = identity.vkey, let signed = head.signed else { throw .unsigned }
    do throws(CheckpointError) {
      try signed.verify(by: vkey)
    } catch {
      throw .journal(
        .damage(
          JournalDamage(
            file: JournalLayout.checkpoint, index: nil, byteOffset: 0,
            expected: "a signature of \(vkey)", found: error.description)))
    }
  }

  private func takeLock() throws(TilesError) -> any JournalFile {
    let names = try TilesError.published { () throws(StorageError) in try out.list("") ?? [] }
    let own = [
      Tile.folder, JournalLayout.lock, JournalLayout.checkpoint, JournalLayout.checkpoint + ".tmp",
    ]
    // Beside a checkpoint of ours anything may lie: a web server's own files, say.
    let isPublished = names.contains(JournalLayout.checkpoint)
    if let foreign = names.first(where: {
      isPublished ? $0 == JournalLayout.settings : !own.contains($0)
    }) {
      throw .foreignDirectory(found: foreign)
    }
    let lock = try TilesError.published { () throws(StorageError) in
      try out.lock(JournalLayout.lock)
    }
    if let lock { return lock }
    let holder = try TilesError.published { () throws(StorageError) in
      try out.contents(JournalLayout.lock, byteCountMax: 20) ?? []
    }
    throw .locked(holder: String(decoding: holder.prefix { $0 != 0x0A }, as: UTF8.self))
  }

  /// What the directory holds; refused when it is not an earlier state of this log.
  private func openPublished(_ newest: Checkpoint) throws(TilesError) -> PublishedLog? {
    guard let published = try PublishedLog.open(out) else { return nil }
    let old = published.head.checkpoint
    guard old.origin == newest.origin else {
      throw .origin(found: old.origin, expected: newest.origin)
    }
    guard old.size < newest.size || old == newest else {
      throw .disagreement(
        JournalLayout.checkpoint,
        expected: "a prefix of the journal's size \(newest.size) root \(newest.root.hex)",
        found: "size \(old.size) root \(old.root.hex)")
    }
    return published
  }

  /// Nothing new but, it may be, signatures.
  private func renewCheckpoint(
    _ head: StoredCheckpoint, _ published: PublishedLog
  ) throws(TilesError) -> TilePublication {
    if head.bytes != published.head.bytes {
      try TilesError.published { () throws(StorageError) in
        try out.replace(JournalLayout.checkpoint, with: head.bytes.span, .group)
      }
    }
    return TilePublication(
      origin: head.checkpoint.origin, size: published.size, previousSize: published.size)
  }
}
