package import Detect
package import Ingest

/// Records and findings in the Common Event Format (CEF:0), one line each: `events.cef`.
///
///     CEF:0|Vigil|vigil|1|request|HTTP request|1|rt=1732425534000 cn1=1203 cn1Label=journal index …
///
/// In the header `\` and `|` are escaped by a backslash; in values `\` and `=`, and line ends become
/// `\n` and `\r`. Other control characters would break readers of lines: a space stands for each.
package final class CEFSink: ExportSink {
  private let output: PackageOutput

  package init(to target: any PackageTarget) throws {
    output = try PackageOutput(PackageLayout.cef, to: target)
  }

  package func record(_ record: IndexedRecord) throws {
    let header = record.record.header
    let described = CEFSink.describe(record.record.body)
    var line = CEFLine(
      signature: described.signature, name: described.name, severity: described.severity)
    line.add("rt", "\(header.timestamp.microseconds / 1000)")
    line.add("externalId", header.id)
    line.add("dvchost", header.source)
    line.add("cn1", "\(record.index)")
    line.add("cn1Label", "journal index")
    for (key, value) in described.fields { line.add(key, value) }
    try output.append(line.text + "\n")
  }

  package func finding(_ finding: Finding) throws {
    var line = CEFLine(
      signature: finding.rule, name: "finding: \(finding.rule)",
      severity: CEFSink.severity(finding.severity))
    line.add("rt", "\(finding.timestamp.microseconds / 1000)")
    line.add("externalId", finding.findingID)
    line.add("suser", finding.principal)
    line.add("msg", finding.explanation)
    line.add("cs1", finding.job)
    line.add("cs1Label", finding.job.map { _ in "job" })
    line.add("cs2", finding.evidence.map(String.init).joined(separator: " "))
    line.add("cs2Label", "journal indexes")
    line.add("cfp1", "\(finding.pValue)")
    line.add("cfp1Label", "p value")
    try output.append(line.text + "\n")
  }

  package func finish() throws -> [PackageFile] { [try output.finish()] }

  /// 0 to 10.
  private static func severity(_ severity: Finding.Severity) -> Int {
    switch severity {
    case .informational: 1
    case .low: 3
    case .medium: 5
    case .high: 8
    case .critical: 10
    }
  }
}

extension CEFSink {
  private struct Description {
    let signature: String
    let name: String
    var severity = 1
    let fields: [(String, String?)]
  }

  private static func labelled(
    _ number: Int, _ label: String, _ value: String?
  ) -> [(String, String?)] {
    [("cs\(number)", value), ("cs\(number)Label", value.map { _ in label })]
  }

  private static func describe(_ body: RecordBody) -> Description {
    switch body {
    case .request(let body): request(body)
    case .decision(let body): decision(body)
    case .run(let body): run(body)
    case .task(let body):
      Description(
        signature: "task:\(body.event.rawValue)", name: "task \(body.event.rawValue)",
        fields: [("msg", body.error?.message)] + labelled(1, "task", body.task)
          + labelled(2, "run", body.runID))
    case .approval(let body):
      Description(
        signature: "approval:\(body.event.rawValue)", name: "approval \(body.event.rawValue)",
        fields: [("suser", body.principal), ("reason", body.reason)]
          + labelled(1, "approval", body.approvalID) + labelled(2, "subject", body.subjectID))
    case .alert(let body):
      Description(
        signature: "alert:\(body.event.rawValue)", name: "alert \(body.event.rawValue)",
        severity: 5,
        fields: [("suser", body.principal), ("reason", body.reason)]
          + labelled(1, "finding", body.findingID) + labelled(2, "sink", body.sink)
          + labelled(3, "notification", body.notification)
          + labelled(4, "suppression", body.suppressionID) + labelled(5, "owner", body.owner)
          + labelled(6, "until", body.expiresAt?.rfc3339))
    case .control(let body):
      Description(
        signature: "control:\(body.event.rawValue)", name: body.event.rawValue,
        fields: [
          ("suser", body.principal), ("src", body.remoteIP), ("reason", body.reason),
          ("fileHash", body.sha256),
        ] + labelled(1, "subject", body.subject))
    }
  }

  private static func request(_ body: RequestRecord) -> Description {
    Description(
      signature: "request", name: "HTTP request", severity: (body.status ?? 0) >= 400 ? 3 : 1,
      fields: [
        ("suser", body.principal), ("src", body.remoteIP), ("spt", body.remotePort.map { "\($0)" }),
        ("requestMethod", body.method), ("dhost", body.host), ("request", body.path),
        ("requestClientApplication", body.userAgent), ("in", body.bytesIn.map { "\($0)" }),
        ("out", body.bytesOut.map { "\($0)" }), ("outcome", body.status.map { "\($0)" }),
      ] + labelled(1, "job", body.job) + labelled(2, "run", body.runID)
        + labelled(3, "request id", body.requestID))
  }

  private static func decision(_ body: DecisionRecord) -> Description {
    Description(
      signature: "decision:\(body.effect.rawValue)", name: "access \(body.effect.rawValue)",
      severity: body.effect == .deny ? 5 : 1,
      fields: [
        ("suser", body.principal), ("act", body.action), ("outcome", body.effect.rawValue),
        ("reason", body.reason),
      ] + labelled(1, "job", body.job) + labelled(2, "rule", body.rule)
        + labelled(3, "request id", body.requestID))
  }

  private static func run(_ body: RunRecord) -> Description {
    Description(
      signature: "run:\(body.event.rawValue)", name: "run \(body.event.rawValue)",
      severity: [.failed, .killed, .timedOut, .lost].contains(body.event) ? 3 : 1,
      fields: [
        ("suser", body.principal), ("dhost", body.host), ("msg", body.error?.message),
      ] + labelled(1, "job", body.job) + labelled(2, "run", body.runID)
        + labelled(3, "request id", body.requestID))
  }
}

/// One line of CEF.
struct CEFLine {
  private(set) var text: String
  private var isEmpty = true

  /// - Parameter severity: 0 to 10.
  init(signature: String, name: String, severity: Int) {
    let head = [signature, name].map { CEFLine.escaped($0, "|") }
    text = "CEF:0|Vigil|vigil|1|\(head[0])|\(head[1])|\(severity)|"
  }

  /// Adds a field; nothing for an absent or empty value.
  mutating func add(_ key: String, _ value: String?) {
    guard let value, !value.isEmpty else { return }
    text += (isEmpty ? "" : " ") + key + "=" + CEFLine.escaped(value, "=")
    isEmpty = false
  }

  private static func escaped(_ value: String, _ special: Unicode.Scalar) -> String {
    var result = String.UnicodeScalarView()
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\", special:
        result.append("\\")
        result.append(scalar)
      // A header has no escape for a line end: a space.
      case "\n" where special == "=": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r" where special == "=": result.append(contentsOf: "\\r".unicodeScalars)
      case _
      where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        || scalar.value == 0x2028 || scalar.value == 0x2029:
        result.append(" ")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
