import Ingest

/// An entry of the range whose bytes are not in the package.
struct AbsentEntry: Equatable {
  enum Reason: String, CaseIterable {
    /// Gone from the journal itself, under a policy of retention.
    case pruned
    /// In the journal, and not shown in this export.
    case withheld
  }

  let index: Int
  let leaf: Digest
  let reason: Reason

  /// One line of `proofs/absent.jsonl`, without its newline.
  var line: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("index", index)
    writer.field("leaf", leaf.hex)
    writer.field("reason", reason.rawValue)
    writer.endObject()
    return writer.bytes
  }

  init(index: Int, leaf: Digest, reason: Reason) {
    self.index = index
    self.leaf = leaf
    self.reason = reason
  }

  /// Nil for any line but the one that `line` gives.
  init?(_ line: Span<UInt8>) {
    var document = JSONDocument()
    do { try document.parse(line) } catch { return nil }
    let fields = ManifestFields(document, document.root)
    guard let index = try? fields.whole("index"), let leaf = try? fields.digest("leaf"),
      let reason = (try? fields.text("reason")).flatMap({ Reason(rawValue: $0) })
    else { return nil }
    self.init(index: index, leaf: leaf, reason: reason)
    guard self.line == document.bytes else { return nil }
  }
}

/// The lines of `proofs/absent.jsonl`, one ahead; indexes rise.
struct AbsentEntries: ~Copyable {
  private var cursor: LineCursor?
  private var lineCount = 0
  private(set) var next: AbsentEntry?
  /// Entries taken, by the reason that their lines state.
  private(set) var counts: [AbsentEntry.Reason: Int] = [:]

  /// A package without the file has none.
  init(_ storage: any JournalStorage, isThere: Bool) throws {
    guard isThere else { return }
    let file = try storage.open(PackageLayout.absent, .reading)
    cursor = LineCursor(file, limit: try file.size())
    try advance()
  }

  /// Steps to the next line.
  mutating func advance() throws {
    guard try cursor?.next() == true else {
      next = nil
      return
    }
    lineCount += 1
    let last = next?.index ?? -1
    switch cursor {
    case .some(let lines): next = AbsentEntry(lines.line)
    case .none: next = nil
    }
    guard let next, next.index > last else {
      throw ExportRefusal(
        PackageLayout.absent, "line \(lineCount)", found: "another line",
        expected: "the next index, its leaf hash and a reason")
    }
  }

  /// The leaf hash under `index`, and steps on; a refusal when the list does not have it.
  mutating func take(_ index: Int, _ reason: AbsentEntry.Reason) throws -> Digest {
    guard let entry = next, entry.index == index, entry.reason == reason else {
      throw ExportRefusal(
        PackageLayout.absent, "entry \(index)",
        found: next.map { "entry \($0.index), \($0.reason.rawValue)" } ?? "nothing",
        expected: "its leaf hash, since the package does not hold its bytes")
    }
    counts[reason, default: 0] += 1
    try advance()
    return entry.leaf
  }
}
