import Ingest
import TestSupport
import Testing

/// The definitions of RFC 9162 section 2.1, word for word, as the thing to compare with.
enum Definition {
  static func root(_ leaves: ArraySlice<Digest>) -> Digest {
    if leaves.isEmpty { return SHA256.digest([UInt8]().span) }
    if leaves.count == 1 { return leaves[leaves.startIndex] }
    let middle = leaves.startIndex + split(leaves.count)
    return node(root(leaves[..<middle]), root(leaves[middle...]))
  }

  static func inclusion(_ index: Int, _ leaves: ArraySlice<Digest>) -> [Digest] {
    if leaves.count <= 1 { return [] }
    let k = split(leaves.count)
    let middle = leaves.startIndex + k
    return index < k
      ? inclusion(index, leaves[..<middle]) + [root(leaves[middle...])]
      : inclusion(index - k, leaves[middle...]) + [root(leaves[..<middle])]
  }

  static func consistency(_ size: Int, _ leaves: ArraySlice<Digest>, whole: Bool = true) -> [Digest]
  {
    if size == leaves.count { return whole ? [] : [root(leaves)] }
    let k = split(leaves.count)
    let middle = leaves.startIndex + k
    return size <= k
      ? consistency(size, leaves[..<middle], whole: whole) + [root(leaves[middle...])]
      : consistency(size - k, leaves[middle...], whole: false) + [root(leaves[..<middle])]
  }

  private static func split(_ count: Int) -> Int {
    var power = 1
    while power * 2 < count { power *= 2 }
    return power
  }

  private static func node(_ left: Digest, _ right: Digest) -> Digest {
    SHA256.digest(([0x01] + left.bytes + right.bytes).span)
  }
}

private let sizeMax = 70

private func leaves(_ count: Int) -> [Digest] {
  (0..<count).map { SHA256.digest([0x00, UInt8($0)].span) }
}

@Suite("MerkleTree")
struct MerkleTreeTests {
  static let inputs: [[UInt8]] = [
    [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
    Array(0x50...0x57), Array(0x60...0x6F),
  ]
  static let roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]

  @Test("gives the roots of the RFC 6962 inputs for sizes 1 to 8")
  func publishedRoots() {
    var hasher = MerkleHasher()
    var tree = MerkleTree()
    for (input, root) in zip(MerkleTreeTests.inputs, MerkleTreeTests.roots) {
      tree.append(hasher.leaf(input.span), &hasher)
      #expect(tree.root(&hasher).hex == root)
    }
    #expect(tree.size == 8)
  }

  @Test("equals the recursive definition at every size")
  func definition() {
    var hasher = MerkleHasher()
    var tree = MerkleTree()
    let all = leaves(sizeMax)
    for size in 0...sizeMax {
      #expect(tree.root(&hasher) == Definition.root(all[..<size]))
      if size < sizeMax { tree.append(all[size], &hasher) }
    }
  }
}

@Suite("MerkleProof")
struct MerkleProofTests {
  @Test("inclusion paths equal the definition and hold for their leaf only")
  func inclusion() {
    var hasher = MerkleHasher()
    let all = leaves(sizeMax)
    for size in 1...sizeMax {
      let root = Definition.root(all[..<size])
      for index in 0..<size {
        let path = MerkleProof.inclusion(of: index, size: size, &hasher) { all[$0] }
        #expect(path == Definition.inclusion(index, all[..<size]))
        for other in [index, (index + 1) % size, 0, size - 1] {
          let holds = MerkleProof.verifiesInclusion(
            of: all[other], at: other, size: size, root: root, path: path, &hasher)
          #expect(holds == (other == index))
        }
      }
    }
  }

  @Test("an inclusion path altered, cut or lengthened is refused")
  func alteredInclusion() {
    var hasher = MerkleHasher()
    let all = leaves(13)
    let root = Definition.root(all[...])
    for index in 0..<13 {
      let path = MerkleProof.inclusion(of: index, size: 13, &hasher) { all[$0] }
      var refused = [Array(path.dropLast()), Array(path.dropFirst()), path + [.zero]]
      for position in path.indices {
        var altered = path
        altered[position] = all[(index + 1) % 13] == path[position] ? .zero : all[(index + 1) % 13]
        refused.append(altered)
      }
      for wrong in refused {
        #expect(
          !MerkleProof.verifiesInclusion(
            of: all[index], at: index, size: 13, root: root, path: wrong, &hasher))
      }
    }
    #expect(
      !MerkleProof.verifiesInclusion(
        of: all[0], at: 13, size: 13, root: root, path: [], &hasher))
    let endless = [Digest](repeating: .zero, count: MerkleProof.hashCountMax + 1)
    #expect(
      !MerkleProof.verifiesInclusion(
        of: all[0], at: 0, size: Int.max, root: root, path: endless, &hasher))
  }

  @Test("consistency paths equal the definition and hold for their two trees only")
  func consistency() {
    var hasher = MerkleHasher()
    let all = leaves(sizeMax)
    let roots = (0...sizeMax).map { Definition.root(all[..<$0]) }
    for size in 1...sizeMax {
      for old in 1...size {
        let path = MerkleProof.consistency(from: old, to: size, &hasher) { all[$0] }
        #expect(path == Definition.consistency(old, all[..<size]))
        #expect(
          MerkleProof.verifiesConsistency(
            from: old, roots[old], to: size, roots[size], path: path, &hasher))
        #expect(
          !MerkleProof.verifiesConsistency(
            from: old, roots[old - 1], to: size, roots[size], path: path, &hasher))
        #expect(
          !MerkleProof.verifiesConsistency(
            from: old, roots[old], to: size, roots[size - 1], path: path, &hasher))
        #expect(
          !MerkleProof.verifiesConsistency(
            from: old, roots[old], to: size, roots[size], path: path + [.zero], &hasher))
      }
      #expect(
        MerkleProof.verifiesConsistency(
          from: 0, roots[0], to: size, roots[size], path: [], &hasher))
    }
  }
}
