package import Ingest

/// The baselines of a journal: `baselines/` beside its segments, one file for each configuration.
package struct BaselineStore {
  package static let directory = "baselines"
  private static let lock = directory + "/lock"
  private static let suffix = ".baseline"
  /// Files kept; the one that has learnt least goes first.
  package static let fileCountMax = 16
  private static let byteCountMax = SavedBaseline.stateByteCountMax

  private let storage: any JournalStorage

  package init(_ storage: any JournalStorage) { self.storage = storage }

  /// Where a configuration's baseline is.
  package static func path(_ identity: SavedBaseline.Identity) -> String {
    "\(directory)/\(identity.configuration.prefix(16))\(suffix)"
  }

  /// The journal's secret; nil where it may not be read: then nothing is read or saved.
  package func secret() -> [UInt8]? {
    let bytes = try? storage.contents(
      JournalLayout.secret, byteCountMax: JournalLayout.secretByteCount)
    guard let bytes, bytes.count == JournalLayout.secretByteCount else { return nil }
    return bytes
  }

  /// The file's bytes; nil when there is none.
  package func read(_ identity: SavedBaseline.Identity) throws(StorageError) -> [UInt8]? {
    try storage.contents(
      BaselineStore.path(identity), byteCountMax: BaselineStore.byteCountMax)
  }

  /// Replaces the file durably, in one step. False when another process is writing baselines.
  package func write(
    _ bytes: [UInt8], _ identity: SavedBaseline.Identity
  ) throws(StorageError) -> Bool {
    try storage.createDirectory(BaselineStore.directory)
    guard let held = try storage.lock(BaselineStore.lock) else { return false }
    try storage.replace(BaselineStore.path(identity), with: bytes.span, .owner)
    try clear(but: BaselineStore.path(identity))
    // The lock ends with its file: not before this.
    withExtendedLifetime(held) {}
    return true
  }

  /// Removes files beyond the number that is kept, in the order of what they have learnt and name.
  private func clear(but kept: String) throws(StorageError) {
    let names = try storage.list(BaselineStore.directory) ?? []
    let paths = names.filter { $0.hasSuffix(BaselineStore.suffix) }
      .map { BaselineStore.directory + "/" + $0 }.filter { $0 != kept }
    guard paths.count >= BaselineStore.fileCountMax else { return }
    var ranked: [(learntTo: Int, path: String)] = []
    for path in paths { ranked.append((try learntTo(path), path)) }
    ranked.sort { ($0.learntTo, $0.path) < ($1.learntTo, $1.path) }
    for entry in ranked.prefix(paths.count - BaselineStore.fileCountMax + 1) {
      try storage.remove(entry.path)
    }
  }

  private func learntTo(_ path: String) throws(StorageError) -> Int {
    let head = try storage.contents(path, byteCountMax: 4095)?.prefix { $0 != 0x0A }
    var document = JSONDocument()
    do { try document.parse(Array(head ?? []).span) } catch { return -1 }
    return document.member(document.root, "learnt_to").flatMap { document.integer($0) }
      .map { Int($0) } ?? -1
  }
}
