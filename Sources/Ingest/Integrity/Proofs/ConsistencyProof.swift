/// That a log only grew from one size to another: a sibling of the C2SP tlog-proof.
///
/// C2SP defines no file for it. This one is the body of a tlog-witness `add-checkpoint` request with
/// a first line to tell it by, and the old root behind the old size:
///
///     vigil/consistency-proof@v1
///     old 20852014 2aUFFMUPu1NMSTHoAGSgHPDBWVsTeCNp2eRCVVYkiW8=
///     PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=     RFC 9162 section 2.1.4; at most 63
///                                                       an empty line
///     (the signed checkpoint of the larger tree)
package struct ConsistencyProof: Hashable, Sendable {
  package static let firstLine = "vigil/consistency-proof@v1"
  package static let fileExtension = "consistency-proof"

  /// 1 or more.
  package let oldSize: Int
  /// Proves nothing by itself: compare it with a checkpoint kept from before.
  package let oldRoot: Digest
  package let path: [Digest]
  package let checkpoint: SignedCheckpoint

  package init(oldSize: Int, oldRoot: Digest, path: [Digest], checkpoint: SignedCheckpoint) {
    self.oldSize = oldSize
    self.oldRoot = oldRoot
    self.path = path
    self.checkpoint = checkpoint
  }

  /// Reads exactly one proof file: `bytes` gives it back.
  package init(_ bytes: [UInt8]) throws(ProofFormatError) {
    var text = try ProofText(bytes, firstLine: ConsistencyProof.firstLine)
    let expected = "old, a size from 1 and a root in base64"
    guard let field = text.field("old") else { throw text.missing(expected) }
    let parts = field.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let size = ProofText.number(parts[0]), size > 0,
      let root = ProofText.hash(parts[1])
    else { throw text.error(expected: expected) }
    oldSize = size
    oldRoot = root
    path = try text.hashes()
    checkpoint = try text.checkpoint()
  }

  /// The file's bytes.
  package var bytes: [UInt8] {
    ProofText.bytes(
      [ConsistencyProof.firstLine, "old \(oldSize) \(Base64.text(oldRoot.bytes))"], path,
      checkpoint.note)
  }

  /// Checks that the log of `key` continues the tree of the old root.
  ///
  /// - Parameter old: a checkpoint kept from before, which must be the proof's beginning.
  package func verify(by key: VerifierKey, continuing old: Checkpoint?) throws(ProofRefusal) {
    do { try checkpoint.verify(by: key) } catch { throw .checkpoint(error) }
    let new = checkpoint.checkpoint
    if let old, old.origin != new.origin || old.size != oldSize || old.root != oldRoot {
      throw .old(
        found: "size \(oldSize) root \(oldRoot.hex) of \(new.origin)",
        expected: "size \(old.size) root \(old.root.hex) of \(old.origin)")
    }
    try verifyPath()
  }

  /// Checks that the path leads from the old root to the checkpoint's, whoever signed that.
  func verifyPath() throws(ProofRefusal) {
    let new = checkpoint.checkpoint
    guard oldSize <= new.size else { throw .oldSize(found: oldSize, size: new.size) }
    let count = MerkleProof.consistencyRanges(from: oldSize, to: new.size).count
    guard path.count == count else { throw .hashCount(found: path.count, expected: count) }
    var hasher = MerkleHasher()
    guard
      MerkleProof.verifiesConsistency(
        from: oldSize, oldRoot, to: new.size, new.root, path: path, &hasher)
    else {
      throw .inconsistent(oldSize: oldSize, oldRoot: oldRoot, size: new.size, root: new.root)
    }
  }
}
