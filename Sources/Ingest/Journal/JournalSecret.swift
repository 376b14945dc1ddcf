/// The journal's secret at work: HMACs of emitters' lines, content digests, key hashes.
package struct JournalSecret: ~Copyable {
  private var code: HMACSHA256
  private var hash = SHA256()
  let bytes: [UInt8]
  private var scratch: [UInt8] = []

  /// Precondition: 32 bytes.
  init(_ bytes: [UInt8]) {
    precondition(bytes.count == JournalLayout.secretByteCount, "a secret of \(bytes.count) bytes")
    self.bytes = bytes
    code = HMACSHA256(key: bytes.span)
  }

  /// Names the secret without giving it away: an HMAC of a fixed text under it, hex.
  var identifier: String {
    mutating get { code.code(Array("vigil key index".utf8).span).hex }
  }

  /// HMAC-SHA-256 of a line as it arrived: the value of `original_hmac`.
  package mutating func code(of line: Span<UInt8>) -> Digest { code.code(line) }

  /// What tells two deliveries under one key apart, derivable from the stored entry alone:
  /// the first 16 bytes of the HMAC of the emitter's line.
  ///
  /// That is `original_hmac` where the entry has it, the HMAC of `original` where that is the line
  /// itself, and for a record without any original the HMAC of the entry without `received_at`.
  mutating func contentDigest(
    entry: [UInt8], hmac: String?, original: Range<Int>?
  ) -> ContentDigest {
    if let hmac {
      if let digest = Digest(hex: hmac) { return ContentDigest(digest) }
      let text = Array(hmac.utf8)
      return ContentDigest(code.code(text.span))
    }
    if let original { return ContentDigest(code.code(entry.span.extracting(original))) }
    let cut = JournalSecret.receivedAtRange(entry)
    code.update(entry.span.extracting(0..<cut.lowerBound))
    code.update(entry.span.extracting(cut.upperBound..<entry.count))
    return ContentDigest(code.finish())
  }

  /// The same for a record about to be stored as `entry`.
  mutating func contentDigest(of header: RecordHeader, entry: [UInt8]) -> ContentDigest {
    guard header.originalHMAC == nil, let original = header.original else {
      return contentDigest(entry: entry, hmac: header.originalHMAC, original: nil)
    }
    // What is read back is the value alone, without white space that the line may have around it.
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    let start = original.firstIndex { !isSpace($0) } ?? original.startIndex
    let end = original.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
    return ContentDigest(code.code(original.span.extracting(start..<end)))
  }

  /// The key index's key: the first 16 bytes of SHA-256(secret ‖ source length ‖ source ‖ id).
  ///
  /// Keyed, so that nobody who chooses ids can choose where they fall in the index; a quarter of
  /// the cost of an HMAC, whose further strength a truncated table key has no use for.
  mutating func keyHash(source: String, id: String) -> KeyHash {
    scratch.removeAll(keepingCapacity: true)
    scratch.append(contentsOf: bytes)
    scratch.appendLittleEndian(UInt64(source.utf8.count))
    scratch.append(contentsOf: source.utf8)
    scratch.append(contentsOf: id.utf8)
    let piece = scratch
    hash.update(piece.span)
    return KeyHash(hash.finish())
  }

  /// `,"received_at":"…"` at the top level: the last such text, for strings before it carry their
  /// quotes escaped and only `oversize_bytes` can follow. Empty when absent.
  private static func receivedAtRange(_ entry: [UInt8]) -> Range<Int> {
    let mark = Array(",\"received_at\":\"".utf8)
    var start = entry.count - mark.count
    while start >= 0 {
      if entry[start] == mark[0], entry[start..<start + mark.count].elementsEqual(mark) {
        let close = entry[(start + mark.count)...].firstIndex(of: UInt8(ascii: "\""))
        return start..<(close.map { $0 + 1 } ?? entry.count)
      }
      start -= 1
    }
    return entry.count..<entry.count
  }
}

/// The first 16 bytes of the HMAC of what an emitter said.
struct ContentDigest: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  init(_ digest: Digest) { (high, low) = (digest.words[0], digest.words[1]) }

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}

/// The truncated hash under which (source, id) is known; uniform whatever the ids are.
struct KeyHash: Hashable, Comparable, Sendable {
  /// In the place of a key that is still to be made.
  static let unset = KeyHash(high: 0, low: 0)

  let high: UInt64
  let low: UInt64

  init(_ digest: Digest) { (high, low) = (digest.words[0], digest.words[1]) }

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  static func < (left: KeyHash, right: KeyHash) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}
