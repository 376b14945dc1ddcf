internal import Ingest
internal import Synchronization

/// Reads the secrets of a job for one attempt, each as it is then.
final class AttemptSecrets: Sendable {
  /// Nil where nobody said where secrets come from.
  private let source: (any SecretSource)?
  private let warn: @Sendable (String) -> Void
  /// The last warning about each reference: as many as the file of jobs has.
  private let warnings = Mutex<[SecretReference: String]>([:])

  /// - Parameter warn: gets each new warning once: a file that others may read.
  init(_ source: (any SecretSource)?, warn: @escaping @Sendable (String) -> Void) {
    self.source = source
    self.warn = warn
  }

  /// `NAME=value` for each, in their order; throws why there is none, without a value.
  func environment(_ secrets: [JobSecret]) async throws(AttemptSecretError) -> [String] {
    var environment: [String] = []
    for secret in secrets {
      environment.append("\(secret.name)=\(try await value(secret))")
    }
    return environment
  }

  private func value(_ secret: JobSecret) async throws(AttemptSecretError) -> String {
    guard let source else {
      throw AttemptSecretError("\(secret.name): nothing here reads secrets")
    }
    let reading: SecretReading
    do throws(SecretError) { reading = try await source.read(secret.reference) } catch {
      throw AttemptSecretError("\(secret.name): \(error)")
    }
    tell(reading.warning, secret.reference)
    guard let text = reading.secret.revealText(), !text.utf8.contains(0) else {
      throw AttemptSecretError(
        "\(secret.name): \(secret.reference): found bytes that are no text: expected UTF-8 without NUL"
      )
    }
    return text
  }

  private func tell(_ warning: String?, _ reference: SecretReference) {
    let news = warnings.withLock { warnings -> String? in
      defer { warnings[reference] = warning }
      return warnings[reference] == warning ? nil : warning
    }
    if let news { warn(news) }
  }
}

/// Why an attempt cannot have its secrets; the sentence holds none.
struct AttemptSecretError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
