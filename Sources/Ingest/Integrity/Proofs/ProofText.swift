/// The lines that the two kinds of proof file share: a head, hashes, an empty line, a checkpoint.
struct ProofText {
  /// Most hashes of a proof: the way up in a tree of at most 2^63 leaves.
  static let hashCountMax = 63
  /// Bytes of the longest file taken: a checkpoint, and an entry in base64.
  static let byteCountMax = SignedNote.byteCountMax + (128 << 10)

  /// Lines before the empty one, without their newlines.
  private let head: [String]
  private var position = 0
  /// What follows the empty line.
  let checkpointBytes: [UInt8]

  init(_ bytes: [UInt8], firstLine: String) throws(ProofFormatError) {
    guard bytes.count <= ProofText.byteCountMax else {
      throw ProofFormatError(
        line: 0, expected: "at most \(ProofText.byteCountMax) bytes", found: "more")
    }
    let end = bytes.indices.dropLast().first { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }
    guard let end else {
      throw ProofFormatError(line: 0, expected: "an empty line", found: "none")
    }
    guard let text = String(validating: bytes[..<end], as: UTF8.self) else {
      throw ProofFormatError(line: 0, expected: "UTF-8", found: "other bytes")
    }
    // By scalars: a carriage return and a newline are one character, and would hide a line.
    head = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    checkpointBytes = Array(bytes[(end + 2)...])
    guard head[0].utf8.elementsEqual(firstLine.utf8) else {
      throw ProofFormatError(line: 1, expected: firstLine.debugDescription, found: head[0])
    }
    position = 1
  }

  /// What follows `key` and a space on the next line, and steps over it; nil when it is another
  /// line, or none.
  mutating func field(_ key: String) -> String? {
    guard position < head.count, head[position].utf8.starts(with: (key + " ").utf8) else {
      return nil
    }
    position += 1
    return String(head[position - 1].dropFirst(key.count + 1))
  }

  /// An error about the line that was read last.
  func error(expected: String) -> ProofFormatError {
    let line = min(max(position, 1), head.count)
    return ProofFormatError(line: line, expected: expected, found: head[line - 1])
  }

  /// An error about the line that comes next.
  func missing(_ expected: String) -> ProofFormatError {
    let found = position < head.count ? head[position] : ""
    return ProofFormatError(line: position + 1, expected: expected, found: found)
  }

  /// All lines that are left, each one hash in base64.
  mutating func hashes() throws(ProofFormatError) -> [Digest] {
    guard head.count - position <= ProofText.hashCountMax else {
      throw ProofFormatError(
        line: position + 1, expected: "at most \(ProofText.hashCountMax) hashes",
        found: "\(head.count - position)")
    }
    var result: [Digest] = []
    while position < head.count {
      position += 1
      guard let hash = ProofText.hash(head[position - 1]) else {
        throw error(expected: "32 bytes in base64")
      }
      result.append(hash)
    }
    return result
  }

  /// Reads one hash in base64.
  static func hash(_ text: String) -> Digest? {
    Base64.bytes(text).flatMap { Digest($0.span) }
  }

  /// Reads a number in decimal, without sign and leading zeros.
  static func number(_ text: String) -> Int? {
    guard let value = Int(text), value >= 0, String(value).utf8.elementsEqual(text.utf8) else {
      return nil
    }
    return value
  }

  /// A proof file's bytes.
  static func bytes(_ head: [String], _ hashes: [Digest], _ note: SignedNote) -> [UInt8] {
    let lines = head + hashes.map { Base64.text($0.bytes) }
    return Array((lines.joined(separator: "\n") + "\n\n").utf8) + note.bytes
  }

  /// The signed checkpoint at the end; the line is that of its origin.
  func checkpoint() throws(ProofFormatError) -> SignedCheckpoint {
    do {
      return try SignedCheckpoint(checkpointBytes)
    } catch {
      throw ProofFormatError(
        line: head.count + 2, expected: "a signed checkpoint", found: error.description)
    }
  }
}
