/// Why bytes are no proof file.
package struct ProofFormatError: Error, Hashable, Sendable {
  /// From 1; 0 for the file as a whole.
  package let line: Int
  package let expected: String
  /// Cut to 80 bytes.
  package let found: String

  init(line: Int, expected: String, found: String) {
    self.line = line
    self.expected = expected
    self.found = FieldLimit.prefix(found, byteCount: 80)
  }
}

extension ProofFormatError: CustomStringConvertible {
  package var description: String {
    "proof\(line > 0 ? ": line \(line)" : ""): found \(JSON5Scanner.quoted(found)), expected \(expected)"
  }
}

/// Why a proof of the right form proves nothing.
package enum ProofRefusal: Error, Hashable, Sendable {
  /// The checkpoint is not one that the log's key signed.
  case checkpoint(CheckpointError)
  /// Too few witnesses cosigned it.
  case quorum(found: Int, expected: Int)
  /// The entry is not in a tree of this size.
  case index(found: Int, size: Int)
  /// The entry given and the leaf hash that the proof carries.
  case leaf(found: Digest, expected: Digest)
  /// There is one number of hashes that fits index and size.
  case hashCount(found: Int, expected: Int)
  /// The older tree is larger than the signed one.
  case oldSize(found: Int, size: Int)
  /// Where the hashes lead, and the root of the signed checkpoint.
  case root(found: Digest, expected: Digest)
  /// The checkpoint kept from before, and the beginning of the proof.
  case old(found: String, expected: String)
  /// The hashes do not lead from the old root to the signed one.
  case inconsistent(oldSize: Int, oldRoot: Digest, size: Int, root: Digest)
}

extension ProofRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .checkpoint(let error): error.description
    case .quorum(let found, let expected):
      "witnesses: found \(found) valid cosignatures of known keys, expected \(expected)"
    case .index(let found, let size): "index: found \(found), expected below the size \(size)"
    case .leaf(let found, let expected):
      "leaf hash: found \(found.hex) from the entry, expected \(expected.hex) as the proof says"
    case .hashCount(let found, let expected): "path: found \(found) hashes, expected \(expected)"
    case .oldSize(let found, let size):
      "old size: found \(found), expected at most the signed size \(size)"
    case .root(let found, let expected):
      "root: found \(found.hex) from entry and path, expected \(expected.hex) as signed"
    case .old(let found, let expected):
      "old checkpoint: found \(found) in the proof, expected \(expected)"
    case .inconsistent(let oldSize, let oldRoot, let size, let root):
      "consistency: found no way from root \(oldRoot.hex) of \(oldSize) entries, expected one to "
        + "the signed root \(root.hex) of \(size)"
    }
  }
}

extension SignedCheckpoint {
  /// The names of the witnesses that vouch for it, the log's own signature checked too.
  ///
  /// Throws unless the log's key signed it and the quorum of witnesses cosigned it.
  /// Precondition: `trust` has the log's key.
  package func vouchers(under trust: CheckpointTrust) throws(ProofRefusal) -> [String] {
    precondition(trust.logKey != nil, "no key to check a checkpoint under")
    let judgement = trust.judge(StoredCheckpoint(self))
    if case .refused(let error) = judgement.signature { throw .checkpoint(error) }
    let names = judgement.cosignatures.map(\.key.name)
    guard names.count >= trust.quorum else {
      throw .quorum(found: names.count, expected: trust.quorum)
    }
    return names
  }
}
