import Ingest
import Synchronization

/// Names in place of people's: the same person has the same one within an export, and nobody without
/// the key can tell whose it is.
///
/// HMAC-SHA-256 under a key of the export's own, its first 64 bits. Memory: a name's pseudonym is kept
/// for the first 65,536 names.
package final class Pseudonyms: Sendable {
  package static let keyByteCount = 32
  private static let keptCountMax = 65_536

  private let key: [UInt8]
  private let known = Mutex<[String: String]>([:])

  /// Precondition: a key of `keyByteCount` bytes.
  package init(key: [UInt8]) {
    precondition(key.count == Pseudonyms.keyByteCount, "a key of \(key.count) bytes")
    self.key = key
  }

  /// `person-` and 16 hexadecimal digits.
  package func person(_ name: String) -> String { pseudonym("person", name) }

  /// `address-` and 16 hexadecimal digits.
  package func address(_ text: String) -> String { pseudonym("address", text) }

  private func pseudonym(_ what: String, _ text: String) -> String {
    let label = what + "\n" + text
    return known.withLock { known in
      if let kept = known[label] { return kept }
      let secret = key
      var mac = HMACSHA256(key: secret.span)
      let bytes = Array(label.utf8)
      let made = what + "-" + mac.code(bytes.span).hex.prefix(16)
      if known.count < Pseudonyms.keptCountMax { known[label] = made }
      return made
    }
  }
}
