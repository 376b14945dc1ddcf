import Foundation

/// A directory of the real file system, removed with its contents when the value goes.
package final class TemporaryDirectory: Sendable {
  /// Absolute, without a slash at the end.
  package let path: String

  /// Under the system's directory for temporary files.
  package init() throws {
    let url = FileManager.default.temporaryDirectory.appending(
      path: "vigil-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path =
      url.path(percentEncoded: false).hasSuffix("/")
      ? String(url.path(percentEncoded: false).dropLast()) : url.path(percentEncoded: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
