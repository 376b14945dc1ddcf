package import Ingest
import Synchronization

/// A secret that may become another one while the process runs.
///
/// Files and variables are read at every use, which costs microseconds: a rotated file counts at once. A
/// program is run at the first use and again when the value turned out not to be good
/// (`refreshed`), at most once in `commandSecondsMin`.
package final class RotatingSecret: Sendable {
  /// Least time between two runs of a program, in seconds.
  package static let commandSecondsMin = 10.0

  package let reference: SecretReference
  private let source: any SecretSource
  private let warn: @Sendable (String) -> Void
  private let state = Mutex(State())

  private struct State {
    var known: Secret?
    var readAt: Timestamp?
    var warning: String?
  }

  /// - Parameter warn: gets each new warning once: a file that others may read.
  package init(
    _ reference: SecretReference, source: any SecretSource,
    warn: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.reference = reference
    self.source = source
    self.warn = warn
  }

  /// The value as it is now.
  package func secret(at now: Timestamp) async throws(SecretError) -> Secret {
    if case .command = reference, let known = state.withLock({ $0.known }) { return known }
    return try await read(at: now)
  }

  /// After somebody refused the value: reads it again.
  ///
  /// - Returns: nil when it is the one that was refused, or when a program ran too recently; then
  ///   there is nothing better to try.
  package func refreshed(
    after refused: Secret, at now: Timestamp
  ) async throws(SecretError) -> Secret? {
    let isTooSoon = state.withLock { state in
      guard case .command = reference, let readAt = state.readAt else { return false }
      return abs(now.seconds(since: readAt)) < RotatingSecret.commandSecondsMin
    }
    if isTooSoon {
      // Another caller may have read a new one in the meantime.
      return state.withLock { $0.known == refused ? nil : $0.known }
    }
    let secret = try await read(at: now)
    return secret == refused ? nil : secret
  }

  private func read(at now: Timestamp) async throws(SecretError) -> Secret {
    state.withLock { $0.readAt = now }
    let reading = try await source.read(reference)
    let news = state.withLock { state -> String? in
      state.known = reading.secret
      defer { state.warning = reading.warning }
      return reading.warning == state.warning ? nil : reading.warning
    }
    if let news { warn(news) }
    return reading.secret
  }
}
