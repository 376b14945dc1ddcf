/// The keyed digests of entries that are made from the lines of a chunk: of all lines before, of all
/// keys afterwards, many at a time where the processor can.
///
/// The same values as `JournalSecret` and `LineIdentity` give.
struct LineDigests: ~Copyable {
  private let secret: [UInt8]
  private var code: HMACSHA256
  private var hash = SHA256()
  private var lanes: HashLanes?
  /// By number of line; empty where they are made one by one.
  private var codes: [Digest] = []
  private var hashes: [Digest] = []
  /// Whether a line of the chunk before had its plain hash for an id.
  private var wantsHashes = false
  /// What the keys of entries so far are hashed from, and which rows they are of.
  private var keyTexts: [UInt8] = []
  private var keyStarts: [UInt32] = []
  private var keyEnds: [UInt32] = []
  private var keyRows: [Int] = []

  /// - Parameters:
  ///   - secret: of the journal; at most 64 bytes.
  ///   - isPlain: leaves several in one pass out, for tests; changes no digest.
  init(secret: [UInt8], isPlain: Bool = false) {
    self.secret = secret
    code = HMACSHA256(key: secret.span)
    lanes = isPlain ? nil : HashLanes(key: secret)
  }

  // MARK: Lines

  /// Begins a chunk.
  mutating func begin(_ chunk: borrowing LineChunk) {
    codes = []
    hashes = []
    var (numbers, starts, ends): ([Int], [UInt32], [UInt32]) = ([], [], [])
    for (number, line) in chunk.lines.enumerated() {
      let count = chunk.bytes(of: line).count
      guard count > 0 else { continue }
      numbers.append(number)
      starts.append(UInt32(line.start))
      ends.append(UInt32(line.start + count))
    }
    let count = chunk.lines.count
    if let found = lanes?.codes(chunk.bytes.span, starts, ends) {
      codes = LineDigests.spread(found, over: numbers, count)
    }
    if wantsHashes, let found = lanes?.digests(chunk.bytes.span, starts, ends) {
      hashes = LineDigests.spread(found, over: numbers, count)
    }
    wantsHashes = false
  }

  private static func spread(_ found: [Digest], over numbers: [Int], _ count: Int) -> [Digest] {
    if found.count == count { return found }
    var all = [Digest](repeating: .zero, count: count)
    for (number, digest) in zip(numbers, found) { all[number] = digest }
    return all
  }

  /// HMAC-SHA-256 of a line of the chunk.
  mutating func code(ofLine number: Int, _ line: Span<UInt8>) -> Digest {
    codes.isEmpty ? code.code(line) : codes[number]
  }

  /// Plain SHA-256 of a line of the chunk.
  mutating func hash(ofLine number: Int, _ line: Span<UInt8>) -> Digest {
    wantsHashes = true
    guard hashes.isEmpty else { return hashes[number] }
    hash.update(line)
    return hash.finish()
  }

  /// HMAC-SHA-256 of other bytes.
  mutating func code(of bytes: Span<UInt8>) -> Digest { code.code(bytes) }

  // MARK: Keys

  /// Notes the (source, id) of a row, whose key `finish` sets.
  mutating func addKey(row: Int, source: [UInt8], id: [UInt8]) {
    // What `JournalSecret.keyHash` hashes.
    keyStarts.append(UInt32(keyTexts.count))
    keyTexts.append(contentsOf: secret)
    keyTexts.appendLittleEndian(UInt64(source.count))
    keyTexts.append(contentsOf: source)
    keyTexts.append(contentsOf: id)
    keyEnds.append(UInt32(keyTexts.count))
    keyRows.append(row)
  }

  /// Ends the chunk: sets the keys of the rows that were noted.
  mutating func finish(_ batch: inout EntryBatch) {
    // Taken out while they are lent.
    var texts = exchange(&keyTexts, with: [])
    let digests = lanes?.digests(texts.span, keyStarts, keyEnds)
    for (number, row) in keyRows.enumerated() {
      if let digests {
        batch.setKey(KeyHash(digests[number]), row: row)
      } else {
        hash.update(texts.span.extracting(Int(keyStarts[number])..<Int(keyEnds[number])))
        batch.setKey(KeyHash(hash.finish()), row: row)
      }
    }
    texts.removeAll(keepingCapacity: true)
    keyTexts = texts
    keyStarts.removeAll(keepingCapacity: true)
    keyEnds.removeAll(keepingCapacity: true)
    keyRows.removeAll(keepingCapacity: true)
  }
}

extension Digest {
  /// Appends 64 lower-case hexadecimal digits.
  func appendHex(to bytes: inout [UInt8]) {
    bytes.append(addingCapacity: 2 * Digest.byteCount) { output in
      for index in 0..<Digest.byteCount {
        output.append(Digest.digit(self[index] >> 4))
        output.append(Digest.digit(self[index] & 15))
      }
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ (value &- 10)
  }
}
