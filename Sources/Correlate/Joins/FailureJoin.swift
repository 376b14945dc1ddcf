internal import Ingest

/// Joins the gateway's error lines, which carry no request id, to the requests that failed.
///
/// A pair has the same peer address, port and path, no contradicting status, and lies within
/// `secondsMax`; of several the nearest in time; each is used once. Measured on Caddy 2.6.2: the
/// error line precedes the access line by 0.009 to 0.44 ms, and one connection repeats a path no
/// faster than it is answered. Holds what came within the last `secondsMax` only.
struct FailureJoin: Sendable, Codable {
  /// Seconds between the two lines of one failure.
  static let secondsMax = 0.05
  /// The most requests, and the most error lines, of one peer and path that wait for each other;
  /// beyond it the oldest stay unjoined.
  static let candidateCountMax = 256

  private struct Key: Hashable, Sendable, Codable {
    let remoteIP: String
    let remotePort: Int
    let path: String

    init?(_ remoteIP: String?, _ remotePort: Int?, _ path: String?) {
      guard let remoteIP, let remotePort, let path else { return nil }
      self.remoteIP = remoteIP
      self.remotePort = remotePort
      self.path = path
    }
  }

  /// An activity by its slot, and by the serial that tells whether it is still there.
  struct Tenant: Sendable, Codable {
    let slot: Int
    let serial: Int
  }

  private struct Use: Sendable, Codable {
    let timestamp: Timestamp
    let key: Key
  }

  /// A failed request that looks for its error line.
  struct Request: Sendable, Codable {
    let timestamp: Timestamp
    let status: Int?
    let activity: Tenant?
  }

  /// An error line that looks for its request.
  struct Failure: Sendable, Codable {
    let timestamp: Timestamp
    let status: Int?
    let index: Int
    let reason: String?
  }

  private var requests: [Key: [Request]] = [:]
  private var failures: [Key: [Failure]] = [:]
  /// Keys in the order in which they were used, to forget them by.
  private var recent: [Use] = []
  private var recentStart = 0

  /// The error line of a request that failed, taken out; nil when none has come yet.
  mutating func takeFailure(for record: RequestRecord, at timestamp: Timestamp) -> Failure? {
    forget(before: timestamp)
    guard let key = Key(record.remoteIP, record.remotePort, record.path) else { return nil }
    return FailureJoin.takeNearest(&failures[key], to: timestamp, status: record.status) {
      ($0.timestamp, $0.status)
    }
  }

  /// The request of an error line, taken out; nil when it has not come yet.
  mutating func takeRequest(for record: ControlRecord, at timestamp: Timestamp) -> Request? {
    forget(before: timestamp)
    guard let key = Key(record.remoteIP, record.remotePort, record.path) else { return nil }
    return FailureJoin.takeNearest(&requests[key], to: timestamp, status: record.status) {
      ($0.timestamp, $0.status)
    }
  }

  mutating func remember(_ request: Request, _ record: RequestRecord) {
    guard let key = Key(record.remoteIP, record.remotePort, record.path) else { return }
    FailureJoin.append(request, to: &requests[key, default: []])
    recent.append(Use(timestamp: request.timestamp, key: key))
  }

  mutating func remember(_ failure: Failure, _ record: ControlRecord) {
    guard let key = Key(record.remoteIP, record.remotePort, record.path) else { return }
    FailureJoin.append(failure, to: &failures[key, default: []])
    recent.append(Use(timestamp: failure.timestamp, key: key))
  }

  private static func append<Element>(_ element: Element, to list: inout [Element]) {
    if list.count >= candidateCountMax { list.removeFirst() }
    list.append(element)
  }

  private static func takeNearest<Element>(
    _ candidates: inout [Element]?, to timestamp: Timestamp, status: Int?,
    _ facts: (Element) -> (timestamp: Timestamp, status: Int?)
  ) -> Element? {
    guard var list = candidates else { return nil }
    var nearest: (offset: Int, seconds: Double)?
    for (offset, candidate) in list.enumerated() {
      let (time, stated) = facts(candidate)
      let seconds = abs(timestamp.seconds(since: time))
      let isConsistent = stated == nil || status == nil || stated == status
      guard isConsistent, seconds <= secondsMax, seconds < nearest?.seconds ?? .infinity else {
        continue
      }
      nearest = (offset, seconds)
    }
    guard let nearest else { return nil }
    let element = list.remove(at: nearest.offset)
    candidates = list.isEmpty ? nil : list
    return element
  }

  private mutating func forget(before timestamp: Timestamp) {
    let oldest = timestamp.advanced(bySeconds: -FailureJoin.secondsMax)
    while recentStart < recent.count, recent[recentStart].timestamp < oldest {
      let key = recent[recentStart].key
      requests[key]?.removeAll { $0.timestamp < oldest }
      failures[key]?.removeAll { $0.timestamp < oldest }
      if requests[key]?.isEmpty == true { requests[key] = nil }
      if failures[key]?.isEmpty == true { failures[key] = nil }
      recentStart += 1
    }
    guard recentStart > 1024, recentStart * 2 > recent.count else { return }
    recent.removeFirst(recentStart)
    recentStart = 0
  }
}
