package import Detect
package import GatewayAndScheduler
import Ingest

/// What sinks need from the process around them.
package struct SinkContext: Sendable {
  /// Of one sink alone: its lanes may all stand still while its receiver does.
  fileprivate(set) var client = HTTPClient()
  let secrets: any SecretSource
  let surroundings: Surroundings
  /// This machine's name.
  let hostName: String
  /// Gets warnings about secrets: a file that others may read.
  let report: @Sendable (String) -> Void

  package init(
    secrets: any SecretSource, surroundings: Surroundings, hostName: String,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.secrets = secrets
    self.surroundings = surroundings
    self.hostName = hostName
    self.report = report
  }

  /// Of the process itself.
  package static func system(report: @escaping @Sendable (String) -> Void) -> SinkContext {
    let source = SystemSecretSource(
      variable: { ProcessEnvironment.variable($0) },
      environment: ProcessEnvironment.passedOn(["PATH", "HOME"]), clock: ContinuousClock())
    return SinkContext(
      secrets: source, surroundings: Assembly.surroundings(),
      hostName: Assembly.hostName(), report: report)
  }

  func secret(_ reference: SecretReference) -> RotatingSecret {
    RotatingSecret(reference, source: secrets, warn: report)
  }
}

/// Makes the sinks that a configuration names.
package enum SinkAssembly {
  /// Bytes of the longest file of authorities.
  private static let authorityByteCountMax = 4 << 20

  /// Every sink by its name.
  ///
  /// Throws for what would fail at every delivery: a file of authorities that cannot be read, a command
  /// that cannot be run. Secrets are read when they are needed.
  package static func sinks(
    from settings: [String: SinkSettings], _ context: SinkContext
  ) throws -> [String: any AlertSink] {
    var sinks: [String: any AlertSink] = [:]
    for (name, setting) in settings {
      do {
        try check(setting)
      } catch {
        throw SinkError("alert sink \(Quotation.quoted(name)): \(error)")
      }
      var own = context
      own.client = HTTPClient()
      sinks[name] = sink(setting, own)
    }
    return sinks
  }

  private static func sink(
    _ settings: SinkSettings, _ context: SinkContext
  ) -> any AlertSink {
    switch settings.kind {
    case .webhook(let own): WebhookSink(settings, own, context)
    case .slack(let own): SlackSink(settings, own, context)
    case .alertmanager(let own): AlertmanagerSink(settings, own, context)
    case .pagerDuty(let own): PagerDutySink(settings, own, context)
    case .mail(let own): MailSink(settings, own, context)
    case .syslog(let own): SyslogSink(settings, own, context)
    case .command(let own): CommandSink(settings, own)
    case .file(let own): FileSink(settings, own)
    }
  }

  private static func check(_ settings: SinkSettings) throws {
    if let path = settings.authorityFile {
      _ = try InputDescriptor.contents(ofPath: path, byteCountMax: authorityByteCountMax)
    }
    if case .command(let own) = settings.kind, !ProcessEnvironment.isExecutable(own.words[0]) {
      throw SinkError("command: found nothing to run at \(Quotation.quoted(own.words[0]))")
    }
  }
}

/// Why a sink cannot be made, or cannot send now; the message holds no secret.
package struct SinkError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

extension SinkSettings {
  fileprivate var authorityFile: String? {
    switch kind {
    case .webhook(let own): own.http.authorityFile
    case .slack(let own): own.authorityFile
    case .alertmanager(let own): own.http.authorityFile
    case .pagerDuty(let own): own.http.authorityFile
    case .mail(let own): own.authorityFile
    case .syslog(let own): own.server.authorityFile
    case .command, .file: nil
    }
  }
}
