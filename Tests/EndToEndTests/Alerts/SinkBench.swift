import Detect
import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import Testing
import vigil

/// Sinks made as the tool makes them: from a configuration's text.
struct SinkBench {
  let folder: TemporaryFolder
  let client = HTTPClient()
  private let clock = Clock()

  init() throws { folder = try TemporaryFolder() }

  /// The system's clock, which a test can put forward.
  private final class Clock: Sendable {
    let secondsAhead = Mutex(0.0)

    func now() -> Timestamp {
      let seconds = Date().timeIntervalSince1970 + secondsAhead.withLock { $0 }
      return Timestamp(secondsSinceEpoch: seconds) ?? .latest
    }
  }

  func putForward(seconds: Double) { clock.secondsAhead.withLock { $0 += seconds } }

  static let instant = Timestamp(microseconds: 1_763_973_252_500_000) ?? .earliest

  /// - Parameter text: the object of one sink.
  func sink(_ text: String) throws -> any AlertSink {
    let bytes = Array(text.utf8)
    let settings = try ConfigurationReader.read(
      bytes.span, file: folder.path("vigil.json5"), SinkSettings.init(from:))
    return try #require(try SinkAssembly.sinks(from: ["ops": settings], context)["ops"])
  }

  private var context: SinkContext {
    let source = SystemSecretSource(
      variable: { _ in nil }, environment: ["PATH=/usr/bin:/bin"], clock: ContinuousClock())
    let surroundings = Surroundings(
      now: { [clock] in clock.now() },
      randomBytes: { _ in nil })
    return SinkContext(
      secrets: source, surroundings: surroundings, hostName: "host.example",
      report: { _ in })
  }

  /// Writes a secret where a reference finds it: `file:` and the path.
  func secret(_ name: String, _ value: String) throws -> String {
    let path = folder.path(name)
    try Data(value.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    return "file:" + path
  }

  func text(_ name: String) -> String {
    String(
      decoding: FileManager.default.contents(atPath: folder.path(name)) ?? Data(), as: UTF8.self)
  }

  /// Each line of a file as a JSON object.
  func objects(_ name: String) throws -> [[String: Any]] {
    try text(name).split(separator: "\n").map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
  }

  // MARK: Notifications

  static func notification(
    _ event: AlertNotification.Event = .raised, group: String = "e1", key: Int = 1,
    severity: Finding.Severity = .high, text: String = "ana triggered report at 03:12"
  ) -> AlertNotification {
    let finding = Finding(
      findingID: String(repeating: "1", count: 32), rule: "off_hours", timestamp: instant,
      severity: severity, pValue: 0.0008, principal: text, job: "report", episodeID: group,
      observed: [Finding.Fact("hour", 3.2)], expected: [Finding.Fact("hours", "8 to 18")],
      history: Finding.History(events: 120, days: 40), explanation: text, evidence: [17, 18],
      score: 30.97)
    var hex = String(key, radix: 16)
    hex = String(repeating: "0", count: 32 - hex.count) + hex
    return AlertNotification(
      key: hex, sink: "ops", event: event, groupID: group, findings: [finding],
      raisedAt: instant)
  }

  // MARK: Programs

  /// A script of Tests/Live that prints the port it listens on.
  func listener(
    _ script: String, _ words: [String], log: String
  ) throws -> (process: ReceiverProcess, port: Int) {
    let path = BuiltTool.root.appendingPathComponent("Tests/Live/\(script)").path
    let process = try ReceiverProcess(
      "/usr/bin/python3", [path] + words, log: folder.path(log))
    var port: Int?
    try process.wait(for: script) {
      port = process.text.split(separator: "\n").first { $0.hasPrefix("PORT ") }
        .flatMap { Int($0.dropFirst(5)) }
      return port != nil
    }
    return (process, try #require(port))
  }

  /// A certificate for localhost and 127.0.0.1, which is its own authority.
  func certificate(
    _ name: String = "server", subject: String = "localhost"
  ) throws -> (certificate: String, key: String) {
    let files = (folder.path(name + ".pem"), folder.path(name + ".key"))
    let process = try ReceiverProcess(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "2", "-subj", "/CN=\(subject)", "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", files.0, "-keyout", files.1,
      ], log: folder.path(name + ".log"))
    try #require(process.wait() == 0, "\(process.text)")
    return files
  }

  /// The reason, where an attempt is to be repeated; nil for any other outcome.
  static func retryReason(_ outcome: AlertOutcome) -> String? {
    if case .retry(let reason, _) = outcome { reason } else { nil }
  }

  /// The reason, where the receiver refused; nil for any other outcome.
  static func refusal(_ outcome: AlertOutcome) -> String? {
    if case .refused(let reason) = outcome { reason } else { nil }
  }
}
