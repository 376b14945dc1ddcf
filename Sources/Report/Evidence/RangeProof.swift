package import Ingest

/// What proves that entries in a row are the end of a log: the tree to their left, and the signed
/// checkpoint that their leaf hashes must lead to.
///
///     vigil/range-proof@v1
///     range 120 4711                                     first index, and the checkpoint's size
///     gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=       roots of the perfect subtrees of the first
///     …                                                  120 leaves, the largest first: 64, 32, 16, 8
///                                                        an empty line
///     (the signed checkpoint, as the log signed it)
///
/// Appending the leaf hashes of entries 120 to 4710 to that tree gives the checkpoint's root, or the
/// entries are not those of the log.
package struct RangeProof: Equatable, Sendable {
  package static let firstLine = "vigil/range-proof@v1"
  /// Bytes of the longest file taken.
  package static let byteCountMax = SignedNote.byteCountMax + (8 << 10)

  /// From the first entry to the checkpoint's size.
  package let range: Range<Int>
  /// Of the leaves before the range.
  package let left: MerkleTree
  package let checkpoint: SignedCheckpoint

  /// Precondition: the checkpoint covers the leaves to the left.
  package init(after left: MerkleTree, under checkpoint: SignedCheckpoint) {
    precondition(left.size <= checkpoint.checkpoint.size, "\(left.size) leaves to the left")
    self.left = left
    self.checkpoint = checkpoint
    range = left.size..<checkpoint.checkpoint.size
  }

  /// Reads exactly one proof file: `bytes` gives it back.
  package init(_ bytes: [UInt8]) throws(ExportRefusal) {
    func refusal(_ place: String, _ found: String, _ expected: String) -> ExportRefusal {
      ExportRefusal(PackageLayout.rangeProof, place, found: found, expected: expected)
    }
    guard bytes.count <= RangeProof.byteCountMax,
      let end = bytes.indices.dropLast().first(where: {
        bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A
      })
    else { throw refusal("line 1", "no empty line", "one before the checkpoint") }
    let lines = bytes[..<end].split(separator: 0x0A, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard lines[0] == RangeProof.firstLine else {
      throw refusal("line 1", "\"\(TerminalText.escaped(lines[0]))\"", RangeProof.firstLine)
    }
    let words = lines.count > 1 ? lines[1].split(separator: " ").map(String.init) : []
    guard words.count == 3, words[0] == "range", let first = Int(words[1]), first >= 0,
      let size = Int(words[2]), size > first, lines[1] == "range \(first) \(size)"
    else { throw refusal("line 2", "no range", "range, a first index and a size") }
    let edge = lines.dropFirst(2).map { Base64.bytes($0).flatMap { Digest($0.span) } }
    guard let left = MerkleTree(size: first, edge: edge.compactMap { $0 }),
      !edge.contains(nil)
    else {
      throw refusal(
        "line 3", "\(edge.count) lines of hashes",
        "\(first.nonzeroBitCount), of 32 bytes in base64 each")
    }
    do throws(CheckpointError) {
      checkpoint = try SignedCheckpoint(Array(bytes[(end + 2)...]))
    } catch { throw refusal("checkpoint", "\(error)", "a signed checkpoint") }
    guard checkpoint.checkpoint.size == size else {
      throw refusal("line 2", "size \(size)", "\(checkpoint.checkpoint.size) as the checkpoint")
    }
    range = first..<size
    self.left = left
  }

  /// The file's bytes.
  package var bytes: [UInt8] {
    let head = [RangeProof.firstLine, "range \(range.lowerBound) \(range.upperBound)"]
    let lines = head + left.perfectSubtreeRoots.map { Base64.text($0.bytes) }
    return Array((lines.joined(separator: "\n") + "\n\n").utf8) + checkpoint.note.bytes
  }
}
