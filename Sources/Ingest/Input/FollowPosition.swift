/// How far a followed log has been read, in words that survive a restart of either side.
///
/// Always stands at the first byte of a line. The file is known by device and inode and, when that is
/// gone (compressed, copied, restored), by the fingerprint of its start.
package struct FollowPosition: Hashable, Sendable {
  /// The followed path: the live file's, whatever file the position is in.
  package let path: String
  package let identity: FileIdentity
  /// Plain bytes from the file's start, decompressed where it is compressed.
  package let offset: Int
  /// Of the file's first plain bytes, as far as they had been read.
  package let fingerprint: Fingerprint

  package init(path: String, identity: FileIdentity, offset: Int, fingerprint: Fingerprint) {
    self.path = path
    self.identity = identity
    self.offset = offset
    self.fingerprint = fingerprint
  }
}

/// Why a text is no saved position.
package struct FollowPositionError: Error, Hashable, Sendable {
  /// What was found missing or wrong.
  package let problem: String
}

extension FollowPosition {
  /// One JSON object on one line, newline included. Numbers that may exceed 2^53 are hex strings.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("v", 1)
    writer.field("path", path)
    writer.field("device", String(identity.device, radix: 16))
    writer.field("inode", String(identity.inode, radix: 16))
    writer.field("offset", offset)
    writer.field("fingerprint_bytes", fingerprint.byteCount)
    writer.field("fingerprint", String(fingerprint.hash, radix: 16))
    writer.endObject()
    return writer.bytes + [0x0A]
  }

  /// Reads what `json` wrote.
  package init(json: Span<UInt8>) throws(FollowPositionError) {
    var document = JSONDocument()
    do {
      try document.parse(json)
    } catch {
      throw FollowPositionError(
        problem: "no JSON: \(error.reason.rawValue) at byte \(error.byteOffset)")
    }
    let fields = Fields(document: document)
    guard try fields.integer("v") == 1 else {
      throw FollowPositionError(problem: "found another version than 1")
    }
    let byteCount = try fields.integer("fingerprint_bytes")
    guard byteCount <= Fingerprint.byteCountMax else {
      throw FollowPositionError(problem: "found fingerprint_bytes \(byteCount)")
    }
    self.init(
      path: try fields.string("path"),
      identity: FileIdentity(device: try fields.hex("device"), inode: try fields.hex("inode")),
      offset: try fields.integer("offset"),
      fingerprint: Fingerprint(byteCount: byteCount, hash: try fields.hex("fingerprint")))
  }

  private struct Fields {
    let document: JSONDocument

    func string(_ key: StaticString) throws(FollowPositionError) -> String {
      guard let value = document.member(document.root, key).flatMap({ document.string($0) }) else {
        throw FollowPositionError(problem: "found no string \(key)")
      }
      return value
    }

    /// Not negative.
    func integer(_ key: StaticString) throws(FollowPositionError) -> Int {
      guard let value = document.member(document.root, key).flatMap({ document.integer($0) }),
        value >= 0
      else { throw FollowPositionError(problem: "found no count \(key)") }
      return Int(value)
    }

    func hex(_ key: StaticString) throws(FollowPositionError) -> UInt64 {
      guard let value = UInt64(try string(key), radix: 16) else {
        throw FollowPositionError(problem: "found no hexadecimal number \(key)")
      }
      return value
    }
  }
}
