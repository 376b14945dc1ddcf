/// `journal.json`: what a journal says about itself, written once when it is made; an unsigned
/// journal's is written again when it is adopted.
///
///     {"format":1,"origin":"vigil/edge-1","vkey":"vigil/edge-1+…","created_at":"2026-…Z",
///      "segment_bytes":67108864}
package struct JournalIdentity: Sendable, Equatable {
  package static let format = 1
  static let byteCountMax = 4096

  package let origin: String
  /// The key that signs its checkpoints, named like the origin; nil for an unsigned journal of the
  /// version before signing.
  package let vkey: VerifierKey?
  package let createdAt: Timestamp
  /// The segment size at creation; a later writer may use another.
  package let segmentByteCount: Int

  var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("format", JournalIdentity.format)
    writer.field("origin", origin)
    writer.field("vkey", vkey?.vkey)
    writer.field("created_at", createdAt)
    writer.field("segment_bytes", segmentByteCount)
    writer.endObject()
    return writer.bytes + [0x0A]
  }

  init(origin: String, vkey: VerifierKey?, createdAt: Timestamp, segmentByteCount: Int) {
    self.origin = origin
    self.vkey = vkey
    self.createdAt = createdAt
    self.segmentByteCount = segmentByteCount
  }

  init(_ bytes: [UInt8]) throws(JournalError) {
    var document = JSONDocument()
    do {
      try document.parse(bytes.span)
    } catch {
      throw .unusableSettings(
        found: "\(error.reason.rawValue) at byte \(error.byteOffset)", expected: "a JSON object")
    }
    let root = document.root
    let format = document.member(root, "format").flatMap { document.integer($0) }
    guard format == Int64(JournalIdentity.format) else {
      throw .unusableSettings(
        found: "format \(format.map(String.init) ?? "absent")",
        expected: "format \(JournalIdentity.format)")
    }
    guard let origin = document.member(root, "origin").flatMap({ document.string($0) }),
      Checkpoint.isValidOrigin(origin)
    else { throw .unusableSettings(found: "no valid origin", expected: "an origin") }
    guard let created = document.member(root, "created_at").flatMap({ document.string($0) }),
      let createdAt = Timestamp(rfc3339: created)
    else { throw .unusableSettings(found: "no created_at", expected: "an RFC 3339 time") }
    guard let size = document.member(root, "segment_bytes").flatMap({ document.integer($0) }),
      size > 0
    else { throw .unusableSettings(found: "no segment_bytes", expected: "a positive integer") }
    self.origin = origin
    vkey = try JournalIdentity.vkey(document, origin: origin)
    self.createdAt = createdAt
    segmentByteCount = Int(size)
  }

  /// Absent is one thing, unreadable another: a damaged key must not look like none.
  private static func vkey(
    _ document: JSONDocument, origin: String
  ) throws(JournalError) -> VerifierKey? {
    guard let value = document.member(document.root, "vkey") else { return nil }
    guard let text = document.string(value), let key = try? VerifierKey(text),
      key.kind == .ed25519, key.name.utf8.elementsEqual(origin.utf8)
    else {
      throw .unusableSettings(
        found: "another vkey", expected: "an Ed25519 vkey named after the origin")
    }
    return key
  }

  /// Whether a directory holds a journal.
  package static func exists(in storage: any JournalStorage) throws(JournalError) -> Bool {
    try read(storage) != nil
  }

  /// Reads the file; nil when there is none.
  static func read(_ storage: any JournalStorage) throws(JournalError) -> JournalIdentity? {
    let bytes: [UInt8]?
    do {
      bytes = try storage.contents(JournalLayout.settings, byteCountMax: byteCountMax)
    } catch { throw .storage(error) }
    guard let bytes else { return nil }
    return try JournalIdentity(bytes)
  }
}
