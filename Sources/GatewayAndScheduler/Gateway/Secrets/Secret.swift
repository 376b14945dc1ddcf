/// A value that must not be seen: printing, interpolating or reflecting it shows a word in its place.
package struct Secret: Sendable, Equatable {
  private let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The value, for the one call that needs it.
  package func reveal() -> [UInt8] { bytes }

  /// The value as text; nil when it is no UTF-8.
  package func revealText() -> String? { String(validating: bytes, as: UTF8.self) }

  /// In a time that depends on the lengths alone.
  package static func == (left: Secret, right: Secret) -> Bool {
    guard left.bytes.count == right.bytes.count else { return false }
    return zip(left.bytes, right.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "secret" }
  package var debugDescription: String { "secret" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
