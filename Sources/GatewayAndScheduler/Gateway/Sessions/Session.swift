package import Ingest

/// How long sessions live. Seconds.
package struct SessionLimits: Sendable, Equatable {
  /// Since the last use.
  package var idleSeconds = 12 * 3600.0
  /// Since the login, however much it is used.
  package var absoluteSeconds = 7 * 86_400.0
  /// Since the provider last said who it is, where it gives no refresh token, or says nothing of whom it
  /// renews.
  package var withoutRefreshSeconds = 8 * 3600.0
  /// Age at which a cookie is replaced by a new one.
  package var rotationSeconds = 900.0
  /// How long a replaced cookie still counts, for requests that were under way.
  package var graceSeconds = 60.0
  /// How long before its end the provider's word is renewed; a quarter of its life at most.
  package var renewalSeconds = 60.0
  /// Longest time without asking the provider, however long its word lasts: whoever has left it, or a
  /// group, is noticed within this.
  package var renewalMaxSeconds = 3600.0
  /// Most sessions at once; further logins are refused.
  package var countMax = 10_000

  package init() {}

  /// Reads the configuration's `sessions`.
  package init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    func seconds(
      _ key: String, _ fallback: Double, _ reader: inout ConfigurationReader
    ) throws(ConfigurationError) -> Double {
      let found: Duration? = try reader.optional(
        key, .duration(in: .seconds(1) ... .seconds(90 * 86_400)))
      return found.map { $0 / .seconds(1) } ?? fallback
    }
    self.init()
    idleSeconds = try seconds("idle", idleSeconds, &reader)
    absoluteSeconds = try seconds("absolute", absoluteSeconds, &reader)
    withoutRefreshSeconds = try seconds("without_refresh", withoutRefreshSeconds, &reader)
    rotationSeconds = try seconds("rotation", rotationSeconds, &reader)
    graceSeconds = try seconds("grace", graceSeconds, &reader)
    renewalMaxSeconds = try seconds("renewal_max", renewalMaxSeconds, &reader)
    countMax = try reader.value("count_max", .integer(in: 1...100_000), default: countMax)
  }
}

extension SessionLimits {
  /// When a grant given now is to be renewed.
  func renewal(of grant: OIDCGrant, at now: Timestamp) -> Timestamp {
    let life = max(0, grant.expiresAt.seconds(since: now))
    let due = grant.expiresAt.advanced(bySeconds: -min(renewalSeconds, life / 4))
    return min(due, now.advanced(bySeconds: renewalMaxSeconds))
  }
}

/// One login, as it is kept: who, on what tokens, and under which hashes of cookies.
///
/// A cookie goes through three stages. A *pending* one was sent and has not come back: its answer may
/// be lost, so the current one stays good. When it comes back it becomes the *current* one, and what
/// was current is *previous*: good for a grace, then never again.
struct Session: Sendable, Equatable {
  /// A cookie's hash, and when it was sent, or stops being good.
  struct Mark: Sendable, Equatable {
    var digest: Digest
    var at: Timestamp
  }

  /// Cookies kept beside the current one, of each kind.
  static let markCountMax = 4

  /// Names the session in records and in the directory: 32 hex digits; good for nothing else.
  let handle: String
  var identity: Identity
  let createdAt: Timestamp
  var usedAt: Timestamp
  /// Until when the provider's word counts.
  var expiresAt: Timestamp
  /// From when on it is renewed.
  var renewsAt: Timestamp
  var refreshToken: String?
  /// Set while the provider cannot be asked; in memory only.
  var renewalPausedUntil: Timestamp?
  /// For the provider's own logout.
  var idToken: String?
  /// The login's `sub`, for asking the provider about it; nil in sessions kept by earlier versions.
  var subject: String?
  /// When the provider last said who it is.
  var statedAt: Timestamp
  /// The last renewal brought no word of who it is.
  var isSilent = false
  /// Since `at`.
  var current: Mark
  var pending: [Mark] = []
  /// Good until `at`.
  var previous: [Mark] = []

  /// Every hash that leads here.
  var digests: [Digest] { [current.digest] + (pending + previous).map(\.digest) }

  /// What a cookie's coming back means.
  enum Presentation: Equatable {
    case current
    /// A pending one is now the current one: to be kept.
    case promoted
    /// A replaced one within its grace.
    case graced
    /// A replaced one after it.
    case rotatedAway
  }

  mutating func present(_ digest: Digest, at now: Timestamp, grace: Double) -> Presentation {
    if digest == current.digest { return .current }
    if let index = pending.firstIndex(where: { $0.digest == digest }) {
      previous.append(Mark(digest: current.digest, at: now.advanced(bySeconds: grace)))
      previous.removeFirst(max(0, previous.count - Session.markCountMax))
      current = Mark(digest: digest, at: pending[index].at)
      // Other pending ones were sent to the same browser, which keeps one of them.
      pending.remove(at: index)
      return .promoted
    }
    let isGraced = previous.contains { $0.digest == digest && now < $0.at }
    return isGraced ? .graced : .rotatedAway
  }

  /// Whether it is time to send a new cookie: the current one is old, and none was sent just now.
  func isRotationDue(at now: Timestamp, _ limits: SessionLimits) -> Bool {
    now.seconds(since: current.at) >= limits.rotationSeconds
      && pending.allSatisfy { now.seconds(since: $0.at) >= limits.graceSeconds }
  }

  mutating func issue(_ digest: Digest, at now: Timestamp) {
    pending.append(Mark(digest: digest, at: now))
    pending.removeFirst(max(0, pending.count - Session.markCountMax))
  }

  /// Why the session has ended by itself; nil while it has not.
  func end(at now: Timestamp, _ limits: SessionLimits) -> String? {
    if now.seconds(since: usedAt) >= limits.idleSeconds { return "idle" }
    let age = now.seconds(since: createdAt)
    if age >= limits.absoluteSeconds { return "absolute limit" }
    let isAsked = refreshToken != nil && !isSilent
    guard !isAsked, now.seconds(since: statedAt) >= limits.withoutRefreshSeconds else { return nil }
    return refreshToken == nil ? "no refresh token" : "renewals do not say who it is"
  }

  /// Whether the provider's word is to be renewed.
  func isRenewalDue(at now: Timestamp) -> Bool { refreshToken != nil && now >= renewsAt }
}

extension Session: CustomStringConvertible, CustomReflectable {
  /// Without its tokens.
  var description: String { "session \(handle)" }
  var customMirror: Mirror { Mirror(self, children: ["handle": handle]) }
}
