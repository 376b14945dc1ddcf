import Ingest
import TestSupport
import Testing

private func digest(_ number: Int) -> Digest { SHA256.digest(Array("\(number)".utf8).span) }

/// A log of five entries, its signed checkpoint, and others to be mistaken for it.
struct SmallLog {
  let entries = (0..<5).map { Array("{\"n\":\($0)}".utf8) }
  let leaves: [Digest]
  let signer: NoteSigner
  let checkpoint: SignedCheckpoint

  init(name: String = "vigil/test", seed: UInt8 = 5) throws {
    leaves = entries.map {
      let hashed = [0x00] + $0
      return SHA256.digest(hashed.span)
    }
    signer = NoteSigner(
      name: name,
      try #require(Ed25519SigningKey(seed: [UInt8](repeating: seed, count: 32))))
    checkpoint = SignedCheckpoint(
      Checkpoint(origin: name, size: 5, root: Definition.root(leaves[...])), by: signer)
  }

  func inclusion(_ index: Int, extra: ProofExtra? = nil) -> InclusionProof {
    InclusionProof(
      index: index, path: Definition.inclusion(index, leaves[...]), extra: extra?.bytes,
      checkpoint: checkpoint)
  }

  func consistency(_ oldSize: Int) -> ConsistencyProof {
    ConsistencyProof(
      oldSize: oldSize, oldRoot: Definition.root(leaves[..<oldSize]),
      path: Definition.consistency(oldSize, leaves[...]), checkpoint: checkpoint)
  }
}

@Suite("InclusionProof")
struct InclusionProofTests {
  @Test("is the text of the specification, line by line")
  func text() throws {
    let log = try SmallLog()
    let proof = log.inclusion(1)
    let lines = String(decoding: proof.bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "c2sp.org/tlog-proof@v1")
    #expect(lines[1] == "index 1")
    #expect(lines[2] == Base64.text(log.leaves[0].bytes))
    #expect(lines[4] == Base64.text(log.leaves[4].bytes))
    #expect(lines[5].isEmpty)
    #expect(lines[6] == "vigil/test")
    #expect(lines[7] == "5")
    #expect(lines[10].hasPrefix("— vigil/test "))
    #expect(lines.count == 12 && lines[11].isEmpty)
    let carrying = log.inclusion(1, extra: .entry(Array("hi".utf8)))
    #expect(
      String(decoding: carrying.bytes, as: UTF8.self).contains(
        "\nextra dmlnaWwvZW50cnkKaGk=\nindex 1\n"))
  }

