internal import Ingest

/// The tokens by which a run's own processes prove which run they are.
///
/// A run's token is base64url(HMAC-SHA-256(key, "vigil-run-token\n" + run id)) without padding: 43
/// characters that can be checked after a restart without a table. Never printed.
package struct RunTokens: Sendable {
  /// Bytes of the key.
  package static let keyByteCount = 32
  private static let context = "vigil-run-token\n"

  private let key: [UInt8]

  /// Nil unless the key has 32 bytes.
  package init?(key: [UInt8]) {
    guard key.count == RunTokens.keyByteCount else { return nil }
    self.key = key
  }

  /// The token of a run.
  package func token(for runID: String) -> String {
    Base64.text(code(runID)).replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  /// Whether the token is this run's. Takes the same time wherever the two differ.
  package func accepts(_ token: String, for runID: String) -> Bool {
    let expected = Array(self.token(for: runID).utf8)
    let shown = Array(token.utf8)
    guard shown.count == expected.count else { return false }
    var difference: UInt8 = 0
    for index in expected.indices { difference |= expected[index] ^ shown[index] }
    return difference == 0
  }

  private func code(_ runID: String) -> [UInt8] {
    let message = Array((RunTokens.context + runID).utf8)
    var hmac = HMACSHA256(key: key.span)
    return hmac.code(message.span).bytes
  }
}

extension RunTokens: CustomStringConvertible, CustomReflectable {
  package var description: String { "run tokens" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
