import Detect
import GatewayAndScheduler

/// An incoming webhook of Slack.
struct SlackSink: AlertSink {
  let events: Set<AlertNotification.Event>
  private let delivery: HTTPDelivery

  init(_ common: SinkSettings, _ settings: HTTPSinkSettings, _ context: SinkContext) {
    events = common.events
    delivery = HTTPDelivery(settings, timeout: common.timeout, secrets: [], context)
  }

  func deliver(_ notification: AlertNotification) async -> AlertOutcome {
    let body = SlackMessage.bytes(notification)
    return await delivery.post { (values) throws(SinkError) in (values.url.text, [:], body) }
  }
}
