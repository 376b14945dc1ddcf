import Detect
import GatewayAndScheduler
import Ingest

/// One attempt over HTTP: secrets read, the request made and sent, the answer judged.
///
/// When the receiver refuses and one of the secrets has become another one meanwhile, the attempt is
/// made once more with it.
struct HTTPDelivery: Sendable {
  /// Bytes of an answer that are read: what a receiver says is looked at for its status alone, and a
  /// few characters of it shown.
  static let answerByteCountMax = 64 << 10

  /// What a request is made of.
  struct Values: Sendable {
    let url: SinkURL
    /// In the order of `secrets`.
    let secrets: [Secret]
    let now: Timestamp
  }

  private let http: HTTPSinkSettings
  private let timeout: Duration
  private let context: SinkContext
  /// Of the URL, where it is one.
  private let address: RotatingSecret?
  private let secrets: [RotatingSecret]

  init(
    _ http: HTTPSinkSettings, timeout: Duration, secrets: [SecretReference], _ context: SinkContext
  ) {
    self.http = http
    self.timeout = timeout
    self.context = context
    self.secrets = secrets.map { context.secret($0) }
    address =
      if case .secret(let reference) = http.address { context.secret(reference) } else { nil }
  }

  /// Posts what `make` builds.
  func post(
    _ make: @Sendable (Values) throws(SinkError) -> (url: String, HTTPHeaders, body: [UInt8])
  ) async -> AlertOutcome {
    do {
      let values = try await values()
      let outcome = try await send(values, make)
      guard case .refused = outcome, let renewed = try await renewed(values) else { return outcome }
      return try await send(renewed, make)
    } catch {
      // Nothing that the receiver said: the same may work when the secret is there.
      return .retry(reason: AlertOutcome.shortened("\(error)", hiding: []), after: nil)
    }
  }

  private func send(
    _ values: Values,
    _ make: @Sendable (Values) throws(SinkError) -> (url: String, HTTPHeaders, body: [UInt8])
  ) async throws(SinkError) -> AlertOutcome {
    var (url, headers, body) = try make(values)
    headers.append("Content-Type", "application/json")
    headers.append("User-Agent", "Vigil/\(Assembly.version)")
    let request = HTTPClientRequest(
      .post, url, headers: headers, body: body, timeout: timeout,
      responseByteCountMax: HTTPDelivery.answerByteCountMax, authorityFile: http.authorityFile)
    do throws(HTTPClientError) {
      let response = try await context.client.send(request)
      return AlertOutcome.of(
        response, at: context.surroundings.now(), hiding: HTTPDelivery.hidden(values))
    } catch {
      return .retry(reason: "\(error)", after: nil)
    }
  }

  private static func hidden(_ values: Values) -> [String] {
    values.url.hidden + values.secrets.compactMap { $0.revealText() }
  }

  // MARK: Secrets

  private func values() async throws -> Values {
    let now = context.surroundings.now()
    var read: [Secret] = []
    for secret in secrets { read.append(try await secret.secret(at: now)) }
    return Values(url: try url(await address?.secret(at: now)), secrets: read, now: now)
  }

  private func url(_ secret: Secret?) throws(SinkError) -> SinkURL {
    guard let address, let secret else {
      if case .plain(let url) = http.address { return url }
      throw SinkError("found no url")
    }
    guard let text = secret.revealText() else {
      throw SinkError("\(address.reference): found bytes that are no UTF-8")
    }
    do throws(SinkError) {
      return try SinkURL(text, allowsPlain: http.isInsecure)
    } catch {
      throw SinkError("\(address.reference): \(error)")
    }
  }

  /// Nil when every secret is what it was.
  private func renewed(_ values: Values) async throws -> Values? {
    let now = context.surroundings.now()
    var isNew = false
    var read: [Secret] = []
    for (secret, old) in zip(secrets, values.secrets) {
      let fresh = try await secret.refreshed(after: old, at: now)
      isNew = isNew || fresh != nil
      read.append(fresh ?? old)
    }
    var url = values.url
    if let address,
      let fresh = try await address.refreshed(after: Secret(Array(url.text.utf8)), at: now)
    {
      url = try self.url(fresh)
      isNew = true
    }
    return isNew ? Values(url: url, secrets: read, now: now) : nil
  }
}

extension AlertOutcome {
  /// Characters of a receiver's own words.
  private static let answerCharacterCountMax = 200

  /// What an answer means: 2xx has it; 408, 425, 429 and 5xx later; all else never.
  static func of(
    _ response: HTTPClientResponse, at now: Timestamp, hiding hidden: [String]
  ) -> AlertOutcome {
    let code = response.status.code
    if response.status.isSuccess { return .delivered }
    if [408, 425, 429].contains(code) || code >= 500 {
      let pause = response.headers["Retry-After"].flatMap { RetryAfter.pause($0, at: now) }
      return .retry(reason: "status \(code)", after: pause)
    }
    if (300..<400).contains(code) {
      return .refused(reason: "status \(code): redirects are not followed")
    }
    let answer = shortened(String(decoding: response.body, as: UTF8.self), hiding: hidden)
    return .refused(reason: answer.isEmpty ? "status \(code)" : "status \(code): \(answer)")
  }

  /// On one line and cut, without what must not be seen.
  static func shortened(_ text: String, hiding hidden: [String]) -> String {
    var text = text
    // The longest first: a part of it would hide less.
    for secret in hidden.sorted(by: { $0.utf8.count > $1.utf8.count }) where secret.utf8.count >= 4
    {
      text = text.replacing(secret, with: "(hidden)")
    }
    return AlertText.line(text, AlertText.Limit(answerCharacterCountMax, .scalars))
  }
}
