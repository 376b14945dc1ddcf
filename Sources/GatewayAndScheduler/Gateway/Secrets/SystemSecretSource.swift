internal import Dispatch
import Ingest

/// Files, environment variables and programs of this machine.
///
/// One newline at the end is not part of a value: editors and `echo` put one there. A value is 1 byte to
/// 64 KiB.
package struct SystemSecretSource: SecretSource {
  /// Longest value, in bytes.
  package static let byteCountMax = 65_536

  private let variable: @Sendable (String) -> String?
  private let environment: [String]
  private let clock: ContinuousClock
  private let timeMax: Duration

  /// - Parameters:
  ///   - variable: the process's own environment.
  ///   - environment: `NAME=value` for the programs, which get nothing else: PATH and HOME are enough
  ///     for most.
  ///   - timeMax: how long a program may run; it is killed then, with all that it started.
  package init(
    variable: @escaping @Sendable (String) -> String?, environment: [String],
    clock: ContinuousClock, timeMax: Duration = .seconds(10)
  ) {
    self.variable = variable
    self.environment = environment
    self.clock = clock
    self.timeMax = timeMax
  }

  package func read(_ reference: SecretReference) async throws(SecretError) -> SecretReading {
    var reading: SecretReading
    switch reference {
    case .file(let path): reading = try file(path, reference)
    case .environment(let name):
      guard let value = variable(name) else { throw SecretError(reference, "found no variable") }
      reading = SecretReading(Secret(Array(value.utf8)))
    case .command(let words): reading = SecretReading(Secret(try await output(words, reference)))
    }
    let value = SystemSecretSource.withoutNewline(reading.secret.reveal())
    guard !value.isEmpty else { throw SecretError(reference, "found nothing: expected a value") }
    reading.secret = Secret(value)
    return reading
  }

  private static func withoutNewline(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.last == 0x0A else { return bytes }
    let line = bytes.dropLast()
    return Array(line.last == 0x0D ? line.dropLast() : line)
  }

  /// Links are followed: secrets are mounted as links by some.
  private func file(
    _ path: String, _ reference: SecretReference
  ) throws(SecretError) -> SecretReading {
    do throws(InputError) {
      let bytes = try InputDescriptor.contents(
        ofPath: path, byteCountMax: SystemSecretSource.byteCountMax)
      var reading = SecretReading(Secret(bytes))
      if let mode = SecretFileMode.permissions(path), mode & 0o077 != 0 {
        reading.warning =
          "\(reference): found mode \(String(mode, radix: 8)): expected 600, "
          + "for others on this machine may read it"
      }
      return reading
    } catch {
      throw SecretError(reference, "\(error)")
    }
  }

  /// Waits on a thread of its own.
  private func output(
    _ words: [String], _ reference: SecretReference
  ) async throws(SecretError) -> [UInt8] {
    let process = SecretProcess(
      words: words, environment: environment, clock: clock, timeMax: timeMax)
    let result = await withCheckedContinuation { continuation in
      OwnThread.start("secret-process") { continuation.resume(returning: process.run()) }
    }
    switch result {
    case .success(let bytes): return bytes
    case .failure(let failure): throw SecretError(reference, failure.description)
    }
  }
}
