/// Saved positions of followed logs: one small file each, in a directory that exists.
package struct FollowPositionStore: Sendable {
  /// Longest file that is read.
  package static let fileByteCountMax = 64 << 10

  private let directory: String

  /// - Parameter directory: without a slash at its end; whoever owns it has made it.
  package init(directory: String) { self.directory = directory }

  /// The position saved for a followed path; nil when there is none.
  ///
  /// Throws `FollowPositionError` for a file that is no position: better to stop and say so than to
  /// read everything again, or nothing.
  package func load(path: String) throws -> FollowPosition? {
    let file = filePath(path)
    guard try InputDescriptor.status(ofPath: file) != nil else { return nil }
    let bytes = try InputDescriptor.contents(
      ofPath: file, byteCountMax: FollowPositionStore.fileByteCountMax)
    let position: FollowPosition
    do {
      position = try FollowPosition(json: bytes.span)
    } catch {
      throw FollowPositionError(problem: "read \(file): \(error.problem)")
    }
    guard position.path == path else {
      throw FollowPositionError(
        problem: "read \(file): found the position of \(position.path): expected that of \(path)")
    }
    return position
  }

  /// Replaces what was saved; durable when this returns. To be called after the lines before the
  /// position are.
  package func save(_ position: FollowPosition) throws(InputError) {
    try InputDescriptor.replaceFile(
      atPath: filePath(position.path), inDirectory: directory, with: position.json)
  }

  /// The name says which log for a person, and its hash keeps apart those of one name.
  private func filePath(_ path: String) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let name = SplitPath(path).name.utf8.prefix(100).map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
        return byte
      default: return UInt8(ascii: "_")
      }
    }
    let readable = String(decoding: name, as: UTF8.self)
    return directory + "/follow-" + readable + "-" + String(hash, radix: 16) + ".json"
  }
}
