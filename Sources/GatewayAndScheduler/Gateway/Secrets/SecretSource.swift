/// Something that knows the value behind a reference, now: the system, or a secrets manager.
package protocol SecretSource: Sendable {
  /// Reads the value as it is now; a second read may give another.
  func read(_ reference: SecretReference) async throws(SecretError) -> SecretReading
}

/// A value, and what is worth telling the operator about where it was.
package struct SecretReading: Sendable, Equatable {
  package var secret: Secret
  /// In words, without the value; nil mostly.
  package var warning: String?

  package init(_ secret: Secret, warning: String? = nil) {
    self.secret = secret
    self.warning = warning
  }
}

/// Why there is no value. It never holds one.
package struct SecretError: Error, Hashable, Sendable, CustomStringConvertible {
  package let reference: SecretReference
  /// What was found and what was expected.
  package let problem: String

  package init(_ reference: SecretReference, _ problem: String) {
    self.reference = reference
    self.problem = problem
  }

  package var description: String {
    "secret \(PolicyText.shown(reference.description)): \(problem)"
  }
}
