import Ingest
import TestSupport
import Testing

private func hex(_ text: String) -> [UInt8] {
  let digits = Array(text.utf8).compactMap { JSONEscape.hexDigit($0) }
  return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

@Suite("SHA-256")
struct SHA256Tests {
  /// FIPS 180-4 examples, and the empty message.
  static let vectors: [(String, String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]

  @Test("gives the published digests, whole and byte by byte", arguments: vectors)
  func publishedVectors(_ message: String, _ digest: String) {
    let bytes = Array(message.utf8)
    #expect(SHA256.digest(bytes.span).hex == digest)
    var pieces = SHA256()
    for byte in bytes { pieces.update([byte].span) }
    #expect(pieces.current().hex == digest)
    #expect(pieces.finish().hex == digest)
    #expect(pieces.finish().hex == SHA256Tests.vectors[0].1, "finish starts over")
  }

  @Test("a running digest does not disturb what follows")
  func runningDigest() {
    var hash = SHA256()
    hash.update([0x61].span)
    _ = hash.current()
    hash.update([0x62, 0x63].span)
    #expect(hash.finish().hex == SHA256Tests.vectors[1].1)
  }
}

@Suite("HMAC-SHA-256")
struct HMACSHA256Tests {
  /// RFC 4231, test cases 1, 2, 3, 6.
  static let vectors: [(key: [UInt8], message: [UInt8], code: String)] = [
    (
      [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ]

  @Test("gives the published codes, again and again under one key", arguments: 0..<vectors.count)
  func publishedVectors(_ index: Int) {
    let vector = HMACSHA256Tests.vectors[index]
    var code = HMACSHA256(key: vector.key.span)
    for _ in 0..<3 { #expect(code.code(vector.message.span).hex == vector.code) }
    for byte in vector.message { code.update([byte].span) }
    #expect(code.finish().hex == vector.code)
  }
}

@Suite("Digest, hexadecimal and base64")
struct DigestTests {
  @Test("bytes, hexadecimal and words are the same digest", arguments: [UInt64(1), 2, 3])
  func roundTrips(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let bytes = random.bytes(count: 32)
    let made = Digest(bytes.span)
    let digest = try #require(made)
    #expect(digest.bytes == bytes)
    #expect((0..<32).map { digest[$0] } == bytes)
    #expect(Digest(hex: digest.hex) == digest)
    #expect(Digest(hex: digest.hex.uppercased()) == digest)
    #expect(Digest(hex: String(digest.hex.dropLast())) == nil)
    let short = Digest(Array(bytes.dropLast()).span)
    #expect(short == nil)
  }

  @Test(
    "RFC 4648 section 10",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
  func base64Vectors(_ plain: String, _ text: String) {
    #expect(Base64.text(Array(plain.utf8)) == text)
    #expect(Base64.bytes(text) == Array(plain.utf8))
  }

  @Test(
    "refuses every other spelling",
    arguments: ["Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm-v", "=Zm9", "Zg==Zg=="])
  func base64Strictness(_ text: String) {
    #expect(Base64.bytes(text) == nil)
  }

  @Test("secrets have the length asked for and differ")
  func secureRandom() throws {
    let first = try #require(SecureRandom.bytes(count: 32))
    let second = try #require(SecureRandom.bytes(count: 32))
    #expect(first.count == 32)
    #expect(first != second)
    #expect(hex("00ff") == [0, 255])
  }
}