  @Test("verifies for its entry, and gives its bytes back", arguments: 0..<5)
  func verification(_ index: Int) throws {
    let log = try SmallLog()
    for extra in [nil, .leafHash(log.leaves[index]), .entry(log.entries[index])] as [ProofExtra?] {
      let proof = log.inclusion(index, extra: extra)
      let read = try InclusionProof(proof.bytes)
      #expect(read == proof)
      #expect(read.bytes == proof.bytes)
      try read.verify(leaf: log.leaves[index], by: log.signer.key)
      #expect(read.extra.flatMap { ProofExtra($0) } == extra)
      if let extra { #expect(extra.leaf == log.leaves[index]) }
    }
  }

  @Test("is refused for another entry, index or key, saying what was expected and found")
  func refusals() throws {
    let log = try SmallLog()
    let key = log.signer.key
    let proof = log.inclusion(2)
    let root = log.checkpoint.checkpoint.root
    let other = try #require(throws: ProofRefusal.self) {
      try proof.verify(leaf: log.leaves[3], by: key)
    }
    guard case .root(let found, let expected) = other else {
      Issue.record("\(other)")
      return
    }
    #expect(expected == root && found != root)
    #expect(other.description.contains(found.hex) && other.description.contains(root.hex))
    let moved = InclusionProof(index: 3, path: proof.path, extra: nil, checkpoint: log.checkpoint)
    #expect(throws: ProofRefusal.self) { try moved.verify(leaf: log.leaves[2], by: key) }
    let beyond = InclusionProof(index: 5, path: proof.path, extra: nil, checkpoint: log.checkpoint)
    #expect(throws: ProofRefusal.index(found: 5, size: 5)) {
      try beyond.verify(leaf: log.leaves[2], by: key)
    }
    let short = InclusionProof(
      index: 2, path: Array(proof.path.dropLast()), extra: nil, checkpoint: log.checkpoint)
    #expect(throws: ProofRefusal.hashCount(found: 2, expected: 3)) {
      try short.verify(leaf: log.leaves[2], by: key)
    }
    for stranger in [try SmallLog(seed: 6), try SmallLog(name: "vigil/other")] {
      let error = try #require(throws: ProofRefusal.self) {
        try proof.verify(leaf: log.leaves[2], by: stranger.signer.key)
      }
      guard case .checkpoint = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test("every flipped bit of a proof file is refused, its extra data apart", arguments: [0, 4])
  func flippedBits(_ index: Int) throws {
    let log = try SmallLog()
    let proof = log.inclusion(index)
    var bytes = proof.bytes
    for position in bytes.indices {
      for bit in 0..<8 {
        bytes[position] ^= 1 << UInt8(bit)
        #expect(throws: (any Error).self, "byte \(position) bit \(bit)") {
          try InclusionProof(bytes).verify(leaf: log.leaves[index], by: log.signer.key)
        }
        bytes[position] ^= 1 << UInt8(bit)
      }
    }
  }

  @Test(
    "is read from no other text",
    arguments: [
      ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2", 1),
      ("c2sp.org", "\nc2sp.org", 1), ("index 1", "index 01", 2), ("index 1", "index -1", 2),
      ("index 1", "index +1", 2), ("index 1", "index ", 2), ("index 1", "Index 1", 2),
      ("index 1", "index 1 ", 2), ("index 1", "index  1", 2), ("index 1", "index 1\r", 2),
      ("index 1", "index 18446744073709551616", 2),
      ("index 1", "extra AA==\nextra AA==\nindex 1", 3),
      ("index 1", "extra A\nindex 1", 2), ("index 1", "extra AB==\nindex 1", 2),
      ("index 1", "extra\nindex 1", 2), ("index 1", "index 1\n AAAA", 3),
      ("index 1", "index 1\nAAAA", 3),
      ("index 1", "index 1\nextra AA==", 3), ("\n\n", "\n", 0), ("\n\n", "\n\n\n", 7),
      ("vigil/test\n5", "vigil/test\n05", 7),
    ])
  func malformed(_ old: String, _ new: String, _ line: Int) throws {
    let proof = try SmallLog().inclusion(1)
    let text = String(decoding: proof.bytes, as: UTF8.self)
    let range = try #require(text.firstRange(of: old))
    let changed = text[..<range.lowerBound] + new + text[range.upperBound...]
    let error = try #require(throws: ProofFormatError.self) {
      try InclusionProof(Array(changed.utf8))
    }
    if line > 0, old != "\n\n" { #expect(error.line == line, "\(error)") }
    #expect(!error.description.isEmpty)
  }

  @Test("is read with at most 63 hashes and a stated number of bytes")
  func limits() throws {
    let log = try SmallLog()
    func proof(_ count: Int, extra: Int = 0) -> [UInt8] {
      InclusionProof(
        index: 0, path: (0..<count).map { digest($0) },
        extra: extra > 0 ? [UInt8](repeating: 0, count: extra) : nil, checkpoint: log.checkpoint
      ).bytes
    }
    #expect(try InclusionProof(proof(63)).path.count == 63)
    #expect(throws: ProofFormatError.self) { try InclusionProof(proof(64)) }
    #expect(try InclusionProof(proof(1, extra: 65_600)).extra?.count == 65_600)
    #expect(throws: ProofFormatError.self) {
      try InclusionProof(proof(1, extra: InclusionProof.byteCountMax))
    }
    #expect(throws: ProofFormatError.self) { try InclusionProof([]) }
    #expect(throws: ProofFormatError.self) { try InclusionProof([0x0A, 0x0A]) }
    #expect(throws: ProofFormatError.self) { try InclusionProof([0xFF, 0x0A, 0x0A]) }
  }

  @Test("extra data of other programs is kept, and stands for nothing")
  func foreignExtra() throws {
    let log = try SmallLog()
    let proof = InclusionProof(
      index: 0, path: Definition.inclusion(0, log.leaves[...]), extra: Array("age-v1".utf8),
      checkpoint: log.checkpoint)
    let read = try InclusionProof(proof.bytes)
    #expect(read.extra == Array("age-v1".utf8))
    #expect(ProofExtra(Array("age-v1".utf8)) == nil)
    #expect(ProofExtra(Array("vigil/leaf-hash\n".utf8) + [1, 2]) == nil)
  }
}

