/// The keys of one kind of record in the order of an entry, each as `,"key":`.
///
/// The order is that of `RequestRecord.encode` and its like; a test holds both against each other.
struct EntryKeys: Sendable {
  static let request = EntryKeys(RequestKey.allCases.map(\.name))
  static let run = EntryKeys(RunKey.allCases.map(\.name))
  static let task = EntryKeys(TaskKey.allCases.map(\.name))

  private let bytes: [UInt8]
  private let ends: [Int]

  private init(_ names: [StaticString]) {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for name in names {
      bytes += Array(",\"\(name)\":".utf8)
      ends.append(bytes.count)
    }
    self.bytes = bytes
    self.ends = ends
  }

  /// `,"key":` of the key with this number.
  @_lifetime(borrow self)
  func literal(_ number: Int) -> Span<UInt8> {
    bytes.span.extracting((number == 0 ? 0 : ends[number - 1])..<ends[number])
  }
}

/// A request's keys, in order.
package enum RequestKey: Int, CaseIterable, Sendable {
  case requestID, traceID, principal, principalType, issuer, groups, zone, remoteIP, remotePort
  case userAgent, method, host, path, queryKeys, status, durationSeconds, bytesIn, bytesOut, job
  case runID, tlsVersion, tlsCipher

  package var name: StaticString {
    switch self {
    case .requestID: "request_id"
    case .traceID: "trace_id"
    case .principal: "principal"
    case .principalType: "principal_type"
    case .issuer: "issuer"
    case .groups: "groups"
    case .zone: "zone"
    case .remoteIP: "remote_ip"
    case .remotePort: "remote_port"
    case .userAgent: "user_agent"
    case .method: "method"
    case .host: "host"
    case .path: "path"
    case .queryKeys: "query_keys"
    case .status: "status"
    case .durationSeconds: "duration_s"
    case .bytesIn: "bytes_in"
    case .bytesOut: "bytes_out"
    case .job: "job"
    case .runID: "run_id"
    case .tlsVersion: "tls_version"
    case .tlsCipher: "tls_cipher"
    }
  }
}

/// A run's keys, in order; `error` is left to the long way.
package enum RunKey: Int, CaseIterable, Sendable {
  case runID, requestID, traceID, job, event, vantage, trigger, principal, groups, owner, attempt
  case host, pid, params, durationSeconds, cpuSeconds, maxRSSBytes, readBytes, writeBytes
  case exitCode, signal

  package var name: StaticString {
    switch self {
    case .runID: "run_id"
    case .requestID: "request_id"
    case .traceID: "trace_id"
    case .job: "job"
    case .event: "event"
    case .vantage: "vantage"
    case .trigger: "trigger"
    case .principal: "principal"
    case .groups: "groups"
    case .owner: "owner"
    case .attempt: "attempt"
    case .host: "host"
    case .pid: "pid"
    case .params: "params"
    case .durationSeconds: "duration_s"
    case .cpuSeconds: "cpu_s"
    case .maxRSSBytes: "max_rss_bytes"
    case .readBytes: "read_bytes"
    case .writeBytes: "write_bytes"
    case .exitCode: "exit_code"
    case .signal: "signal"
    }
  }
}

/// A task's keys, in order; `error` is left to the long way.
package enum TaskKey: Int, CaseIterable, Sendable {
  case runID, taskID, task, event, attempt, dependsOn, params, owner, durationSeconds

  package var name: StaticString {
    switch self {
    case .runID: "run_id"
    case .taskID: "task_id"
    case .task: "task"
    case .event: "event"
    case .attempt: "attempt"
    case .dependsOn: "depends_on"
    case .params: "params"
    case .owner: "owner"
    case .durationSeconds: "duration_s"
    }
  }
}
