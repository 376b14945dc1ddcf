/// What the keys of an entry hold, by kind, in a form that a scanner can look at: enough to tell a
/// well-formed record without making one.
///
/// Of the kinds that fill journals; others are made and thrown away. Says no more than `Record(_:)`,
/// which stays the definition: a value that is not plainly right is left to it.
enum RecordShape {
  enum Value: Sendable {
    case text, list, object, flag, seconds, instant
    case whole(ClosedRange<Int>)
    /// One of these, quotes included.
    case word([[UInt8]])
    /// An object whose own keys count: left to `Record(_:)`.
    case other
  }

  struct Field: Sendable {
    let key: StaticString
    let value: Value

    init(_ key: StaticString, _ value: Value) {
      self.key = key
      self.value = value
    }
  }

  static let kinds: [RecordKind] = [.request, .decision, .run, .task]

  /// Keys of every kind but `v` and `kind`; the first `requiredCount` must be there.
  static let header = [
    Field("ts", .instant), Field("received_at", .instant), Field("source", .text),
    Field("id", .text), Field("imported", .flag), Field("oversize_bytes", .whole(0...Int.max)),
    Field("oversize_sha256", .text), Field("original_hmac", .text), Field("original", .object),
  ]
  /// A record can do without `received_at`, but then it is not in its order.
  static let requiredCount = 4

  /// A kind's own keys.
  static func fields(of kind: RecordKind) -> [Field] {
    switch kind {
    case .request: request
    case .decision: decision
    case .run: run
    case .task: task
    case .approval, .alert, .control: []
    }
  }

  /// Those of them that must be there.
  static func required(of kind: RecordKind) -> Set<String> {
    switch kind {
    case .decision: ["effect"]
    // A rejected trigger has no run: left to `Record(_:)`.
    case .run: ["run_id", "event"]
    case .task: ["run_id", "task_id", "event"]
    case .request, .approval, .alert, .control: []
    }
  }

  private static func words<Words: CaseIterable & RawRepresentable<String>>(
    _ type: Words.Type
  ) -> Value { .word(type.allCases.map { Array("\"\($0.rawValue)\"".utf8) }) }

  private static let request = [
    Field("request_id", .text), Field("trace_id", .text), Field("principal", .text),
    Field("principal_type", words(PrincipalType.self)), Field("issuer", .text),
    Field("groups", .list), Field("zone", .text), Field("remote_ip", .text),
    Field("remote_port", .whole(0...65_535)), Field("user_agent", .text), Field("method", .text),
    Field("host", .text), Field("path", .text), Field("query_keys", .list),
    Field("status", .whole(0...999)), Field("duration_s", .seconds),
    Field("bytes_in", .whole(0...Int.max)), Field("bytes_out", .whole(0...Int.max)),
    Field("job", .text), Field("run_id", .text), Field("tls_version", .text),
    Field("tls_cipher", .text),
  ]

  private static let decision = [
    Field("request_id", .text), Field("principal", .text),
    Field("principal_type", words(PrincipalType.self)), Field("issuer", .text),
    Field("groups", .list), Field("action", .text), Field("job", .text),
    Field("effect", words(DecisionRecord.Effect.self)), Field("rule", .text),
    Field("reason", .text), Field("policy_sha256", .text),
    Field("credential", words(DecisionRecord.Credential.self)), Field("credential_id", .text),
  ]

  private static let run = [
    Field("run_id", .text), Field("request_id", .text), Field("trace_id", .text),
    Field("job", .text), Field("event", words(RunRecord.Event.self)),
    Field("vantage", words(RunRecord.Vantage.self)),
    Field("trigger", words(RunRecord.Trigger.self)), Field("principal", .text),
    Field("groups", .list), Field("owner", .text), Field("attempt", .whole(1...1_000_000_000)),
    Field("host", .text), Field("pid", .whole(0...Int.max)), Field("params", .object),
    Field("duration_s", .seconds), Field("cpu_s", .seconds),
    Field("max_rss_bytes", .whole(0...Int.max)), Field("read_bytes", .whole(0...Int.max)),
    Field("write_bytes", .whole(0...Int.max)), Field("exit_code", .whole(-1_000_000...1_000_000)),
    Field("signal", .whole(0...1024)), Field("error", .other),
  ]

  private static let task = [
    Field("run_id", .text), Field("task_id", .text), Field("task", .text),
    Field("event", words(TaskRecord.Event.self)), Field("attempt", .whole(1...1_000_000_000)),
    Field("depends_on", .list), Field("params", .object), Field("owner", .text),
    Field("duration_s", .seconds), Field("error", .other),
  ]
}
