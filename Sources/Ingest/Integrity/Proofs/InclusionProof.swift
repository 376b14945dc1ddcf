/// That an entry is in a log: a C2SP tlog-proof, checkable against a vkey with no log at hand.
///
///     c2sp.org/tlog-proof@v1
///     extra dmlnaWwvbGVhZi1oYXNoCg…      optional; see `ProofExtra`
///     index 73894
///     gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=      the leaf's sibling first; at most 63
///                                                        an empty line
///     (the signed checkpoint, as the log signed it)
package struct InclusionProof: Hashable, Sendable {
  package static let firstLine = "c2sp.org/tlog-proof@v1"
  package static let fileExtension = "tlog-proof"
  /// Bytes of the longest proof file taken, of either kind.
  package static let byteCountMax = ProofText.byteCountMax

  /// Of the entry, from 0.
  package let index: Int
  /// The leaf's sibling first, then upwards.
  package let path: [Digest]
  /// Opaque; proves nothing by itself.
  package let extra: [UInt8]?
  package let checkpoint: SignedCheckpoint

  package init(
    index: Int, path: [Digest], extra: [UInt8]?, checkpoint: SignedCheckpoint
  ) {
    self.index = index
    self.path = path
    self.extra = extra
    self.checkpoint = checkpoint
  }

  /// Reads exactly one proof file: `bytes` gives it back.
  package init(_ bytes: [UInt8]) throws(ProofFormatError) {
    var text = try ProofText(bytes, firstLine: InclusionProof.firstLine)
    var extra: [UInt8]?
    if let field = text.field("extra") {
      guard let decoded = Base64.bytes(field) else { throw text.error(expected: "base64") }
      extra = decoded
    }
    guard let field = text.field("index") else { throw text.missing("index and a number") }
    guard let index = ProofText.number(field) else {
      throw text.error(expected: "index and a number without leading zeros")
    }
    self.index = index
    self.extra = extra
    path = try text.hashes()
    checkpoint = try text.checkpoint()
  }

  /// The file's bytes.
  package var bytes: [UInt8] {
    var head = [InclusionProof.firstLine]
    if let extra { head.append("extra " + Base64.text(extra)) }
    head.append("index \(index)")
    return ProofText.bytes(head, path, checkpoint.note)
  }

  /// Checks that the log of `key` has an entry with this leaf hash at `index`.
  package func verify(leaf: Digest, by key: VerifierKey) throws(ProofRefusal) {
    do { try checkpoint.verify(by: key) } catch { throw .checkpoint(error) }
    try verifyPath(leaf: leaf)
  }

  /// Checks that the path leads from a leaf hash to the checkpoint's root, whoever signed that.
  func verifyPath(leaf: Digest) throws(ProofRefusal) {
    let (size, root) = (checkpoint.checkpoint.size, checkpoint.checkpoint.root)
    guard index < size else { throw .index(found: index, size: size) }
    let ranges = MerkleProof.inclusionRanges(of: index, size: size)
    guard path.count == ranges.count else {
      throw .hashCount(found: path.count, expected: ranges.count)
    }
    var hasher = MerkleHasher()
    guard
      !MerkleProof.verifiesInclusion(
        of: leaf, at: index, size: size, root: root, path: path, &hasher)
    else { return }
    var found = leaf
    for (range, sibling) in zip(ranges, path) {
      found =
        range.lowerBound > index ? hasher.node(found, sibling) : hasher.node(sibling, found)
    }
    throw .root(found: found, expected: root)
  }
}

/// What Vigil puts into a proof's extra data, so that the file can be checked by itself.
///
/// A line that says what follows, and its bytes: `vigil/leaf-hash` and the 32 bytes of the leaf hash,
/// or `vigil/entry` and the entry. Neither is believed: both must lead to the signed root.
package enum ProofExtra: Hashable, Sendable {
  case leafHash(Digest)
  case entry([UInt8])

  private static let leafHashLine = Array("vigil/leaf-hash\n".utf8)
  private static let entryLine = Array("vigil/entry\n".utf8)

  /// Nil for anything else: another program's extra data.
  package init?(_ bytes: [UInt8]) {
    if bytes.starts(with: ProofExtra.leafHashLine),
      let hash = Digest(Array(bytes.dropFirst(ProofExtra.leafHashLine.count)).span)
    {
      self = .leafHash(hash)
    } else if bytes.starts(with: ProofExtra.entryLine) {
      self = .entry(Array(bytes.dropFirst(ProofExtra.entryLine.count)))
    } else {
      return nil
    }
  }

  package var bytes: [UInt8] {
    switch self {
    case .leafHash(let hash): ProofExtra.leafHashLine + hash.bytes
    case .entry(let entry): ProofExtra.entryLine + entry
    }
  }

  /// The leaf hash that it stands for.
  package var leaf: Digest {
    switch self {
    case .leafHash(let hash): return hash
    case .entry(let entry):
      var hasher = MerkleHasher()
      return hasher.leaf(entry.span)
    }
  }
}
