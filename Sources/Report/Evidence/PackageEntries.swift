import Ingest

/// The entries in a package, in the order of the journal.
struct PackageEntries {
  private let storage: any JournalStorage
  private let manifest: Manifest
  /// By first index, ascending.
  private let stretches: [(firstIndex: Int, path: String, byteCount: Int)]

  init(_ storage: any JournalStorage, _ manifest: Manifest) throws {
    self.storage = storage
    self.manifest = manifest
    stretches = try manifest.files.filter { $0.path.hasPrefix(PackageLayout.entries + "/") }
      .map { file in
        guard let index = PackageLayout.firstIndex(of: file.path) else {
          throw ExportRefusal(
            file.path, found: "that name", expected: "the first index in 12 digits and .jsonl")
        }
        return (firstIndex: index, path: file.path, byteCount: file.byteCount)
      }
      .sorted { $0.firstIndex < $1.firstIndex }
  }

  /// Gives every entry, or the leaf hash of one that is not here, to `pass`.
  ///
  /// Throws a refusal at an index that is told twice or not at all.
  func walk(_ pass: inout EntryPass, _ progress: (Int) -> Void) throws -> [JournalExcerpt] {
    var absent = try AbsentEntries(
      storage, isThere: manifest.files.contains { $0.path == PackageLayout.absent })
    var excerpts: [JournalExcerpt] = []
    for stretch in stretches {
      guard stretch.firstIndex >= pass.nextIndex else {
        throw ExportRefusal(
          stretch.path, found: "entries from \(stretch.firstIndex) on",
          expected: "\(pass.nextIndex) or later, behind those before")
      }
      try pass.skip(to: stretch.firstIndex, &absent)
      let file = try storage.open(stretch.path, .reading)
      let count = try walk(stretch, file, &pass, &absent, progress)
      excerpts.append(
        JournalExcerpt(
          firstIndex: stretch.firstIndex, entryCount: count, file: file, path: stretch.path))
    }
    try pass.skip(to: manifest.range.upperBound, &absent)
    if let more = absent.next {
      throw ExportRefusal(
        PackageLayout.absent, "entry \(more.index)", found: "it", expected: "nothing more")
    }
    try check(absent.counts)
    return excerpts
  }

  /// Gives every entry whose bytes are here, in order, with its index. Nothing is proven of them yet.
  func forEach(_ body: (Int, Span<UInt8>) throws -> Void) throws {
    for stretch in stretches {
      let file = try storage.open(stretch.path, .reading)
      var cursor = LineCursor(file, limit: try file.size())
      var index = stretch.firstIndex
      while try cursor.next() {
        guard manifest.range.contains(index) else {
          throw ExportRefusal(
            stretch.path, "line \(index - stretch.firstIndex + 1)", found: "entry \(index)",
            expected: "entries of \(manifest.range)")
        }
        if !cursor.line.isEmpty { try body(index, cursor.line) }
        index += 1
      }
    }
  }

  /// Holds the entries that are not here against those of which the manifest says so.
  private func check(_ counts: [AbsentEntry.Reason: Int]) throws(ExportRefusal) {
    for (reason, stated) in [
      (AbsentEntry.Reason.pruned, manifest.prunedCount), (.withheld, manifest.withheldCount),
    ] {
      let found = counts[reason] ?? 0
      guard found == stated else {
        throw ExportRefusal(
          PackageLayout.absent, found: "\(found) \(reason.rawValue) entries",
          expected: "\(stated) as \(PackageLayout.manifest) says")
      }
    }
    guard counts[.withheld] == nil || manifest.privacy.isActive else {
      throw ExportRefusal(
        PackageLayout.absent, found: "\(counts[.withheld] ?? 0) withheld entries",
        expected: "none, for the export withholds nothing")
    }
  }

  private func walk(
    _ stretch: (firstIndex: Int, path: String, byteCount: Int), _ file: any JournalFile,
    _ pass: inout EntryPass, _ absent: inout AbsentEntries, _ progress: (Int) -> Void
  ) throws -> Int {
    var cursor = LineCursor(file, limit: try file.size())
    while try cursor.next() {
      guard pass.nextIndex < manifest.range.upperBound else {
        throw ExportRefusal(
          stretch.path, "line \(pass.nextIndex - stretch.firstIndex + 1)",
          found: "more entries", expected: "\(manifest.range.upperBound) as the checkpoint's size")
      }
      if cursor.line.isEmpty {
        pass.takeAbsent(try absent.take(pass.nextIndex, .withheld))
      } else {
        _ = try pass.take(cursor.line)
      }
      progress(pass.nextIndex - manifest.range.lowerBound)
    }
    guard cursor.end == .tail(byteCount: 0) else {
      throw ExportRefusal(
        stretch.path, "byte \(cursor.nextOffset)", found: "bytes without a newline behind them",
        expected: "whole entries")
    }
    return pass.nextIndex - stretch.firstIndex
  }
}

extension EntryPass {
  /// Takes what was pruned, up to and without `index`.
  fileprivate mutating func skip(to index: Int, _ absent: inout AbsentEntries) throws {
    while nextIndex < index { takeAbsent(try absent.take(nextIndex, .pruned)) }
  }
}
