import Ingest

/// What the gateway vouches for about one request that it passes on.
///
/// As a header: `v1.<payload>.<code>`, both base64url; the payload one JSON object, the code
/// HMAC-SHA-256 over everything before the second dot. Good once, for one request id, method and
/// target, and for a few seconds.
struct Assertion: Sendable, Equatable {
  static let header = "X-Vigil-Assertion"
  /// Bytes of the longest header value: with the largest identity it stays below.
  static let byteCountMax = 24 << 10

  /// Counts the signer's assertions, from a random start.
  var serial: UInt64
  var expiresAt: Timestamp
  var method: String
  /// SHA-256 of path and query, hex.
  var targetSHA256: String
  var origin: RequestOrigin
  var identity: Identity

  static func targetDigest(_ target: String) -> String {
    let bytes = Array(target.utf8)
    return SHA256.digest(bytes.span).hex
  }

  var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("n", String(serial, radix: 16))
    writer.field("exp", Int(expiresAt.microseconds))
    writer.field("m", method)
    writer.field("t", targetSHA256)
    writer.field("rid", origin.requestID)
    writer.field("tid", origin.traceID)
    writer.field("ip", origin.remoteIP)
    writer.field("sub", identity.principal)
    writer.field("typ", identity.principalType.rawValue)
    writer.field("iss", identity.issuer)
    writer.field("grp", identity.groups)
    writer.field("eml", identity.email)
    writer.field("zon", identity.zone)
    writer.field("cred", identity.credential.rawValue)
    writer.field("cid", identity.credentialID)
    writer.field("narrowed", identity.scopes != nil)
    writer.field("scp", identity.scopes ?? [])
    writer.endObject()
    return writer.bytes
  }

  /// Nil for anything that `json` did not write.
  init?(json: [UInt8]) {
    guard let fields = try? JSONFields(json),
      let serial = fields.text("n").flatMap({ UInt64($0, radix: 16) }),
      let expiry = fields.instant("exp").flatMap({ Int64(exactly: $0) }),
      let expiresAt = Timestamp(microseconds: expiry), let method = fields.text("m"),
      let target = fields.text("t"), let requestID = fields.text("rid"),
      let principal = fields.text("sub"),
      let type = fields.text("typ").flatMap(PrincipalType.init(rawValue:)),
      let credential = fields.text("cred").flatMap(DecisionRecord.Credential.init(rawValue:)),
      let isNarrowed = fields.flag("narrowed")
    else { return nil }
    self.serial = serial
    self.expiresAt = expiresAt
    self.method = method
    targetSHA256 = target
    origin = RequestOrigin(requestID: requestID)
    origin.traceID = fields.text("tid")
    origin.remoteIP = fields.text("ip")
    identity = Identity(principal: principal, principalType: type, credential: credential)
    identity.issuer = fields.text("iss")
    identity.groups = fields.texts("grp") ?? []
    identity.email = fields.text("eml")
    identity.zone = fields.text("zon")
    identity.credentialID = fields.text("cid")
    identity.scopes = isNarrowed ? fields.texts("scp") ?? [] : nil
  }

  init(
    serial: UInt64, expiresAt: Timestamp, method: String, target: String, origin: RequestOrigin,
    identity: Identity
  ) {
    self.serial = serial
    self.expiresAt = expiresAt
    self.method = method
    targetSHA256 = Assertion.targetDigest(target)
    self.origin = origin
    self.identity = identity
  }
}
