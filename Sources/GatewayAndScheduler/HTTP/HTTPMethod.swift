/// A request method: an open set of case-sensitive names (RFC 9110 section 9).
package struct HTTPMethod: RawRepresentable, Hashable, Sendable {
  package let rawValue: String

  /// Nil unless the name is a token of at most 32 bytes.
  package init?(rawValue: String) {
    guard rawValue.utf8.count <= 32, HTTPSyntax.isToken(rawValue) else { return nil }
    self.rawValue = rawValue
  }

  private init(known: String) { rawValue = known }

  package static let get = HTTPMethod(known: "GET")
  package static let head = HTTPMethod(known: "HEAD")
  package static let post = HTTPMethod(known: "POST")
  package static let put = HTTPMethod(known: "PUT")
  package static let patch = HTTPMethod(known: "PATCH")
  package static let delete = HTTPMethod(known: "DELETE")
  package static let options = HTTPMethod(known: "OPTIONS")
}
