import Detect
import GatewayAndScheduler
import Ingest

/// One attempt over HTTP: secrets read, the request made and sent, the answer judged.
///
/// When the receiver will not have us and one of the secrets has become another one meanwhile, the attempt
/// is made once more with it, in the time that is left.
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
      let (outcome, isDoubtful) = try await send(values, within: timeout, make)
      guard isDoubtful, let renewed = try await renewed(values) else { return outcome }
      let left = timeout.left(since: values.now, at: context.surroundings.now())
      return try await send(renewed, within: left, make).outcome
    } catch {
      // Nothing that the receiver said: the same may work when the secret is there.
      return .retry(reason: AlertOutcome.shortened("\(error)", hiding: []), after: nil)
    }
  }

  /// - Returns: also whether it may be for one of the secrets.
  private func send(
    _ values: Values, within timeout: Duration,
    _ make: @Sendable (Values) throws(SinkError) -> (url: String, HTTPHeaders, body: [UInt8])
  ) async throws(SinkError) -> (outcome: AlertOutcome, isDoubtful: Bool) {
    var (url, headers, body) = try make(values)
    headers.append("Content-Type", "application/json")
    headers.append("User-Agent", "Vigil/\(Assembly.version)")
    var request = HTTPClientRequest(
      .post, url, headers: headers, body: body, timeout: timeout,
      responseByteCountMax: HTTPDelivery.answerByteCountMax, authorityFile: http.authorityFile)
    // It has the message when it says so, however it goes on from there.
    request.takesCutBody = true
    do throws(HTTPClientError) {
      let response = try await context.client.send(request)
      let outcome = AlertOutcome.of(
        response, at: context.surroundings.now(), hiding: HTTPDelivery.hidden(values))
      return (outcome, AlertOutcome.isDoubtful(response.status))
    } catch {
      return (.retry(reason: "\(error)", after: nil), false)
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

extension Duration {
  /// What is left of an attempt's time, by a clock that may have been set meanwhile: at least 1 ms.
  func left(since start: Timestamp, at now: Timestamp) -> Duration {
    let spent = Duration.microseconds(max(0, now.microseconds - start.microseconds))
    return max(.milliseconds(1), self - spent)
  }
}

extension AlertOutcome {
  /// Characters of a receiver's own words.
  private static let answerCharacterCountMax = 200

  /// Statuses that speak of the message: what it says, its size, its kind, its sense. All others speak of
  /// the receiver, the way to it or who we are, which somebody may mend while the message waits.
  private static let refusals: Set<Int> = [400, 413, 415, 422]
  /// Statuses of the 400s that say when, not who.
  private static let delays: Set<Int> = [408, 409, 421, 425, 429]

  /// Whether a status may be for a secret that has been changed: a key or token, or the URL itself.
  static func isDoubtful(_ status: HTTPStatus) -> Bool {
    (400..<500).contains(status.code) && !delays.contains(status.code)
  }

  /// What an answer means: 2xx has it; what speaks of the message refuses it; all else later.
  static func of(
    _ response: HTTPClientResponse, at now: Timestamp, hiding hidden: [String]
  ) -> AlertOutcome {
    let code = response.status.code
    if response.status.isSuccess { return .delivered }
    let pause = response.headers["Retry-After"].flatMap { RetryAfter.pause($0, at: now) }
    if (300..<400).contains(code) {
      return .retry(reason: "status \(code): redirects are not followed", after: pause)
    }
    guard isDoubtful(response.status) else {
      return .retry(reason: "status \(code)", after: pause)
    }
    let answer = shortened(String(decoding: response.body, as: UTF8.self), hiding: hidden)
    let reason = answer.isEmpty ? "status \(code)" : "status \(code): \(answer)"
    return refusals.contains(code) ? .refused(reason: reason) : .retry(reason: reason, after: pause)
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
