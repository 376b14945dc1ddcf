/// Vigil's own records as lines: what another instance exported, or a tool wrote.
///
/// A record keeps its own source, id and times. It keeps the line itself as `original` only where
/// the line holds keys that the vocabulary does not know.
enum RecordLines: LogSource {
  static let format = LogFormat.record
  /// A decision names the kind of credential and its id, never the secret.
  static let keptKeys = NameTable(["credential", "credential_id"])

  static func recognises(_ line: LineFields) -> Bool {
    guard let version = line.document.member(line.root, "v"),
      let kind = line.document.member(line.root, "kind")
    else { return false }
    return line.document.kind(version) == .number && line.document.kind(kind) == .string
  }

  /// The kinds that are believed whatever a file is said to hold.
  static func isBelievedAnywhere(_ kind: RecordKind) -> Bool {
    switch kind {
    case .request, .run, .task: true
    case .decision, .approval, .alert, .control: false
    }
  }

  static func read(_ line: LineFields) throws(LineError) -> SourceReading {
    var record: Record
    do {
      record = try Record(line.document)
    } catch {
      throw lineError(error, line)
    }
    if !isBelievedAnywhere(record.kind) { record.header.isImported = true }
    record.header.receivedAt = nil
    if record.header.original == nil, hasUnknownKeys(line) {
      record.header.original = Array(line.document.bytes[line.document.textRange(line.root)])
    }
    return .record(record)
  }

  private static func lineError(_ error: RecordError, _ line: LineFields) -> LineError {
    let node = line.document.member(line.root, named: error.key) ?? line.root
    let key = error.key.isEmpty ? "the line" : error.key
    switch error.reason {
    case .missingField: return LineError(.missingField, "\(key) is absent", at: node)
    case .wrongType: return LineError(.wrongType, "\(key) has a type or word not its own", at: node)
    case .outOfRange:
      return LineError(key == "ts" ? .badTime : .outOfRange, "\(key) is out of range", at: node)
    case .unknownVersion: return LineError(.unknownVersion, "v is not 1", at: node)
    case .unknownKind, .notAnObject:
      return LineError(.unknownShape, "\(key) names no kind of record", at: node)
    }
  }

  private static func hasUnknownKeys(_ line: LineFields) -> Bool {
    var found = false
    line.document.forEachMember(line.root) { key, _ in
      let range = line.document.range(key)
      if !knownKeys.contains(line.document.bytes.span.extracting(range)) { found = true }
    }
    return found
  }

  private static let knownKeys = NameTable([
    "v", "kind", "ts", "source", "id", "received_at", "oversize_bytes", "original_hmac", "original",
    "imported", "request_id", "trace_id", "principal", "principal_type", "issuer", "groups", "zone",
    "remote_ip", "remote_port", "user_agent", "method", "host", "path", "query_keys", "status",
    "duration_s", "bytes_in", "bytes_out", "job", "run_id", "tls_version", "tls_cipher", "action",
    "effect", "rule", "reason", "policy_sha256", "credential", "credential_id", "event", "vantage",
    "trigger", "owner", "attempt", "pid", "params", "cpu_s", "max_rss_bytes", "read_bytes",
    "write_bytes", "exit_code", "signal", "error", "task_id", "task", "depends_on", "approval_id",
    "subject", "subject_id", "expires_at", "finding_id", "finding", "sink", "counts", "sha256",
    "notification", "notification_event", "group", "findings", "suppression_id", "match",
  ])
}
