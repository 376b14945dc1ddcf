import GatewayAndScheduler
import Testing

@Suite struct AddCheckpointRequestTests {
  private let cryptography = ToyCryptography()

  /// The example of the specification, C2SP tlog-witness.
  private static let example = """
    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
    5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
    /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
    — example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=

    """

  @Test func `the example of the specification is read`() throws {
    let body = Array(AddCheckpointRequestTests.example.utf8)
    let request = try #require(AddCheckpointRequest(body, cryptography))
    #expect(request.oldSize == 20_852_014)
    #expect(request.proof.count == 4)
    #expect(request.proof.first?.prefix(4) == [0x3E, 0x54, 0x4D, 0x0A])
    #expect(request.checkpoint.origin == "example.com/behind-the-sofa")
    #expect(request.checkpoint.tree.size == 20_852_163)
    #expect(request.checkpoint.tree.root.suffix(2) == [0xAB, 0x62])
    let text = String(decoding: request.checkpoint.text, as: UTF8.self)
    #expect(text.hasPrefix("example.com/") && text.hasSuffix("j2jxq2I=\n"))
    #expect(String(decoding: request.checkpoint.note, as: UTF8.self).hasSuffix("m9Q=\n"))
  }

  private static let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
  private static let signature = "— k AAAA\n"

  @Test(arguments: [
    ("old 0\n\no\n5\n\(root)\n\n\(signature)", true),
    ("old 0\n\no\n0\n\(root)\n\n\(signature)", true),
    ("old 7\n\(root)\n\no\n5\n\(root)\n\n\(signature)", true),
    ("old 0\n\no\n5\n\(root)\nextension\n\n\(signature)", true),
    ("old 0\n\no\n9223372036854775807\n\(root)\n\n\(signature)", true),
    ("", false), ("old 0", false), ("old 0\n", false), ("old 0\n\n", false),
    ("\n\no\n5\n\(root)\n\n\(signature)", false),
    ("old\n\no\n5\n\(root)\n\n\(signature)", false),
    ("old \n\no\n5\n\(root)\n\n\(signature)", false),
    ("old  5\n\no\n5\n\(root)\n\n\(signature)", false),
    ("OLD 5\n\no\n5\n\(root)\n\n\(signature)", false),
    ("old 05\n\no\n5\n\(root)\n\n\(signature)", false),
    ("old -5\n\no\n5\n\(root)\n\n\(signature)", false),
    ("old +5\n\no\n5\n\(root)\n\n\(signature)", false),
    ("old 5 \n\no\n5\n\(root)\n\n\(signature)", false),
    ("old 5\r\n\r\no\n5\n\(root)\n\n\(signature)", false),
    ("old 9223372036854775808\n\no\n5\n\(root)\n\n\(signature)", false),
    ("old 5\nAAAA\n\no\n5\n\(root)\n\n\(signature)", false),
    ("old 5\n\(root.dropLast())\n\no\n5\n\(root)\n\n\(signature)", false),
    ("old 5\n\(root) \n\no\n5\n\(root)\n\n\(signature)", false),
    ("old 5\n\(root.dropLast(2))J=\n\no\n5\n\(root)\n\n\(signature)", false),
    ("old 0\n\no\n05\n\(root)\n\n\(signature)", false),
    ("old 0\n\no\n9223372036854775808\n\(root)\n\n\(signature)", false),
    ("old 0\n\no\n5\nAAAA\n\n\(signature)", false),
    ("old 0\n\no\n5\n\n\(signature)", false),
    ("old 0\n\no\n5\n\(root)\n", false),
    ("old 0\n\no\n5\n\(root)\n\n", false),
    ("old 0\n\no\n5\n\(root)\n\n— k AAAA", false),
    ("old 0\n\n\n5\n\(root)\n\n\(signature)", false),
    ("old 0\n\no\n5\n\(root)\n\nmore\n\n\(signature)", false),
    ("old 0\n\no\n5\n\(root)\n\u{1}\n\n\(signature)", false),
    ("old 0\n\no\t\n5\n\(root)\n\n\(signature)", false),
  ])
  func `exactly the grammar of the specification is taken`(text: String, isValid: Bool) {
    #expect((AddCheckpointRequest(Array(text.utf8), cryptography) != nil) == isValid)
  }

  @Test func `63 proof hashes are taken, 64 are not`() {
    let note = ToyLog().note(9)
    for (count, isValid) in [(63, true), (64, false)] {
      let proof = Array(repeating: AddCheckpointRequestTests.root, count: count)
      let body = AddCheckpointRequest.body(oldSize: 5, proof: proof, note: note)
      #expect((AddCheckpointRequest(body, cryptography) != nil) == isValid)
    }
  }

  @Test func `bytes that are no UTF-8, and too many bytes, are refused`() {
    let body = ToyLog().request(from: 0, to: 9)
    #expect(AddCheckpointRequest(body + [0xFF, 0x0A], cryptography) == nil)
    let long = body + Array(repeating: UInt8(ascii: "a"), count: AddCheckpointRequest.byteCountMax)
    #expect(AddCheckpointRequest(long + [0x0A], cryptography) == nil)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `what is written is read back, and any cut is refused`(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let size = Int(random.next() >> 1)
    let old = Int(random.next() >> 2)
    let body = ToyLog().request(from: old, to: size)
    let request = try #require(AddCheckpointRequest(body, cryptography), "seed \(seed)")
    #expect(request.oldSize == old && request.checkpoint.tree.size == size, "seed \(seed)")
    #expect(request.checkpoint.note == ToyLog().note(size), "seed \(seed)")
    for count in 0..<body.count {
      #expect(AddCheckpointRequest(Array(body.prefix(count)), cryptography) == nil, "seed \(seed)")
    }
  }
}
