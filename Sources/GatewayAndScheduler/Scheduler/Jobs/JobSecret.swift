import Ingest

/// A variable of a job whose value is a secret: the file of jobs says where it is, and nothing else does
/// what it is. It is read when an attempt starts, and stands in no record.
package struct JobSecret: Sendable, Equatable {
  /// As `JobVariable.name`; in the environment of the same job it stands once.
  package let name: String
  package let reference: SecretReference

  /// Secrets of one job. 32.
  package static let countMax = 32

  /// What is wrong with a literal in `environment`, without the literal.
  static func literalHint(_ name: String) -> String {
    "\(name): found a literal, which is not shown, under the name of a secret: expected it in "
      + "\"secrets\", as { \(name): \"file:/run/secrets/name\" }, or the name among the "
      + "configuration's redaction.kept_names where it is none"
  }
}

extension JobDefinition {
  /// Reads `secrets: { NAME: "file:/run/secrets/name" }`.
  mutating func readSecrets(_ reader: inout ConfigurationReader) throws(ConfigurationError) {
    let taken = Set(environment.map(\.name))
    let read = try reader.object("secrets") { (inner) throws(ConfigurationError) in
      var secrets: [JobSecret] = []
      for name in inner.keys {
        guard JobVariable.isValidName(name) else {
          throw inner.error(
            name, "found \(SchedulerWords.quoted(name)): expected \(JobVariable.expectedName)")
        }
        guard !taken.contains(name) else {
          throw inner.error(name, "found in \"environment\" too: expected it once")
        }
        secrets.append(JobSecret(name: name, reference: try inner.requiredSecret(name)))
      }
      return secrets
    }
    secrets = read ?? []
    guard secrets.count <= JobSecret.countMax else {
      throw reader.error(
        "secrets", "found \(secrets.count): expected at most \(JobSecret.countMax)")
    }
  }
}

extension JobVariable {
  /// Whether the file itself states a value under the name of a secret. A parameter's value is the
  /// caller's, and `DB_PASSWORD_FILE=/run/secrets/db` is a path.
  func holdsSecret(_ names: SecretNames) -> Bool {
    guard names.matches(name), let first = value.pieces.first(where: \.isText) else { return false }
    let namesPath = ["_file", "_path", "_dir"].contains { name.lowercased().hasSuffix($0) }
    if namesPath, case .text(let text) = first, text.hasPrefix("/") { return false }
    return true
  }
}

extension JobTemplate.Piece {
  fileprivate var isText: Bool { if case .text = self { true } else { false } }
}
