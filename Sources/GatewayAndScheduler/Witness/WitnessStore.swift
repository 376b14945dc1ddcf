/// Where a witness keeps, for each origin, the one record it has: the latest note it cosigned.
///
/// Synchronous, since check and store are one step that must not be interrupted. Two
/// implementations: `WitnessDirectory`, and the tests' failing one.
package protocol WitnessStore: Sendable {
  /// The record under `name`; nil when there never was one.
  func load(_ name: String) throws(WitnessStoreError) -> [UInt8]?

  /// Replaces the record under `name` as a whole. When this returns, it is on stable storage.
  func replace(_ name: String, with bytes: [UInt8]) throws(WitnessStoreError)
}

/// Why a record could not be read or written.
package enum WitnessStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The old record is certainly still the one in place.
  case unchanged(call: String, path: String, errno: Int32)
  /// The old record or the new one may come back after a crash.
  case uncertain(call: String, path: String, errno: Int32)
  /// The record is not what was written: damaged, or of another origin.
  case damaged(path: String)

  package var description: String {
    switch self {
    case .unchanged(let call, let path, let errno):
      "witness record \(path): \(call): errno \(errno): record unchanged"
    case .uncertain(let call, let path, let errno):
      "witness record \(path): \(call): errno \(errno): record uncertain"
    case .damaged(let path): "witness record \(path): damaged: expected a note and its sha-256"
    }
  }
}

/// The bytes of a record: `sha256 <64 hex digits>`, a newline, and the cosigned note.
///
/// The note alone could lose a digit of its size to a bad block and still be read, as a size that was
/// never cosigned; with the hash it is `damaged`, and the witness refuses to go on from it.
enum WitnessRecord {
  private static let prefix = Array("sha256 ".utf8)
  private static let headerByteCount = 7 + 64 + 1

  static func encode(_ note: [UInt8], _ cryptography: some WitnessCryptography) -> [UInt8] {
    prefix + Array(hex(cryptography.sha256(note)).utf8) + [0x0A] + note
  }

  /// The note; nil when the bytes are not a whole record.
  static func decode(_ bytes: [UInt8], _ cryptography: some WitnessCryptography) -> [UInt8]? {
    let note = Array(bytes.dropFirst(headerByteCount))
    return encode(note, cryptography) == bytes ? note : nil
  }

  static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}
