import Foundation
import GatewayAndScheduler

/// Keys and hashes that prove nothing, but tell right from wrong: the witness only asks.
struct ToyCryptography: WitnessCryptography {
  var canSign = true

  func base64Bytes(_ text: String) -> [UInt8]? {
    guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else {
      return nil
    }
    return [UInt8](data)
  }

  /// Four lanes of FNV-1a with different starts.
  func sha256(_ bytes: [UInt8]) -> [UInt8] {
    (0..<4 as Range<UInt64>).flatMap { lane -> [UInt8] in
      var hash = 0xCBF2_9CE4_8422_2325 &+ lane
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      return (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) }
    }
  }

  /// A key is its own name; its signature is the hash of name and text.
  func verify(note: [UInt8], trusting keys: [String]) -> NoteVerdict {
    guard let end = String(decoding: note, as: UTF8.self).range(of: "\n\n", options: .backwards)
    else { return .malformed }
    let whole = String(decoding: note, as: UTF8.self)
    let text = String(whole[..<end.lowerBound]) + "\n"
    var isSigned = false
    for line in whole[end.upperBound...].split(separator: "\n") {
      let parts = line.split(separator: " ").map(String.init)
      guard parts.count == 3, parts[0] == "—" else { return .malformed }
      guard keys.contains(parts[1]) else { continue }
      guard parts[2] == signature(parts[1], text) else { return .badSignature }
      isSigned = true
    }
    return isSigned ? .trusted : .unsigned
  }

  func isConsistent(_ proof: [[UInt8]], from old: TreeHead, to new: TreeHead) -> Bool {
    proof == [Self.proof(from: old, to: new)]
  }

  func cosignatures(on text: [UInt8], at seconds: Int64) -> String? {
    canSign
      ? "— witness \(signature("witness \(seconds)", String(decoding: text, as: UTF8.self)))\n"
      : nil
  }

  static func proof(from old: TreeHead, to new: TreeHead) -> [UInt8] {
    ToyCryptography().sha256(old.root + new.root)
  }

  func signature(_ key: String, _ text: String) -> String {
    Data(sha256(Array((key + text).utf8))).base64EncodedString()
  }
}

/// Trees of one log: the root is a function of size and branch, so that branches can fork.
struct ToyLog {
  var origin = "example.com/log"
  var branch = "main"

  func tree(_ size: Int) -> TreeHead {
    TreeHead(
      size: size,
      root: size == 0 ? ToyLog.emptyRoot : ToyCryptography().sha256(Array("\(branch) \(size)".utf8))
    )
  }

  func note(_ size: Int, key: String = "log-key", signature: String? = nil) -> [UInt8] {
    let text = "\(origin)\n\(size)\n\(Data(tree(size).root).base64EncodedString())\n"
    let line = signature ?? ToyCryptography().signature(key, text)
    return Array("\(text)\n— \(key) \(line)\n".utf8)
  }

  /// A well-formed request from `old` to `size`, with its proof where one is due.
  func request(from old: Int, to size: Int) -> [UInt8] {
    let hash = Data(ToyCryptography.proof(from: tree(old), to: tree(size))).base64EncodedString()
    return AddCheckpointRequest.body(
      oldSize: old, proof: old > 0 && old < size ? [hash] : [], note: note(size))
  }

  static let emptyRoot: [UInt8] = {
    let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    return stride(from: 0, to: 64, by: 2).compactMap { offset in
      let start = hex.index(hex.startIndex, offsetBy: offset)
      return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)
    }
  }()
}
