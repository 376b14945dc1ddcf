package import Ingest

/// Where a secret is, instead of the secret: what a configuration file may hold.
///
/// `file:/run/secrets/oidc`, `env:OIDC_SECRET`, or `exec:/usr/bin/pass show oidc`. A program is run
/// without a shell: the text is split at blanks, there are no quotes and no escapes, and an argument with
/// a blank cannot be written (a script of one's own can hold it). The reference itself is no secret and
/// may be shown.
package enum SecretReference: Hashable, Sendable {
  /// Absolute path.
  case file(path: String)
  case environment(name: String)
  /// Absolute path and arguments.
  case command([String])

  /// Longest reference, in bytes, and most words of a command.
  package static let byteCountMax = 4096
  package static let wordCountMax = 64

  /// Reads a reference; throws for anything else, without showing it: it may be a secret.
  package init(_ text: String) throws(SecretReferenceError) {
    guard text.utf8.count <= SecretReference.byteCountMax,
      text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { throw .notAReference }
    if let path = SecretReference.rest(text, "file:") {
      guard SecretReference.isPath(path) else { throw .relativePath }
      self = .file(path: path)
    } else if let name = SecretReference.rest(text, "env:") {
      guard SecretReference.isVariable(name) else { throw .notAVariable }
      self = .environment(name: name)
    } else if let words = SecretReference.rest(text, "exec:") {
      let split = words.split(separator: " ").map(String.init)
      guard let program = split.first, SecretReference.isPath(program) else { throw .relativePath }
      guard split.count <= SecretReference.wordCountMax else { throw .tooManyWords(split.count) }
      self = .command(split)
    } else {
      throw .notAReference
    }
  }

  private static func rest(_ text: String, _ scheme: String) -> String? {
    text.hasPrefix(scheme) ? String(text.dropFirst(scheme.count)) : nil
  }

  private static func isPath(_ path: String) -> Bool {
    path.utf8.first == UInt8(ascii: "/") && path.utf8.last != UInt8(ascii: "/")
  }

  /// A name of POSIX (IEEE Std 1003.1 section 3.235).
  private static func isVariable(_ name: String) -> Bool {
    let isFirst: (UInt8) -> Bool = { ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 == 0x5F }
    guard let first = name.utf8.first, isFirst(first) else { return false }
    return name.utf8.allSatisfy { isFirst($0) || $0 &- UInt8(ascii: "0") < 10 }
  }
}

extension SecretReference: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let path): "file:" + path
    case .environment(let name): "env:" + name
    case .command(let words): "exec:" + words.joined(separator: " ")
    }
  }
}

/// Why a text is no reference. It never holds the text.
package enum SecretReferenceError: Error, Hashable, Sendable, CustomStringConvertible {
  case notAReference
  case relativePath
  case notAVariable
  case tooManyWords(Int)

  package var description: String {
    switch self {
    case .notAReference:
      "found a literal, which is not shown: expected a reference to the secret, as "
        + "\"file:/run/secrets/name\", \"env:NAME\" or \"exec:/path/to/program argument\""
    case .relativePath: "found a path that is not absolute: expected one as /run/secrets/name"
    case .notAVariable:
      "found no name of a variable: expected letters, digits and _, as OIDC_SECRET"
    case .tooManyWords(let count):
      "found \(count) words: expected at most \(SecretReference.wordCountMax)"
    }
  }
}

extension ConfigurationReader {
  /// A setting that is a reference to a secret; nil when left out. What stands there instead of a
  /// reference is never shown.
  package mutating func secret(_ key: String) throws(ConfigurationError) -> SecretReference? {
    guard let text = try optional(key, .secretText) else { return nil }
    do throws(SecretReferenceError) {
      return try SecretReference(text)
    } catch {
      throw self.error(key, "\(error)")
    }
  }

  /// The same for a setting that must be there.
  package mutating func requiredSecret(
    _ key: String
  ) throws(ConfigurationError) -> SecretReference {
    if let reference = try secret(key) { return reference }
    // Throws: the key is not there.
    return try SecretReference.absent(required(key, .secretText), key, self)
  }
}

extension SecretReference {
  fileprivate static func absent(
    _ text: String, _ key: String, _ reader: ConfigurationReader
  ) throws(ConfigurationError) -> SecretReference {
    do throws(SecretReferenceError) { return try SecretReference(text) } catch {
      throw reader.error(key, "\(error)")
    }
  }
}

extension ConfigurationKind where Value == String {
  /// Takes every value, since the reader's own message would show one that it does not take.
  fileprivate static var secretText: ConfigurationKind {
    ConfigurationKind(expected: "a reference to a secret, as \"file:/run/secrets/name\"") {
      if case .string(let text) = $0.content { text } else { "" }
    }
  }
}
