import Detect
import GatewayAndScheduler
import Ingest

/// PagerDuty's Events API v2.
struct PagerDutySink: AlertSink {
  struct Settings: Sendable {
    let http: HTTPSinkSettings
    let routingKey: SecretReference
    /// What is affected, for the people there; nil for this machine's name.
    let source: String?

    init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
      http = try HTTPSinkSettings(from: &reader, fallback: "https://events.pagerduty.com")
      routingKey = try reader.requiredSecret("routing_key")
      source = try reader.optional("source", .string)
    }
  }

  let events: Set<AlertNotification.Event>
  private let source: String
  private let delivery: HTTPDelivery

  init(_ common: SinkSettings, _ settings: Settings, _ context: SinkContext) {
    events = common.events
    source = settings.source ?? context.hostName
    delivery = HTTPDelivery(
      settings.http, timeout: common.timeout, secrets: [settings.routingKey], context)
  }

  func deliver(_ notification: AlertNotification) async -> AlertOutcome {
    let source = source
    return await delivery.post { (values) throws(SinkError) in
      guard let key = values.secrets.first?.revealText() else {
        throw SinkError("routing key: found no UTF-8")
      }
      let body = PagerDutyEvent.bytes(notification, routingKey: key, source: source)
      return (values.url.appending("/v2/enqueue"), [:], body)
    }
  }
}
