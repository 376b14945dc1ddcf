/// Entries of a journal in a row that somebody carried elsewhere, one a line as in a segment.
package struct JournalExcerpt {
  /// Index in the journal of the first entry.
  package let firstIndex: Int
  package let entryCount: Int
  package let file: any JournalFile
  /// For messages.
  package let path: String

  package init(firstIndex: Int, entryCount: Int, file: any JournalFile, path: String) {
    self.firstIndex = firstIndex
    self.entryCount = entryCount
    self.file = file
    self.path = path
  }
}

extension JournalReader {
  /// Reads entries that were taken out of a journal as if it were at hand; they keep their indexes.
  ///
  /// What lies between two excerpts is passed over like pruned entries. Precondition: excerpts rise
  /// and do not overlap. Throws where a file's size cannot be had.
  package convenience init(
    _ excerpts: [JournalExcerpt], of origin: String, in storage: any JournalStorage
  ) throws(StorageError) {
    var segments: [ReadableSegment] = []
    var end = excerpts.first?.firstIndex ?? 0
    for excerpt in excerpts {
      precondition(excerpt.firstIndex >= end, "entries from \(excerpt.firstIndex) on at \(end)")
      if excerpt.firstIndex > end {
        segments.append(
          ReadableSegment(absentFrom: end, entryCount: excerpt.firstIndex - end))
      }
      segments.append(try ReadableSegment(excerpt))
      end = excerpt.firstIndex + excerpt.entryCount
    }
    let identity = JournalIdentity(
      origin: origin, vkey: nil, createdAt: .earliest, segmentByteCount: 1)
    self.init(identity, storage, segments)
  }
}

extension ReadableSegment {
  fileprivate init(_ excerpt: JournalExcerpt) throws(StorageError) {
    name = SegmentName(firstIndex: excerpt.firstIndex)
    path = excerpt.path
    file = excerpt.file
    entryCount = excerpt.entryCount
    byteCount = try excerpt.file.size()
  }

  fileprivate init(absentFrom firstIndex: Int, entryCount: Int) {
    name = SegmentName(firstIndex: firstIndex)
    path = name.prunedPath
    file = nil
    self.entryCount = entryCount
    byteCount = 0
  }
}
