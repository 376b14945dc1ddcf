import Ingest

/// A session as one JSON object, to be sealed. Times are microseconds since the epoch.
extension Session {
  var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("v", 1)
    writer.field("handle", handle)
    writer.field("principal", identity.principal)
    writer.field("principal_type", identity.principalType.rawValue)
    writer.field("issuer", identity.issuer)
    writer.field("groups", identity.groups)
    writer.field("email", identity.email)
    writer.field("zone", identity.zone)
    writer.field("created", Int(createdAt.microseconds))
    writer.field("used", Int(usedAt.microseconds))
    writer.field("expires", Int(expiresAt.microseconds))
    writer.field("renews", Int(renewsAt.microseconds))
    writer.field("refresh_token", refreshToken)
    writer.field("id_token", idToken)
    writer.field("subject", subject)
    writer.field("stated", Int(statedAt.microseconds))
    writer.field("silent", isSilent)
    writer.field("marks", ([current] + pending + previous).map(\.digest.hex))
    writer.field("times", ([current] + pending + previous).map { Int($0.at.microseconds) })
    writer.field("pending", pending.count)
    writer.endObject()
    return writer.bytes
  }

  /// Nil for anything that `json` did not write.
  init?(json: [UInt8]) {
    guard let fields = try? JSONFields(json), fields.instant("v") == 1,
      let handle = fields.text("handle"), let principal = fields.text("principal"),
      let type = fields.text("principal_type").flatMap(PrincipalType.init(rawValue:)),
      let created = Session.time(fields.instant("created")),
      let used = Session.time(fields.instant("used")),
      let expires = Session.time(fields.instant("expires")),
      let renews = Session.time(fields.instant("renews")),
      let marks = Session.marks(fields), let first = marks.first,
      let pendingCount = fields.instant("pending").flatMap({ Int(exactly: $0) }),
      (0..<marks.count).contains(pendingCount)
    else { return nil }
    var identity = Identity(principal: principal, principalType: type, credential: .session)
    identity.issuer = fields.text("issuer")
    identity.groups = fields.texts("groups") ?? []
    identity.email = fields.text("email")
    identity.zone = fields.text("zone")
    identity.credentialID = handle
    self.init(
      handle: handle, identity: identity, createdAt: created, usedAt: used, expiresAt: expires,
      renewsAt: renews, refreshToken: fields.text("refresh_token"),
      idToken: fields.text("id_token"), subject: fields.text("subject"),
      statedAt: Session.time(fields.instant("stated")) ?? created,
      isSilent: fields.flag("silent") ?? false, current: first,
      pending: Array(marks.dropFirst().prefix(pendingCount)),
      previous: Array(marks.dropFirst(1 + pendingCount)))
  }

  private static func time(_ value: Double?) -> Timestamp? {
    value.flatMap { Int64(exactly: $0) }.flatMap { Timestamp(microseconds: $0) }
  }

  private static func marks(_ fields: JSONFields) -> [Mark]? {
    let digests = (fields.texts("marks") ?? []).compactMap { Digest(hex: $0) }
    let times = fields.instants("times").compactMap { time($0) }
    guard digests.count == times.count, digests.count <= 1 + 2 * markCountMax else { return nil }
    return zip(digests, times).map { Mark(digest: $0, at: $1) }
  }
}
