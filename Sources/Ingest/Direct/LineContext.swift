/// Where in a line of a known emitter a key stands, as far as that gives the key a meaning.
enum LineContext: UInt8, Sendable, CaseIterable {
  /// The outermost object.
  case root
  /// Caddy's `request`, its headers, and the answer's.
  case request, requestHeaders, responseHeaders
  /// Caddy's `request.tls`.
  case tls
  /// Luigi's `context`, `task` and `dependency`.
  case runContext, task, dependency
  /// Any other object: its keys mean nothing to a record.
  case other
  /// Any other object that maps header names to values.
  case otherHeaders

  static let count = allCases.count

  /// Whether the keys are names of headers.
  var isHeaders: Bool {
    switch self {
    case .requestHeaders, .responseHeaders, .otherHeaders: true
    default: false
    }
  }
}

/// The places of a line that a record is made from. Raw values count from 0 without a gap.
///
/// Of the outermost object first, in any order; then those of the objects in it.
enum LinePlace: UInt8, Sendable, CaseIterable {
  // Of several emitters.
  case schema, ts, event, runID, requestID, job, params, groups, trigger, host, pid, owner, attempt
  case traceID, message, reason, task, source
  // Caddy.
  case level, logger, msg, request, userID, duration, size, status, bytesRead, responseHeaders
  case uuid, traceIDCaddy, errorID
  // The launcher.
  case user, traceparent, exitCode, seconds, cpuSeconds, maxRSSBytes, readBytes, writeBytes
  case timedOut, killedBy
  // Luigi.
  case context, attemptInProcess, elapsed, dependency, exception
  // Native records.
  case version, kind, id, principal, principalType, issuer, zone, remoteIP, remotePort, userAgent
  case method, path, queryKeys, durationSeconds, bytesIn, bytesOut, tlsVersion, tlsCipher, vantage
  case signal, taskID, dependsOn
  /// Keys of records that make one unusual.
  case unusual

  // In Caddy's `request`, its headers and the answer's.
  case clientAddress, peerAddress, peerPort, requestMethod, requestHost, uri, agent
  case answerRequestID, answerRunID, answerLocation, answerGroups
  case protocolVersion, cipherSuite
  // In Luigi's objects.
  case contextRequestID, contextUser, contextGroups, contextTrigger, contextJob, contextTraceparent
  case luigiTaskID, luigiFamily, luigiParams, luigiOwner, dependencyID

  static let count = allCases.count
}

/// A set of places.
struct LinePlaces: Sendable {
  private(set) var bits: UInt128 = 0

  init() {}

  init(_ places: [LinePlace]) { for place in places { insert(place) } }

  mutating func insert(_ place: LinePlace) { bits |= 1 << UInt128(place.rawValue) }

  func contains(_ place: LinePlace) -> Bool { bits >> UInt128(place.rawValue) & 1 != 0 }

  var count: Int { bits.nonzeroBitCount }

  func isSubset(of other: LinePlaces) -> Bool { bits & ~other.bits == 0 }
}
