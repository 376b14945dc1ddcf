/// The names of the known emitters' keys, by context. A name without a place is listed for speed.
enum LineKeyNames {
  struct Name {
    let text: String
    let place: LinePlace?
    let inner: LineContext

    init(_ text: String, _ place: LinePlace? = nil, inner: LineContext = .other) {
      self.text = text
      self.place = place
      self.inner = inner
    }
  }

  static let all: [(LineContext, [Name])] = [
    (.root, shared + caddy + launcher + luigi + records),
    (.request, request),
    (.requestHeaders, [Name("User-Agent", .agent)] + headers("User-Agent")),
    (.responseHeaders, answers + headers("X-Request-Id", "X-Run-Id", "Location", "X-Auth-Groups")),
    (.otherHeaders, headers()),
    (.tls, tls),
    (.runContext, runContext),
    (.task, task),
    (.dependency, [Name("id", .dependencyID), Name("family"), Name("params"), Name("module")]),
  ]

  private static let shared = [
    Name("schema", .schema), Name("ts", .ts), Name("event", .event), Name("run_id", .runID),
    Name("request_id", .requestID), Name("job", .job), Name("params", .params),
    Name("groups", .groups), Name("trigger", .trigger), Name("host", .host), Name("pid", .pid),
    Name("owner", .owner), Name("attempt", .attempt), Name("trace_id", .traceID),
    Name("message", .message), Name("reason", .reason), Name("task", .task, inner: .task),
    Name("source", .source),
  ]

  private static let caddy = [
    Name("level", .level), Name("logger", .logger), Name("msg", .msg),
    Name("request", .request, inner: .request), Name("user_id", .userID),
    Name("duration", .duration), Name("size", .size), Name("status", .status),
    Name("bytes_read", .bytesRead),
    Name("resp_headers", .responseHeaders, inner: .responseHeaders), Name("uuid", .uuid),
    Name("traceID", .traceIDCaddy), Name("err_id", .errorID),
  ]

  private static let launcher = [
    Name("user", .user), Name("traceparent", .traceparent), Name("argv"),
    Name("exit_code", .exitCode), Name("seconds", .seconds), Name("cpu_s", .cpuSeconds),
    Name("max_rss_bytes", .maxRSSBytes), Name("read_bytes", .readBytes),
    Name("write_bytes", .writeBytes), Name("timed_out", .timedOut), Name("killed_by", .killedBy),
  ]

  private static let luigi = [
    Name("context", .context, inner: .runContext), Name("root_pid"), Name("cwd"), Name("python"),
    Name("luigi"), Name("attempt_in_process", .attemptInProcess), Name("elapsed", .elapsed),
    Name("dependency", .dependency, inner: .dependency), Name("exception", .exception),
  ]

  private static let records = [
    Name("v", .version), Name("kind", .kind), Name("id", .id), Name("principal", .principal),
    Name("principal_type", .principalType), Name("issuer", .issuer), Name("zone", .zone),
    Name("remote_ip", .remoteIP), Name("remote_port", .remotePort),
    Name("user_agent", .userAgent), Name("method", .method), Name("path", .path),
    Name("query_keys", .queryKeys), Name("duration_s", .durationSeconds),
    Name("bytes_in", .bytesIn), Name("bytes_out", .bytesOut), Name("tls_version", .tlsVersion),
    Name("tls_cipher", .tlsCipher), Name("vantage", .vantage), Name("signal", .signal),
    Name("task_id", .taskID), Name("depends_on", .dependsOn), Name("received_at", .unusual),
    Name("imported", .unusual), Name("oversize_bytes", .unusual),
    Name("oversize_sha256", .unusual), Name("original_hmac", .unusual),
    Name("original", .unusual), Name("error", .unusual),
  ]

  private static let request = [
    Name("remote_ip", .peerAddress), Name("client_ip", .clientAddress),
    Name("remote_port", .peerPort), Name("proto"), Name("method", .requestMethod),
    Name("host", .requestHost), Name("uri", .uri), Name("headers", inner: .requestHeaders),
    Name("tls", inner: .tls),
  ]

  private static let answers = [
    Name("X-Request-Id", .answerRequestID), Name("X-Run-Id", .answerRunID),
    Name("Location", .answerLocation), Name("X-Auth-Groups", .answerGroups),
  ]

  /// The headers that redaction keeps, and those that Caddy empties, but for `others`.
  private static func headers(_ others: String...) -> [Name] {
    let emptied = ["Authorization", "Cookie", "Set-Cookie", "Proxy-Authorization"]
    return (RedactionList.keptBuiltInHeaders + emptied).filter { !others.contains($0) }
      .map { Name($0) }
  }

  private static let tls = [
    Name("resumed"), Name("version", .protocolVersion), Name("cipher_suite", .cipherSuite),
    Name("proto"), Name("server_name"), Name("ech"), Name("client_common_name"),
    Name("client_serial"),
  ]

  private static let runContext = [
    Name("request_id", .contextRequestID), Name("user", .contextUser),
    Name("groups", .contextGroups), Name("trigger", .contextTrigger), Name("job", .contextJob),
    Name("traceparent", .contextTraceparent),
  ]

  private static let task = [
    Name("id", .luigiTaskID), Name("family", .luigiFamily), Name("params", .luigiParams),
    Name("owner_email", .luigiOwner), Name("module"), Name("params_significant"),
    Name("resources"), Name("priority"), Name("retry_count"), Name("worker_timeout"),
  ]
}
