/// What the gateway saw: one HTTP request, told when it completed.
package struct RequestRecord: Sendable, Equatable {
  /// The id that the gateway minted; never the client's own header.
  package var requestID: String?
  /// W3C trace id, 32 hexadecimal digits.
  package var traceID: String?
  /// Subject of the identity; nil for an anonymous request.
  package var principal: String?
  package var principalType: PrincipalType?
  package var issuer: String?
  package var groups: [String] = []
  /// IANA time zone of the principal.
  package var zone: String?
  package var remoteIP: String?
  /// TCP or UDP port of the peer: with `remoteIP` it joins Caddy's error lines, which carry no id.
  package var remotePort: Int?
  package var userAgent: String?
  package var method: String?
  package var host: String?
  /// Path of the request target, without the query.
  package var path: String?
  /// Names of the query's parameters, sorted, without values.
  package var queryKeys: [String] = []
  /// HTTP status; 0 when the client went away or nothing handled the request.
  package var status: Int?
  /// Seconds from the request's start to `ts`.
  package var durationSeconds: Double?
  package var bytesIn: Int?
  package var bytesOut: Int?
  /// The job, when method and path are a trigger route.
  package var job: String?
  /// The run that the answer named.
  package var runID: String?
  package var tlsVersion: String?
  package var tlsCipher: String?

  package init() {}

  func encode(to writer: inout JSONWriter) {
    writer.field("request_id", requestID)
    writer.field("trace_id", traceID)
    writer.field("principal", principal)
    writer.field("principal_type", principalType?.rawValue)
    writer.field("issuer", issuer)
    writer.field("groups", groups)
    writer.field("zone", zone)
    writer.field("remote_ip", remoteIP)
    writer.field("remote_port", remotePort)
    writer.field("user_agent", userAgent)
    writer.field("method", method)
    writer.field("host", host)
    writer.field("path", path)
    writer.field("query_keys", queryKeys)
    writer.field("status", status)
    writer.field("duration_s", durationSeconds)
    writer.field("bytes_in", bytesIn)
    writer.field("bytes_out", bytesOut)
    writer.field("job", job)
    writer.field("run_id", runID)
    writer.field("tls_version", tlsVersion)
    writer.field("tls_cipher", tlsCipher)
  }

  init(from reader: RecordReader) throws(RecordError) {
    requestID = try reader.string("request_id")
    traceID = try reader.string("trace_id")
    principal = try reader.string("principal")
    principalType = try reader.enumeration("principal_type")
    issuer = try reader.string("issuer")
    groups = try reader.strings("groups")
    zone = try reader.string("zone")
    remoteIP = try reader.string("remote_ip")
    remotePort = try reader.integer("remote_port", in: 0...65_535)
    userAgent = try reader.string("user_agent")
    method = try reader.string("method")
    host = try reader.string("host")
    path = try reader.string("path")
    queryKeys = try reader.strings("query_keys")
    status = try reader.integer("status", in: 0...999)
    durationSeconds = try reader.seconds("duration_s")
    bytesIn = try reader.integer("bytes_in", in: 0...Int.max)
    bytesOut = try reader.integer("bytes_out", in: 0...Int.max)
    job = try reader.string("job")
    runID = try reader.string("run_id")
    tlsVersion = try reader.string("tls_version")
    tlsCipher = try reader.string("tls_cipher")
  }

  /// Cuts every field to its stated limit, so that the entry fits whatever the emitter wrote.
  mutating func cutToLimits() {
    FieldLimit.identifier.cut(&requestID, &traceID, &principal, &issuer, &zone, &job, &runID)
    FieldLimit.identifier.cut(&remoteIP, &method, &tlsVersion, &tlsCipher)
    FieldLimit.text.cut(&userAgent, &host)
    FieldLimit.path.cut(&path)
    FieldLimit.list.cut(&groups)
    FieldLimit.list.cut(&queryKeys)
  }
}
