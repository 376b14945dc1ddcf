import Ingest
import TestSupport
import Testing

private let root = SHA256.digest([UInt8]().span)

@Suite("Checkpoint")
struct CheckpointTests {
  @Test("its body is three lines and reads back to itself", arguments: [0, 1, 1000, Int.max])
  func roundTrip(_ size: Int) throws {
    let checkpoint = Checkpoint(origin: "vigil/edge-1", size: size, root: root)
    let body = checkpoint.body
    #expect(body == "vigil/edge-1\n\(size)\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
    #expect(try #require(Checkpoint(body: Array(body.utf8))) == checkpoint)
  }

  @Test(
    "refuses every other spelling",
    arguments: [
      "", "\n", "vigil\n1\n", "vigil\n1\n\(Base64.text(root.bytes))",
      "vigil\n01\n\(Base64.text(root.bytes))\n", "vigil\n+1\n\(Base64.text(root.bytes))\n",
      "vigil\n-1\n\(Base64.text(root.bytes))\n", "vigil\n1\n\(Base64.text(root.bytes))\n\n",
      "vi gil\n1\n\(Base64.text(root.bytes))\n", "vi+gil\n1\n\(Base64.text(root.bytes))\n",
      "\n1\n\(Base64.text(root.bytes))\n",
      "vigil\n99999999999999999999\n\(Base64.text(root.bytes))\n",
      "vigil\n1\n\(Base64.text(root.bytes).dropLast())\n", "vigil\n1\nAAAA\n",
      "vigil\r\n1\n\(Base64.text(root.bytes))\n",
    ])
  func strictness(_ text: String) {
    #expect(Checkpoint(body: Array(text.utf8)) == nil)
  }

  @Test("no bit of a body can be flipped unseen")
  func flippedBits() {
    let checkpoint = Checkpoint(origin: "vigil/edge-1", size: 4711, root: root)
    let body = Array(checkpoint.body.utf8)
    for byte in body.indices {
      for bit in 0..<8 {
        var altered = body
        altered[byte] ^= 1 << UInt8(bit)
        #expect(Checkpoint(body: altered) != checkpoint)
      }
    }
  }
}
