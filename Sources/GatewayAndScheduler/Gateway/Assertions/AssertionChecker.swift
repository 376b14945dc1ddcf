package import Ingest
import Synchronization

/// Believes the gateway's own assertions, each once.
///
/// Stands in the list of the trigger API, and never in that of `/auth/verify`.
package final class AssertionChecker: CredentialChecker {
  private let signer: AssertionSigner
  private let used: Mutex<UsedAssertions>

  /// - Parameter countMax: most assertions remembered; with more in half a minute the rest is refused.
  package init(_ signer: AssertionSigner, countMax: Int = UsedAssertions.countMax) {
    self.signer = signer
    used = Mutex(UsedAssertions(countMax: countMax))
  }

  package func authenticate(_ request: HTTPRequest, at now: Timestamp) async -> Authentication {
    examine(request, at: now)
  }

  /// The same without waiting: nothing here does I/O.
  package func examine(_ request: HTTPRequest, at now: Timestamp) -> Authentication {
    let values = request.headers.values(Assertion.header)
    // A gateway that let an anonymous request through sends the header without a value.
    guard let text = values.first, values != [""] else { return .anonymous }
    guard values.count == 1 else {
      return .refused(CredentialRefusal("malformed", "several assertions"))
    }
    do throws(CredentialRefusal) {
      let assertion = try read(text)
      try check(assertion, request, at: now)
      return .authenticated(assertion.identity, assertion.origin)
    } catch {
      return .refused(error)
    }
  }

  private func read(_ text: String) throws(CredentialRefusal) -> Assertion {
    let bytes = text.utf8
    guard bytes.count <= Assertion.byteCountMax else {
      throw CredentialRefusal("too_long", "assertion of \(bytes.count) bytes")
    }
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].elementsEqual("v1".utf8),
      let payload = Base64URL.bytes(parts[1]), let code = Base64URL.bytes(parts[2]),
      let stated = Digest(code.span)
    else { throw CredentialRefusal("malformed", "assertion") }
    let expected = signer.code(Array(bytes.prefix(parts[0].count + 1 + parts[1].count)))
    // All words at once: the time says nothing about where they differ.
    guard (stated.words ^ expected.words) == .zero else {
      throw CredentialRefusal("bad_signature", "assertion")
    }
    guard let assertion = Assertion(json: payload) else {
      throw CredentialRefusal("malformed", "assertion")
    }
    return assertion
  }

  private func check(
    _ assertion: Assertion, _ request: HTTPRequest, at now: Timestamp
  ) throws(CredentialRefusal) {
    func refusal(_ reason: String, _ detail: String) -> CredentialRefusal {
      var refusal = CredentialRefusal(reason, detail, credential: assertion.identity.credential)
      refusal.credentialID = assertion.identity.credentialID
      refusal.principal = assertion.identity.principal
      return refusal
    }
    guard now < assertion.expiresAt,
      assertion.expiresAt.seconds(since: now) <= 2 * AssertionSigner.lifetimeSeconds
    else { throw refusal("expired", "assertion") }
    guard request.headers.onlyValue("X-Request-Id") == assertion.origin.requestID else {
      throw refusal("replayed", "assertion of another request id")
    }
    guard request.method.rawValue == assertion.method,
      Assertion.targetDigest(request.target.text) == assertion.targetSHA256
    else { throw refusal("replayed", "assertion of another method or target") }
    switch used.withLock({ $0.take(assertion.serial, until: assertion.expiresAt, at: now) }) {
    case .first: return
    case .again: throw refusal("replayed", "assertion used before")
    case .full: throw refusal("replayed", "too many assertions at once to tell")
    }
  }
}

/// Which assertions were used, for as long as they could be used again. Pure.
package struct UsedAssertions: Sendable {
  /// Default limit: 2,000 a second.
  package static let countMax = 65_536

  package enum Outcome: Sendable, Equatable {
    case first, again
    /// There is no room to remember it: to be refused.
    case full
  }

  private let countMax: Int
  private var serials: Set<UInt64> = []
  /// In the order of use; a lifetime is the same for all, so they end nearly in this order.
  private var queue: [(serial: UInt64, until: Timestamp)] = []
  private var head = 0

  package init(countMax: Int) { self.countMax = countMax }

  package var count: Int { serials.count }

  package mutating func take(_ serial: UInt64, until: Timestamp, at now: Timestamp) -> Outcome {
    forget(at: now)
    guard !serials.contains(serial) else { return .again }
    guard serials.count < countMax else { return .full }
    serials.insert(serial)
    queue.append((serial, until))
    return .first
  }

  /// Forgets from the front what has expired. One that expires later than its successor holds them up,
  /// never the other way round.
  private mutating func forget(at now: Timestamp) {
    while head < queue.count, queue[head].until <= now {
      serials.remove(queue[head].serial)
      head += 1
    }
    guard head > 1024, head > queue.count / 2 else { return }
    queue.removeFirst(head)
    head = 0
  }
}
