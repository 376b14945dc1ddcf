/// The body of an `add-checkpoint` call (C2SP tlog-witness):
///
///     old 20852014
///     PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=      0 to 63 proof hashes
///                                                        an empty line
///     example.com/behind-the-sofa                        a checkpoint: origin,
///     20852163                                           tree size,
///     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=       root hash, more lines perhaps,
///                                                        an empty line
///     — example.com/behind-the-sofa Az3grlgt…            signatures
package struct AddCheckpointRequest: Sendable, Equatable {
  package static let proofHashCountMax = 63
  /// Bytes of the longest body taken. Room for a full proof and 16 signatures of 5 kB and more.
  package static let byteCountMax = 128 << 10

  /// The tree size that the sender believes to be the last one cosigned.
  package let oldSize: Int
  /// Hashes of 32 bytes.
  package let proof: [[UInt8]]
  package let checkpoint: SubmittedCheckpoint

  /// Reads a body; nil for anything that is not exactly one.
  package init?(_ body: [UInt8], _ cryptography: some WitnessCryptography) {
    guard body.count <= AddCheckpointRequest.byteCountMax,
      let end = AddCheckpointRequest.firstEmptyLine(body)
    else { return nil }
    let head = body[..<end].split(separator: 0x0A, omittingEmptySubsequences: false)
    guard let first = head.first, head.count <= AddCheckpointRequest.proofHashCountMax + 1,
      first.starts(with: "old ".utf8),
      let oldSize = SubmittedCheckpoint.decimal(first.dropFirst(4)),
      let checkpoint = SubmittedCheckpoint(Array(body[(end + 2)...]), cryptography)
    else { return nil }
    var proof: [[UInt8]] = []
    for line in head.dropFirst() {
      guard let hash = SubmittedCheckpoint.hash(line, cryptography) else { return nil }
      proof.append(hash)
    }
    self.oldSize = oldSize
    self.proof = proof
    self.checkpoint = checkpoint
  }

  /// The body for a note; what `init` reads back.
  ///
  /// - Parameter proof: hashes in base64.
  package static func body(oldSize: Int, proof: [String], note: [UInt8]) -> [UInt8] {
    Array((["old \(oldSize)"] + proof + ["", ""]).joined(separator: "\n").utf8) + note
  }

  /// Where the newline before the first empty line stands.
  private static func firstEmptyLine(_ body: [UInt8]) -> Int? {
    body.indices.dropLast().first { body[$0] == 0x0A && body[$0 + 1] == 0x0A }
  }
}

/// A signed checkpoint from outside; its signatures are not judged yet.
package struct SubmittedCheckpoint: Sendable, Equatable {
  package let origin: String
  package let tree: TreeHead
  /// The signed text: every line up to, not including, the empty line before the signatures.
  package let text: [UInt8]
  /// Text, empty line and signature lines, as they came.
  package let note: [UInt8]

  /// Nil unless the bytes are a note whose text is a checkpoint (C2SP signed-note, tlog-checkpoint).
  package init?(_ note: [UInt8], _ cryptography: some WitnessCryptography) {
    guard note.last == 0x0A, note.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }),
      String(validating: note, as: UTF8.self) != nil,
      let end = note.indices.dropLast().last(where: { note[$0] == 0x0A && note[$0 + 1] == 0x0A })
    else { return nil }
    let text = Array(note[...end])
    let lines = text.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
    guard lines.count >= 3, lines.allSatisfy({ !$0.isEmpty }), note.count > end + 2,
      let size = SubmittedCheckpoint.decimal(lines[1]),
      let root = SubmittedCheckpoint.hash(lines[2], cryptography)
    else { return nil }
    origin = String(decoding: lines[0], as: UTF8.self)
    tree = TreeHead(size: size, root: root)
    self.text = text
    self.note = note
  }

  /// A size without sign or leading zeros, up to 2^63 - 1.
  static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.count <= 19,
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      digits.first != UInt8(ascii: "0") || digits.count == 1
    else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  /// 32 bytes in base64.
  static func hash(
    _ line: ArraySlice<UInt8>, _ cryptography: some WitnessCryptography
  ) -> [UInt8]? {
    guard line.count == 44,
      let hash = cryptography.base64Bytes(String(decoding: line, as: UTF8.self)), hash.count == 32
    else { return nil }
    return hash
  }
}
