import Ingest

/// Writes the entries of a range, one a line, and lists those that are not shown.
///
/// A file for each stretch without a pruned entry. A withheld entry is an empty line, so that the
/// number of a line always tells the index.
struct EntryFiles {
  private let target: any PackageTarget
  private var output: PackageOutput?
  private var absent: PackageOutput?
  private var nextIndex: Int
  private var files: [PackageFile] = []
  private(set) var prunedCount = 0
  private(set) var withheldCount = 0

  init(from index: Int, to target: any PackageTarget) {
    nextIndex = index
    self.target = target
  }

  mutating func show(_ entry: Span<UInt8>) throws {
    try openOutput().appendLine(entry)
    nextIndex += 1
  }

  mutating func withhold(_ leaf: Digest) throws {
    try openOutput().append("\n")
    try list(AbsentEntry(index: nextIndex, leaf: leaf, reason: .withheld))
    withheldCount += 1
  }

  mutating func leaveOut(pruned leaf: Digest) throws {
    if let output { files.append(try output.finish()) }
    output = nil
    try list(AbsentEntry(index: nextIndex, leaf: leaf, reason: .pruned))
    prunedCount += 1
  }

  private mutating func openOutput() throws -> PackageOutput {
    if let output { return output }
    let made = try PackageOutput(PackageLayout.entries(from: nextIndex), to: target)
    output = made
    return made
  }

  private mutating func list(_ entry: AbsentEntry) throws {
    let list = try absent ?? PackageOutput(PackageLayout.absent, to: target)
    absent = list
    try list.appendLine(entry.line.span)
    nextIndex += 1
  }

  mutating func finish() throws -> [PackageFile] {
    for open in [output, absent].compactMap({ $0 }) { files.append(try open.finish()) }
    (output, absent) = (nil, nil)
    return files
  }
}
