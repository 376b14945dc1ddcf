import Detect
import GatewayAndScheduler
import Ingest

/// JSON by `POST`, signed after Standard Webhooks.
struct WebhookSink: AlertSink {
  struct Settings: Sendable {
    let http: HTTPSinkSettings
    /// What bodies are signed with.
    let secret: SecretReference
    /// What they are signed with as well, while receivers change over.
    let previousSecret: SecretReference?
    /// Sent as `Authorization: Bearer`.
    let token: SecretReference?

    init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
      http = try HTTPSinkSettings(from: &reader)
      secret = try reader.requiredSecret("secret")
      previousSecret = try reader.secret("previous_secret")
      token = try reader.secret("token")
    }
  }

  let events: Set<AlertNotification.Event>
  private let settings: Settings
  private let delivery: HTTPDelivery

  init(_ common: SinkSettings, _ settings: Settings, _ context: SinkContext) {
    events = common.events
    self.settings = settings
    let secrets = [settings.secret, settings.previousSecret, settings.token].compactMap { $0 }
    delivery = HTTPDelivery(settings.http, timeout: common.timeout, secrets: secrets, context)
  }

  func deliver(_ notification: AlertNotification) async -> AlertOutcome {
    let body = AlertPayload.bytes(notification)
    let keyCount = settings.previousSecret == nil ? 1 : 2
    return await delivery.post { (values) throws(SinkError) in
      let signature = try WebhookSink.signature(
        notification.key, body, values.secrets.prefix(keyCount), at: values.now)
      var headers: HTTPHeaders = [
        "webhook-id": notification.key, "webhook-timestamp": "\(values.now.unixSeconds)",
        "webhook-signature": signature, "Idempotency-Key": notification.key,
      ]
      if values.secrets.count > keyCount {
        try headers.appendBearer(values.secrets[keyCount])
      }
      return (values.url.text, headers, body)
    }
  }

  private static func signature(
    _ id: String, _ body: [UInt8], _ secrets: ArraySlice<Secret>, at now: Timestamp
  ) throws(SinkError) -> String {
    let keys = secrets.compactMap { WebhookSignature.key($0.reveal()) }
    guard keys.count == secrets.count else {
      throw SinkError(
        "webhook secret: found one that is no key: expected 24 bytes or more, or whsec_ and base64")
    }
    return WebhookSignature.header(id: id, at: now, body: body, keys: keys)
  }
}

extension HTTPHeaders {
  /// `Authorization: Bearer` and the token.
  mutating func appendBearer(_ token: Secret) throws(SinkError) {
    guard let text = token.revealText() else { throw SinkError("token: found no UTF-8") }
    append("Authorization", "Bearer \(text)")
  }
}