@Suite("ConsistencyProof")
struct ConsistencyProofTests {
  @Test("verifies from every older size, and gives its bytes back", arguments: 1...5)
  func verification(_ oldSize: Int) throws {
    let log = try SmallLog()
    let proof = log.consistency(oldSize)
    let read = try ConsistencyProof(proof.bytes)
    #expect(read == proof)
    #expect(read.bytes == proof.bytes)
    let old = Checkpoint(
      origin: "vigil/test", size: oldSize, root: Definition.root(log.leaves[..<oldSize]))
    try read.verify(by: log.signer.key, continuing: old)
    try read.verify(by: log.signer.key, continuing: nil)
  }

  @Test("is an add-checkpoint body with a first line and the old root")
  func text() throws {
    let log = try SmallLog()
    let lines = String(decoding: log.consistency(4).bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "vigil/consistency-proof@v1")
    #expect(lines[1] == "old 4 \(Base64.text(Definition.root(log.leaves[..<4]).bytes))")
    #expect(lines[2] == Base64.text(log.leaves[4].bytes))
    #expect(lines[3] == "vigil/test")
  }

  @Test("is refused for another beginning, saying both")
  func refusals() throws {
    let log = try SmallLog()
    let key = log.signer.key
    let proof = log.consistency(3)
    for old in [
      Checkpoint(origin: "vigil/test", size: 3, root: digest(1)),
      Checkpoint(origin: "vigil/test", size: 2, root: Definition.root(log.leaves[..<2])),
      Checkpoint(origin: "vigil/other", size: 3, root: Definition.root(log.leaves[..<3])),
    ] {
      let error = try #require(throws: ProofRefusal.self) {
        try proof.verify(by: key, continuing: old)
      }
      #expect(error.description.contains(old.root.hex))
    }
    let forged = ConsistencyProof(
      oldSize: 3, oldRoot: digest(1), path: proof.path, checkpoint: log.checkpoint)
    #expect(throws: ProofRefusal.self) { try forged.verify(by: key, continuing: nil) }
    let long = ConsistencyProof(
      oldSize: 3, oldRoot: proof.oldRoot, path: proof.path + [digest(1)],
      checkpoint: log.checkpoint)
    #expect(throws: ProofRefusal.hashCount(found: 5, expected: 4)) {
      try long.verify(by: key, continuing: nil)
    }
    let larger = ConsistencyProof(
      oldSize: 6, oldRoot: proof.oldRoot, path: [], checkpoint: log.checkpoint)
    #expect(throws: ProofRefusal.oldSize(found: 6, size: 5)) {
      try larger.verify(by: key, continuing: nil)
    }
  }

  @Test("every flipped bit of a proof file is refused", arguments: [2, 3, 4])
  func flippedBits(_ oldSize: Int) throws {
    let log = try SmallLog()
    var bytes = log.consistency(oldSize).bytes
    for position in bytes.indices {
      for bit in 0..<8 {
        bytes[position] ^= 1 << UInt8(bit)
        #expect(throws: (any Error).self, "byte \(position) bit \(bit)") {
          try ConsistencyProof(bytes).verify(by: log.signer.key, continuing: nil)
        }
        bytes[position] ^= 1 << UInt8(bit)
      }
    }
  }

  @Test(
    "is read from no other text",
    arguments: [
      "old 0 ", "old 03 ", "old -3 ", "old  3 ", "old 3  ", "old 3", "Old 3 ", "index 3 ",
      "old 3 x",
    ])
  func malformed(_ head: String) throws {
    let proof = try SmallLog().consistency(3)
    let text = String(decoding: proof.bytes, as: UTF8.self)
    let range = try #require(text.firstRange(of: "old 3 "))
    let changed = text[..<range.lowerBound] + head + text[range.upperBound...]
    #expect(throws: ProofFormatError.self) { try ConsistencyProof(Array(changed.utf8)) }
    #expect(throws: ProofFormatError.self) { try InclusionProof(proof.bytes) }
  }
}
