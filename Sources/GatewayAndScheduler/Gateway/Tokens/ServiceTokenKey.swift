import Ingest

/// The key under which tokens' secrets are hashed and the lines of the token file are sealed.
///
/// 32 bytes in `STATE/token-key`, mode 0600: who reads the token file alone learns nothing to log in
/// with, and who writes to it alone makes no token. Never printed.
package struct ServiceTokenKey: Sendable {
  package static let fileName = "token-key"
  package static let byteCount = 32

  private let bytes: [UInt8]

  /// Nil unless it has 32 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == ServiceTokenKey.byteCount else { return nil }
    self.bytes = bytes
  }

  /// HMAC-SHA-256 of `vigil-token`, a newline, the id, a newline, the secret's bytes.
  func hash(of token: ServiceTokenText) -> Digest {
    code(Array("vigil-token\n\(token.id)\n".utf8) + token.secret)
  }

  /// HMAC-SHA-256 of `vigil-token-line`, a newline, the line's bytes before its seal.
  func seal(of line: [UInt8]) -> Digest { code(Array("vigil-token-line\n".utf8) + line) }

  private func code(_ message: [UInt8]) -> Digest {
    var code = HMACSHA256(key: bytes.span)
    return code.code(message.span)
  }

  /// In a time that does not depend on where they differ.
  static func areEqual(_ left: Digest, _ right: Digest) -> Bool {
    let different = left.words ^ right.words
    return different[0] | different[1] | different[2] | different[3] == 0
  }
}

extension ServiceTokenKey: CustomStringConvertible, CustomReflectable {
  package var description: String { "token key" }

  package var customMirror: Mirror { Mirror(self, children: []) }
}
