/// `rejected.jsonl`: rejections, one JSON object a line, up to a quota, none twice.
///
/// Memory: 32 bytes a kept line and a running hash; at the default quota under 16 MiB.
struct RejectedLines: ~Copyable {
  /// Longest line of the file: 4,096 bytes escaped six-fold, and the other fields.
  private static let lineByteCountMax = 64 << 10

  private let file: any JournalFile
  private let byteCountMax: Int
  private var byteCount = 0
  private var pending: [UInt8] = []
  private var known: Set<KeyHash> = []
  private var hash = SHA256()
  private var writer = JSONWriter()
  /// Bytes of a torn last line that opening cut away.
  private(set) var cutByteCount = 0
  /// Rejections since opening that the quota had no room for.
  private(set) var overQuotaCount = 0

  var hasPending: Bool { !pending.isEmpty }
  var pendingByteCount: Int { pending.count }

  /// SHA-256 of the file as it will be once everything pending is written.
  var digest: Digest { hash.current() }

  private init(_ file: any JournalFile, byteCountMax: Int) {
    self.file = file
    self.byteCountMax = byteCountMax
  }

  /// Opens or makes the file; reads it once for its hash and its known lines.
  static func open(
    _ storage: any JournalStorage, byteCountMax: Int, _ secret: inout JournalSecret
  ) throws(StorageError) -> RejectedLines {
    let file = try storage.open(JournalLayout.rejected, .writing(.owner))
    try storage.synchronizeDirectory("")
    var lines = RejectedLines(file, byteCountMax: byteCountMax)
    try lines.readBack(&secret)
    return lines
  }

  private mutating func readBack(_ secret: inout JournalSecret) throws(StorageError) {
    let size = try file.size()
    var cursor = LineCursor(file, limit: size, byteCountMax: RejectedLines.lineByteCountMax)
    var document = JSONDocument()
    while try cursor.next() {
      hash.update(cursor.line)
      hash.update([0x0A].span)
      byteCount = cursor.byteOffset + cursor.line.count + 1
      if let key = RejectedLines.key(cursor.line, &document, &secret) { known.insert(key) }
    }
    cutByteCount = size - byteCount
    guard cutByteCount > 0 else { return }
    try file.truncate(to: byteCount)
    try file.synchronize()
  }

  mutating func keep(
    _ rejection: RejectedLine, _ secret: inout JournalSecret
  ) -> RejectionOutcome {
    let key = RejectedLines.key(rejection.source, rejection.lineHMAC.hex, &secret)
    guard !known.contains(key) else { return .repeated }
    writer.removeAll()
    rejection.encode(to: &writer)
    let line = writer.bytes + [0x0A]
    guard byteCount + pending.count + line.count <= byteCountMax else {
      overQuotaCount += 1
      return .overQuota
    }
    known.insert(key)
    hash.update(line.span)
    pending.append(contentsOf: line)
    return .kept
  }

  mutating func commit() throws(StorageError) {
    guard !pending.isEmpty else { return }
    try file.write(pending.span, at: byteCount)
    try file.synchronize()
    byteCount += pending.count
    pending.removeAll(keepingCapacity: true)
  }

  private static func key(
    _ line: Span<UInt8>, _ document: inout JSONDocument, _ secret: inout JournalSecret
  ) -> KeyHash? {
    do { try document.parse(line) } catch { return nil }
    guard let source = document.member(document.root, "source").flatMap({ document.string($0) }),
      let hmac = document.member(document.root, "line_hmac").flatMap({ document.string($0) })
    else { return nil }
    return key(source, hmac, &secret)
  }

  private static func key(
    _ source: String, _ hmac: String, _ secret: inout JournalSecret
  ) -> KeyHash {
    let kept = FieldLimit.prefix(source, byteCount: FieldLimit.identifier.byteCount)
    return secret.keyHash(source: kept, id: hmac)
  }
}
