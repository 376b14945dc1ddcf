import GatewayAndScheduler
import Ingest

/// A log with real hashes and signatures, all made from seeds: the same requests in every run.
struct SeededLog: Sendable {
  var origin = "example.com/log"
  /// Entries from this index on depend on `branch`.
  var forkIndex = 0
  var branch = "main"
  var keySeed: UInt8 = 1

  var signer: NoteSigner { SeededLog.signer(origin, .ed25519, keySeed) }

  static func signer(_ name: String, _ kind: VerifierKey.Kind, _ seed: UInt8) -> NoteSigner {
    guard let key = Ed25519SigningKey(seed: [UInt8](repeating: seed, count: 32)) else {
      preconditionFailure("32 bytes are a seed")
    }
    return NoteSigner(name: name, kind: kind, key)
  }

  private func leaves(_ size: Int) -> [Digest] {
    var hasher = MerkleHasher()
    return (0..<size).map { index in
      let entry = Array("\(index < forkIndex ? "main" : branch) \(index)".utf8)
      return hasher.leaf(entry.span)
    }
  }

  func checkpoint(_ size: Int) -> Checkpoint {
    var tree = MerkleTree()
    var hasher = MerkleHasher()
    for leaf in leaves(size) { tree.append(leaf, &hasher) }
    return Checkpoint(origin: origin, size: size, root: tree.root(&hasher))
  }

  func signed(_ size: Int) -> SignedCheckpoint { SignedCheckpoint(checkpoint(size), by: signer) }

  func note(_ size: Int) -> [UInt8] { signed(size).note.bytes }

  /// The note with this signer's line in place of the log's.
  func note(_ size: Int, by signers: [NoteSigner]) -> [UInt8] {
    let text = Array(checkpoint(size).body.utf8)
    return SignedNote(text: text, signatures: signers.map { $0.sign(text, at: 1) }).bytes
  }

  /// The note with the first byte of its signature changed.
  func badNote(_ size: Int) -> [UInt8] {
    let text = Array(checkpoint(size).body.utf8)
    let good = signer.sign(text, at: 1)
    let blob = [good.blob[0] ^ 1] + good.blob.dropFirst()
    return SignedNote(
      text: text, signatures: [NoteSignature(name: good.name, keyID: good.keyID, blob: blob)]
    ).bytes
  }

  func proof(from old: Int, to size: Int) -> [Digest] {
    guard old > 0, old < size else { return [] }
    let leaves = leaves(size)
    var hasher = MerkleHasher()
    return MerkleProof.consistency(from: old, to: size, &hasher) { leaves[$0] }
  }

  /// A well-formed request, with its proof where one is due.
  func request(from old: Int, to size: Int) -> [UInt8] {
    AddCheckpointRequest.body(
      oldSize: old, proof: proof(from: old, to: size).map { Base64.text($0.bytes) },
      note: note(size))
  }
}
