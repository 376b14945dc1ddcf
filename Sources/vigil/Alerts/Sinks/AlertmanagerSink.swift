import Detect
import GatewayAndScheduler
import Ingest

/// Prometheus's Alertmanager, API version 2.
struct AlertmanagerSink: AlertSink {
  struct Settings: Sendable {
    let http: HTTPSinkSettings
    /// In the order of the file.
    let labels: [(name: String, value: String)]
    /// How long an alert stays that nobody resolves.
    let hold: Duration
    let token: SecretReference?

    /// Most labels beside our two.
    private static let labelCountMax = 16

    init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
      http = try HTTPSinkSettings(from: &reader)
      let range = Duration.seconds(60)...Duration.seconds(90 * 86_400)
      hold = try reader.value("hold", .duration(in: range), default: .seconds(7 * 86_400))
      token = try reader.secret("token")
      labels = try Settings.labels(
        reader.value("labels", .strings, default: []), reader)
    }

    /// `name=value` each.
    private static func labels(
      _ texts: [String], _ reader: ConfigurationReader
    ) throws(ConfigurationError) -> [(name: String, value: String)] {
      var labels: [(name: String, value: String)] = []
      for text in texts {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let taken = ["alertname", "vigil_group"] + labels.map(\.name)
        guard parts.count == 2, AlertmanagerAlerts.isLabelName(parts[0]), !taken.contains(parts[0]),
          labels.count < labelCountMax
        else {
          throw reader.error(
            "labels",
            "found \(Quotation.quoted(text)): expected at most \(labelCountMax) of name=value, "
              + "each name once, and neither alertname nor vigil_group")
        }
        labels.append((parts[0], parts[1]))
      }
      return labels
    }
  }

  let events: Set<AlertNotification.Event>
  private let format: AlertmanagerAlerts
  private let delivery: HTTPDelivery

  init(_ common: SinkSettings, _ settings: Settings, _ context: SinkContext) {
    events = common.events
    format = AlertmanagerAlerts(labels: settings.labels, holdSeconds: settings.hold.secondCount)
    delivery = HTTPDelivery(
      settings.http, timeout: common.timeout, secrets: settings.token.map { [$0] } ?? [], context)
  }

  func deliver(_ notification: AlertNotification) async -> AlertOutcome {
    let format = format
    return await delivery.post { (values) throws(SinkError) in
      var headers: HTTPHeaders = [:]
      if let token = values.secrets.first { try headers.appendBearer(token) }
      return (
        values.url.appending("/api/v2/alerts"), headers,
        format.bytes(notification, at: values.now)
      )
    }
  }
}
