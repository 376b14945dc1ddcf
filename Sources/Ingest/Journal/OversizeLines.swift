/// `oversize/`: redacted lines too long to be entries, each in a file named by its SHA-256.
struct OversizeLines {
  private let storage: any JournalStorage
  private let byteCountMax: Int
  private var byteCount = 0
  private var names: Set<String> = []
  /// Lines since opening that the quota had no room for.
  private(set) var overQuotaCount = 0

  /// Sums up what is there; costs one open a file.
  init(_ storage: any JournalStorage, byteCountMax: Int) throws(StorageError) {
    self.storage = storage
    self.byteCountMax = byteCountMax
    for name in try storage.list(JournalLayout.oversize) ?? []
    where !name.hasSuffix(".tmp") {
      byteCount += try storage.open("\(JournalLayout.oversize)/\(name)", .reading).size()
      names.insert(name)
    }
  }

  /// Stores the line durably, unless it is there or the quota is used up; its hash either way.
  mutating func keep(_ line: [UInt8]) throws(StorageError) -> Digest {
    let digest = SHA256.digest(line.span)
    guard !names.contains(digest.hex) else { return digest }
    guard byteCount + line.count <= byteCountMax else {
      overQuotaCount += 1
      return digest
    }
    try storage.replace("\(JournalLayout.oversize)/\(digest.hex)", with: line.span, .owner)
    byteCount += line.count
    names.insert(digest.hex)
    return digest
  }
}
