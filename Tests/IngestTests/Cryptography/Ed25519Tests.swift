import Ingest
import TestSupport
import Testing

private func hex(_ text: String) -> [UInt8] {
  let digits = Array(text.utf8).compactMap { JSONEscape.hexDigit($0) }
  return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// A span cannot go through `#expect`.
private func holds(_ key: Ed25519PublicKey, _ signature: [UInt8], _ message: [UInt8]) -> Bool {
  key.verifies(signature, on: message.span)
}

@Suite("Ed25519")
struct Ed25519Tests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let seed, publicKey, message, signature: String
    var testDescription: String { "message \(message)" }
  }

  /// RFC 8032 section 7.1, tests 1 to 3.
  static let vectors = [
    Vector(
      seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      message: "",
      signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc"
        + "61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    Vector(
      seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      message: "72",
      signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e4"
        + "58f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    Vector(
      seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      message: "af82",
      signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290a"
        + "e67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
  ]

  @Test("gives the published keys and signatures, and verifies them", arguments: vectors)
  func publishedVectors(_ vector: Vector) throws {
    let key = try #require(Ed25519SigningKey(seed: hex(vector.seed)))
    let message = hex(vector.message)
    #expect(key.publicKey.bytes == hex(vector.publicKey))
    let signature = key.signature(on: message.span)
    #expect(signature == hex(vector.signature))
    #expect(holds(key.publicKey, hex(vector.signature), message))
  }

  @Test("no bit of a signature, message or key can be flipped unseen", arguments: vectors)
  func flippedBits(_ vector: Vector) throws {
    let (message, signature) = (hex(vector.message), hex(vector.signature))
    let key = try #require(Ed25519PublicKey(hex(vector.publicKey)))
    for bit in 0..<8 * signature.count {
      #expect(!holds(key, flipped(signature, bit), message), "signature bit \(bit)")
    }
    for bit in 0..<8 * message.count {
      #expect(!holds(key, signature, flipped(message, bit)), "message bit \(bit)")
    }
    for bit in 0..<8 * key.bytes.count {
      let other = try #require(Ed25519PublicKey(flipped(key.bytes, bit)))
      #expect(!holds(other, signature, message), "key bit \(bit)")
    }
  }

  @Test(
    "takes nothing but 32 bytes of seed or key, and 64 of signature", arguments: [0, 31, 33, 64])
  func lengths(_ count: Int) throws {
    let bytes = [UInt8](repeating: 7, count: count)
    #expect(Ed25519SigningKey(seed: bytes) == nil)
    #expect(Ed25519PublicKey(bytes) == nil)
    let key = try #require(Ed25519SigningKey(seed: [UInt8](repeating: 7, count: 32)))
    let signature = key.signature(on: bytes.span)
    for length in [0, 63] {
      #expect(!holds(key.publicKey, Array(signature.prefix(length)), bytes))
    }
    #expect(!holds(key.publicKey, signature + [0], bytes))
    #expect(holds(key.publicKey, signature, bytes))
  }

  @Test("the seed shows in no text made of the key")
  func description() throws {
    let key = try #require(Ed25519SigningKey(seed: [UInt8](repeating: 0x5A, count: 32)))
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(!text.contains("5a5a") && !text.contains("90, 90"), "\(text)")
    }
  }

  private func flipped(_ bytes: [UInt8], _ bit: Int) -> [UInt8] {
    var result = bytes
    result[bit / 8] ^= 1 << UInt8(bit % 8)
    return result
  }
}
