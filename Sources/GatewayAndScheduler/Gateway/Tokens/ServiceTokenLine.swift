package import Ingest

/// One line of `tokens.jsonl`: something that was done with a token. Lines are only ever appended.
///
///     {"v":1,"event":"created","at":"…","id":"…","principal":"svc-ci","groups":["ci"],
///      "scopes":["run:trigger:etl"],"expires_at":"…","hash":"…","by":"lee","hmac":"…"}
///     {"v":1,"event":"rotated", … as created …,"retires":"<old id>","good_until":"…","by":"lee","hmac":"…"}
///     {"v":1,"event":"revoked","at":"…","id":"…","reason":"…","by":"lee","hmac":"…"}
///
/// A rotation is one line, so that there is no instant between the new credential and the old one's
/// retirement. `hmac`, always last, seals the bytes before `,"hmac"` under the token key.
package struct ServiceTokenLine: Sendable, Equatable {
  /// Longest line, in bytes.
  package static let byteCountMax = 65_535

  /// What happened.
  package enum Event: Sendable, Equatable {
    case created(Grant)
    /// The new credential, the id of the old one, and until when both are good.
    case rotated(Grant, retires: String, goodUntil: Timestamp)
    case revoked(id: String, reason: String?)
  }

  /// A credential and what it stands for.
  package struct Grant: Sendable, Equatable {
    package var id: String
    package var principal: String
    package var groups: [String] = []
    package var zone: String?
    /// Not empty.
    package var scopes: [String]
    /// Nil for one that does not expire.
    package var expiresAt: Timestamp?
    var hash: Digest
  }

  package var at: Timestamp
  package var event: Event
  /// Who did it, as the command was told; nobody checks the name.
  package var by: String?

  init(at: Timestamp, by: String?, _ event: Event) {
    self.at = at
    self.by = by
    self.event = event
  }

  /// The id that the line is about; of a rotation the new one.
  package var id: String {
    switch event {
    case .created(let grant), .rotated(let grant, _, _): grant.id
    case .revoked(let id, _): id
    }
  }

  /// The line without its newline.
  func encoded(_ key: ServiceTokenKey) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("v", 1)
    switch event {
    case .created(let grant):
      writer.field("event", "created")
      encode(grant, &writer)
    case .rotated(let grant, let old, let goodUntil):
      writer.field("event", "rotated")
      encode(grant, &writer)
      writer.field("retires", old)
      writer.field("good_until", goodUntil)
    case .revoked(let id, let reason):
      writer.field("event", "revoked")
      writer.field("at", at)
      writer.field("id", id)
      writer.field("reason", reason)
    }
    writer.field("by", by)
    return writer.bytes + ServiceTokenLine.ending(key.seal(of: writer.bytes))
  }

  private static func ending(_ seal: Digest) -> [UInt8] {
    Array((sealMark + seal.hex + "\"}").utf8)
  }

  private static let sealMark = ",\"hmac\":\""

  private func encode(_ grant: Grant, _ writer: inout JSONWriter) {
    writer.field("at", at)
    writer.field("id", grant.id)
    writer.field("principal", grant.principal)
    writer.field("groups", grant.groups)
    writer.field("zone", grant.zone)
    writer.field("scopes", grant.scopes)
    writer.field("expires_at", grant.expiresAt)
    writer.field("hash", grant.hash.hex)
  }

  /// Reads a line; nil when the seal is not the key's or a field is missing.
  init?(_ bytes: [UInt8], _ key: ServiceTokenKey) {
    let tail = ServiceTokenLine.sealMark.utf8.count + 64 + 2
    guard bytes.count > tail, bytes.count <= ServiceTokenLine.byteCountMax else { return nil }
    // Written out and compared whole: a line has one spelling, its seal's letters included.
    let body = Array(bytes.dropLast(tail))
    let seal = key.seal(of: body)
    let text = String(decoding: bytes.suffix(66).prefix(64), as: UTF8.self)
    guard let found = Digest(hex: text), ServiceTokenKey.areEqual(seal, found),
      bytes == body + ServiceTokenLine.ending(seal)
    else { return nil }
    var document = JSONDocument()
    do { try document.parse(bytes.span) } catch { return nil }
    let reader = ServiceTokenLineReader(document)
    guard let at = reader.timestamp("at"), let event = reader.event() else { return nil }
    self.at = at
    self.event = event
    by = reader.string("by")
  }
}

/// The fields of a sealed line.
private struct ServiceTokenLineReader {
  private let document: JSONDocument

  init(_ document: JSONDocument) { self.document = document }

  func string(_ name: StaticString) -> String? {
    document.member(document.root, name).flatMap { document.string($0) }
  }

  func timestamp(_ name: StaticString) -> Timestamp? {
    string(name).flatMap { Timestamp(rfc3339: $0) }
  }

  func event() -> ServiceTokenLine.Event? {
    switch string("event") {
    case "created": return grant().map { .created($0) }
    case "rotated":
      guard let grant = grant(), let old = string("retires"), let until = timestamp("good_until")
      else { return nil }
      return .rotated(grant, retires: old, goodUntil: until)
    case "revoked": return string("id").map { .revoked(id: $0, reason: string("reason")) }
    default: return nil
    }
  }

  private func grant() -> ServiceTokenLine.Grant? {
    guard let id = string("id"), let principal = string("principal"),
      let hash = string("hash").flatMap({ Digest(hex: $0) }), let scopes = strings("scopes")
    else { return nil }
    return ServiceTokenLine.Grant(
      id: id, principal: principal, groups: strings("groups") ?? [], zone: string("zone"),
      scopes: scopes, expiresAt: timestamp("expires_at"), hash: hash)
  }

  private func strings(_ name: StaticString) -> [String]? {
    document.member(document.root, name).flatMap { document.strings($0) }
  }
}
