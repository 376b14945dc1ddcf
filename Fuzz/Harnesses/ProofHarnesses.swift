import Ingest

extension Harness {
  static let proofs: [Harness] = [
    Harness(
      "inclusion-proof",
      words: ["index ", "extra ", "\n\n", "c2sp.org/tlog-proof@v1", "\u{2014} "],
      seeds: { [0, 77, 255, 299].map { Ledger.inclusionProof($0).bytes } },
      run: ProofProperties.inclusion),
    Harness(
      "consistency-proof", words: ["old ", "\n\n", "vigil/consistency-proof@v1", "\u{2014} "],
      seeds: { [1, 100, 256, 299].map { Ledger.consistencyProof($0).bytes } },
      run: ProofProperties.consistency),
    Harness(
      "merkle", byteCountMax: 128,
      seeds: { [[0, 0], [0, 1, 0, 0], [1, 77, 3, 9, 1], [2, 100, 0, 0, 0, 7, 1, 255]] },
      run: ProofProperties.merkle),
  ]
}

/// A proof that verifies states what the log holds; anything changed in it is refused.
enum ProofProperties {
  static func inclusion(_ bytes: [UInt8]) throws {
    let proof: InclusionProof
    do { proof = try InclusionProof(bytes) } catch { return try requireLegible(error.description) }
    try require(proof.bytes == bytes, "written as other bytes")
    let extra = proof.extra.flatMap { ProofExtra($0) }
    if let extra { try require(extra.bytes == proof.extra ?? [], "extra data") }
    for leaf in [extra?.leaf, Ledger.leaves[77]].compactMap({ $0 }) {
      do {
        try proof.verify(leaf: leaf, by: Ledger.signer.key)
      } catch {
        try requireLegible("\(error)")
        continue
      }
      let isTrue =
        proof.checkpoint.checkpoint == Ledger.signed.checkpoint
        && proof.index < Ledger.leafCount && Ledger.leaves[proof.index] == leaf
      try require(isTrue, "a false statement verifies: entry \(proof.index)")
    }
  }

  static func consistency(_ bytes: [UInt8]) throws {
    let proof: ConsistencyProof
    do {
      proof = try ConsistencyProof(bytes)
    } catch { return try requireLegible(error.description) }
    try require(proof.bytes == bytes, "written as other bytes")
    do {
      try proof.verify(by: Ledger.signer.key, continuing: nil)
    } catch { return try requireLegible("\(error)") }
    let isTrue =
      proof.checkpoint.checkpoint == Ledger.signed.checkpoint
      && proof.oldSize <= Ledger.leafCount && Ledger.root(proof.oldSize) == proof.oldRoot
    try require(isTrue, "a false statement verifies: old size \(proof.oldSize)")
  }

  /// A genuine path, edited: (hash, byte, xor) each; it verifies when nothing differs, and only then.
  static func merkle(_ bytes: [UInt8]) throws {
    let (choices, edits) = bytes.split(after: 3)
    let size = 1 + (Int(choices[0]) << 8 | Int(choices[1])) % Ledger.leafCount
    let index = Int(choices[2]) % size
    var hasher = MerkleHasher()
    let root = Ledger.root(size)
    let inclusion = Ledger.inclusion(index, size: size)
    let path = try edited(inclusion, edits)
    let isIncluded = MerkleProof.verifiesInclusion(
      of: Ledger.leaves[index], at: index, size: size, root: root, path: path, &hasher)
    try require(isIncluded == (path == inclusion), "inclusion of \(index) in \(size)")
    let old = index + 1
    let consistency = Ledger.consistency(old, size: size)
    let other = try edited(consistency, edits)
    let isConsistent = MerkleProof.verifiesConsistency(
      from: old, Ledger.root(old), to: size, root, path: other, &hasher)
    try require(isConsistent == (other == consistency), "consistency of \(old) and \(size)")
    if size > 1 {
      let isElsewhere = MerkleProof.verifiesInclusion(
        of: Ledger.leaves[index], at: (index + 1) % size, size: size, root: root, path: path,
        &hasher)
      try require(!isElsewhere, "leaf \(index) of \(size) is proved elsewhere")
    }
  }

  private static func edited(_ path: [Digest], _ edits: [UInt8]) throws -> [Digest] {
    var hashes = path.map(\.bytes)
    var position = 0
    while position + 3 <= edits.count {
      let (hash, byte, change) = (edits[position], edits[position + 1], edits[position + 2])
      position += 3
      switch hash {
      case 255: hashes.append([UInt8](repeating: change, count: 32))
      case 254: _ = hashes.popLast()
      default:
        guard !hashes.isEmpty else { continue }
        hashes[Int(hash) % hashes.count][Int(byte) % 32] ^= change
      }
    }
    return hashes.compactMap { Digest($0.span) }
  }
}
