/// What a log states about itself: the body of a C2SP tlog-checkpoint.
///
/// Three lines, each ending in a newline: the origin; the tree size in decimal without leading
/// zeros; the root hash in base64 (44 characters). A signed note adds an empty line and signatures.
package struct Checkpoint: Hashable, Sendable {
  /// Bytes of the longest origin taken.
  package static let originByteCountMax = 255
  /// Bytes of the longest body: the origin, 19 digits, 44 characters, three newlines.
  package static let bodyByteCountMax = originByteCountMax + 19 + 44 + 3

  /// Names the log; see `isValidOrigin`.
  package let origin: String
  /// Number of entries covered.
  package let size: Int
  package let root: Digest

  /// Precondition: a valid origin and a size of 0 or more.
  package init(origin: String, size: Int, root: Digest) {
    precondition(Checkpoint.isValidOrigin(origin) && size >= 0, "checkpoint \(origin) \(size)")
    self.origin = origin
    self.size = size
    self.root = root
  }

  /// Not empty, no white space or control characters, no `+` (it parts the fields of a vkey).
  package static func isValidOrigin(_ origin: String) -> Bool {
    guard !origin.isEmpty, origin.utf8.count <= originByteCountMax else { return false }
    return origin.unicodeScalars.allSatisfy { scalar in
      !scalar.properties.isWhitespace && scalar != "+" && scalar.value >= 0x20
        && !(0x7F...0x9F).contains(scalar.value)
    }
  }

  /// The body's text.
  package var body: String { "\(origin)\n\(size)\n\(Base64.text(root.bytes))\n" }

  /// Reads exactly one body; any other text is nil: `body` of the result is the text again.
  package init?(body: [UInt8]) {
    guard body.count <= Checkpoint.bodyByteCountMax, body.last == 0x0A,
      let text = String(validating: body, as: UTF8.self)
    else { return nil }
    let lines = text.unicodeScalars.dropLast().split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
    guard lines.count == 3, Checkpoint.isValidOrigin(lines[0]),
      let size = Int(lines[1]), size >= 0, String(size) == lines[1],
      let rootBytes = Base64.bytes(lines[2]), let root = Digest(rootBytes.span)
    else { return nil }
    origin = lines[0]
    self.size = size
    self.root = root
  }
}
