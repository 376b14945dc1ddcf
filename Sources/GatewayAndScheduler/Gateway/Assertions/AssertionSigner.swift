package import Ingest
import Synchronization

/// Signs what `/auth/verify` found out, for the trigger API of the same process to believe.
///
/// The key is random and never leaves the process: assertions end with it.
package final class AssertionSigner: Sendable {
  /// Seconds that an assertion is good for.
  package static let lifetimeSeconds = 30.0
  private static let keyByteCount = 32

  let key: [UInt8]
  private let serial: Mutex<UInt64>

  /// Nil when there is no randomness for a key.
  package init?(surroundings: Surroundings) {
    guard let bytes = surroundings.randomBytes(AssertionSigner.keyByteCount + 8),
      bytes.count == AssertionSigner.keyByteCount + 8
    else { return nil }
    key = Array(bytes.prefix(AssertionSigner.keyByteCount))
    serial = Mutex(bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// The header's value for one request; nil when the identity is too large for a header.
  ///
  /// - Parameter target: path and query as the API will see them.
  package func assertion(
    _ identity: Identity, _ origin: RequestOrigin, method: HTTPMethod, target: String,
    at now: Timestamp
  ) -> String? {
    let number = serial.withLock { serial in
      serial &+= 1
      return serial
    }
    let assertion = Assertion(
      serial: number, expiresAt: now.advanced(bySeconds: AssertionSigner.lifetimeSeconds),
      method: method.rawValue, target: target, origin: origin, identity: identity)
    let signed = "v1." + Base64URL.text(assertion.json)
    let text = signed + "." + Base64URL.text(code(Array(signed.utf8)).bytes)
    return text.utf8.count <= Assertion.byteCountMax ? text : nil
  }

  /// What stands behind the second dot.
  func code(_ signed: [UInt8]) -> Digest {
    let key = self.key
    var code = HMACSHA256(key: key.span)
    return code.code(signed.span)
  }
}

extension AssertionSigner: CustomStringConvertible, CustomReflectable {
  package var description: String { "assertion signer" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
