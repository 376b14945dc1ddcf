import Ingest
import TestSupport
import Testing

@Suite struct AuthenticatedCipherTests {
  @Test(arguments: 0..<8)
  func `what was sealed opens under the same key and purpose, and not with any bit changed`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    let cipher = try #require(AuthenticatedCipher(key: random.bytes(count: 32)))
    let other = try #require(AuthenticatedCipher(key: random.bytes(count: 32)))
    let message = random.bytes(count: Int(seed) * 33)
    let nonce = random.bytes(count: AuthenticatedCipher.nonceByteCount)
    let sealed = try #require(cipher.seal(message, nonce: nonce, purpose: "a"))
    #expect(cipher.open(sealed, purpose: "a") == message)
    #expect(cipher.open(sealed, purpose: "b") == nil)
    #expect(other.open(sealed, purpose: "a") == nil)
    for place in sealed.indices {
      var changed = sealed
      changed[place] ^= 0x10
      #expect(cipher.open(changed, purpose: "a") == nil, "byte \(place)")
    }
    #expect(cipher.open(Array(sealed.dropLast()), purpose: "a") == nil)
    #expect(cipher.open([], purpose: "a") == nil)
  }

  @Test func `the standard's own vector comes out`() throws {
    // NIST GCM test vectors, gcmEncryptExtIV256, Keylen 256, PTlen 128, AADlen 0, Count 0.
    let key = try #require(
      Digest(hex: "31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22"))
    let nonce: [UInt8] = [
      0x0d, 0x18, 0xe0, 0x6c, 0x7c, 0x72, 0x5a, 0xc9, 0xe3, 0x62, 0xe1, 0xce,
    ]
    let text: [UInt8] = [
      0x2d, 0xb5, 0x16, 0x8e, 0x93, 0x25, 0x56, 0xf8, 0x08, 0x9a, 0x06, 0x22, 0x98, 0x1d, 0x01,
      0x7d,
    ]
    let cipher = try #require(AuthenticatedCipher(key: key.bytes))
    let sealed = try #require(cipher.seal(text, nonce: nonce, purpose: ""))
    #expect(
      Hexadecimal.text(Array(sealed.dropFirst(12)))
        == "fa4362189661d163fcd6a56d8bf0405a" + "d636ac1bbedd5cc3ee727dc2ab4a9489")
  }

  @Test func `keys and nonces of other lengths are refused`() throws {
    #expect(AuthenticatedCipher(key: [UInt8](repeating: 1, count: 31)) == nil)
    let cipher = try #require(AuthenticatedCipher(key: [UInt8](repeating: 1, count: 32)))
    #expect(cipher.seal([1], nonce: [1, 2, 3], purpose: "a") == nil)
  }

  @Test(
    arguments: [
      ([], ""), ([0xFB], "-w"), ([0xFF, 0xEF], "_-8"), ([0, 0, 0], "AAAA"),
    ] as [([UInt8], String)])
  func `base64url has one text for each byte string`(bytes: [UInt8], text: String) {
    #expect(Base64URL.text(bytes) == text)
    #expect(Base64URL.bytes(text.utf8) == bytes)
  }

  @Test(arguments: ["A", "AAAAA", "AB", "AAB", "A=", "AA==", "A A", "+A", "/A", "AA\n", "ÄA"])
  func `any other text is no base64url`(text: String) {
    #expect(Base64URL.bytes(text.utf8) == nil)
  }
}
