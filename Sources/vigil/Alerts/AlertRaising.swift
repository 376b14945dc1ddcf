import Detect
import GatewayAndScheduler
import Ingest
import Report

/// Raises alerts from the command line: findings that no alert record tells of yet.
struct AlertRaising {
  /// Findings about older times are history, unless asked for: 7 days.
  private static let oldestSeconds = 7 * 86_400.0

  private let directory: String
  private let since: Timestamp
  private let owners: JobOwners?
  private let tool: Tool

  init(
    _ arguments: ParsedArguments, _ configuration: ConfigurationFile, _ tool: Tool
  ) throws {
    self.tool = tool
    directory = try arguments.required("--journal")
    since =
      try Instant.parse(arguments, "--raise-since")
      ?? tool.now().advanced(bySeconds: -AlertRaising.oldestSeconds)
    owners = try arguments.value("--config").flatMap { _ in
      try AlertRaising.owners(configuration)
    }
  }

  /// Nil where the configuration has no file of jobs.
  private static func owners(_ configuration: ConfigurationFile) throws -> JobOwners? {
    let path = configuration.serve.jobs
    guard try InputDescriptor.status(ofPath: path) != nil else { return nil }
    let bytes = try InputDescriptor.contents(ofPath: path, byteCountMax: 4 << 20)
    return JobOwners(
      try JobCatalogue.read(
        bytes.span, file: path, zones: configuration.zones.catalogue,
        redaction: configuration.log.redaction))
  }

  func raise(_ findings: [Finding]) throws {
    let raised = try RaisedAlerts(
      try JournalOpening.forReading(directory), since: .earliest)
    let news = findings.filter { $0.timestamp >= since && !raised.contains($0.findingID) }
    if !news.isEmpty { try append(news) }
    let old = findings.count { $0.timestamp < since && !raised.contains($0.findingID) }
    tool.printError(
      "\(Quantity.count(news.count)) alerts raised"
        + (old == 0
          ? "" : ", \(Quantity.count(old)) findings are about times before \(since.rfc3339)"))
  }

  private func append(_ news: [Finding]) throws {
    let hand = try JournalHand(directory: directory, now: tool.now)
    do {
      for finding in news {
        let owner = finding.job.flatMap { owners?.owner(of: $0) }
        _ = try hand.append(RaisedAlerts.record(finding, owner: owner, at: tool.now()))
      }
    } catch {
      // The first error is the one to tell.
      try? hand.close()
      throw error
    }
    try hand.close()
  }
}
