import Ingest
import TestSupport

/// A small log with fixed keys: what genuine checkpoints, proofs and signatures look like.
enum Ledger {
  static let leafCount = 300
  static let origin = "vigil/fuzz"
  static let signer = signer("vigil/fuzz", .ed25519, seed: 1)
  static let witness = signer("witness/fuzz", .cosignature, seed: 2)

  static let leaves: [Digest] = (0..<leafCount).map { index in
    var hasher = MerkleHasher()
    return hasher.leaf(Array("entry \(index)".utf8).span)
  }

  static let checkpoints = [1, 7, 256, leafCount].map { checkpoint($0) }
  static let signed = SignedCheckpoint(checkpoint(leafCount), by: signer)
  static let cosignature = witness.sign(signed.note.text, at: 1_795_477_219).blob

  static let cosigned: SignedCheckpoint = {
    var result = signed
    _ = result.merge([witness.sign(signed.note.text, at: 1_795_477_219)])
    return result
  }()

  static let history = checkpoints.flatMap {
    StoredCheckpoint(SignedCheckpoint($0, by: signer)).historyBytes
  }
  static let unsignedHistory = checkpoints.prefix(2).flatMap {
    StoredCheckpoint(unsigned: $0).historyBytes
  }

  static func root(_ size: Int) -> Digest {
    var tree = MerkleTree()
    var hasher = MerkleHasher()
    for leaf in leaves.prefix(size) { tree.append(leaf, &hasher) }
    return tree.root(&hasher)
  }

  static func inclusion(_ index: Int, size: Int = leafCount) -> [Digest] {
    var hasher = MerkleHasher()
    return MerkleProof.inclusion(of: index, size: size, &hasher) { leaves[$0] }
  }

  static func consistency(_ oldSize: Int, size: Int = leafCount) -> [Digest] {
    var hasher = MerkleHasher()
    return MerkleProof.consistency(from: oldSize, to: size, &hasher) { leaves[$0] }
  }

  static func inclusionProof(_ index: Int) -> InclusionProof {
    InclusionProof(
      index: index, path: inclusion(index), extra: ProofExtra.leafHash(leaves[index]).bytes,
      checkpoint: signed)
  }

  static func consistencyProof(_ oldSize: Int) -> ConsistencyProof {
    ConsistencyProof(
      oldSize: oldSize, oldRoot: root(oldSize), path: consistency(oldSize), checkpoint: signed)
  }

  private static func checkpoint(_ size: Int) -> Checkpoint {
    Checkpoint(origin: origin, size: size, root: root(size))
  }

  private static func signer(
    _ name: String, _ kind: VerifierKey.Kind, seed: UInt64
  ) -> NoteSigner {
    var random = SeededRandom(seed: seed)
    guard let key = Ed25519SigningKey(seed: random.bytes(count: 32)) else {
      preconditionFailure("libcrypto makes no key")
    }
    return NoteSigner(name: name, kind: kind, key)
  }
}
