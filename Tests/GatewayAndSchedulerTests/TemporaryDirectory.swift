import Foundation

/// A directory of its own, removed with all it holds when the last reference goes.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    // Short, because a Unix socket's path may only take 107 bytes.
    path = "/tmp/v\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
