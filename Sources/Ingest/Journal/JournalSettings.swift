/// What a journal is opened with. Limits are in bytes and hold for the whole journal.
package struct JournalSettings: Sendable {
  /// Names the log in checkpoints; used when the journal is made, compared when it exists.
  /// Nil takes whatever an existing journal says, and refuses to make one.
  package var origin: String?
  /// A segment is closed before the entry that would take it beyond this. 64 MiB.
  package var segmentByteCount = 64 << 20
  /// Most that `rejected.jsonl` grows to. 64 MiB.
  package var rejectedByteCountMax = 64 << 20
  /// Most that the files in `oversize/` take together. 256 MiB.
  package var oversizeByteCountMax = 256 << 20
  /// Entries are written early once this much waits in memory; the next commit, or the end of the
  /// segment, syncs them. 1 MiB.
  package var pendingByteCountMax = 1 << 20
  /// Keys held in memory before they go to a file of `index/`. 262,144, at 44 to 176 bytes each.
  package var keyTableCountMax = 1 << 18
  /// Memory for the filters of the files in `index/`; beyond it they are read from disk. 64 MiB.
  package var keyFilterByteCountMax = 64 << 20

  package init(origin: String?) { self.origin = origin }
}
