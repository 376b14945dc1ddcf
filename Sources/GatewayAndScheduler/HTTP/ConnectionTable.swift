/// The open connections, what each is doing, and until when it may.
///
/// Pure: told what happened and the time, it answers with what is overdue. A connection goes
/// idle -> receiving -> handling -> sending -> idle, and may close at any point. libmicrohttpd's own
/// timeout only sees inactivity, so a peer that drips one byte a second would live for ever.
package struct ConnectionTable {
  /// What a connection is doing.
  package enum Phase: Hashable, Sendable {
    /// No request line yet.
    case idle
    /// Request line read, the rest under way.
    case receiving
    /// With the handler; the socket is not read.
    case handling
    case sending
  }

  /// One open connection; `descriptor` is its socket.
  package struct Connection: Sendable {
    package let descriptor: Int32
    package let peer: HTTPPeer
    package fileprivate(set) var phase: Phase
    /// Whether a request line was ever read on it.
    package fileprivate(set) var hasRequested = false
    /// Nil once it has been reported as overdue.
    fileprivate var deadline: Duration?

    /// Whether it was reported as overdue in its present phase.
    package var isOverdue: Bool { deadline == nil }
  }

  /// A connection that is out of time.
  package struct Overdue: Hashable, Sendable {
    package let number: UInt
    package let phase: Phase

    package init(number: UInt, phase: Phase) {
      self.number = number
      self.phase = phase
    }
  }

  private let limits: HTTPLimits
  private var lastNumber: UInt = 0
  /// The open ones, by number.
  package private(set) var connections: [UInt: Connection] = [:]

  package init(limits: HTTPLimits) { self.limits = limits }

  /// A new connection; its number is never 0 and never used again.
  package mutating func open(descriptor: Int32, peer: HTTPPeer, now: Duration) -> UInt {
    lastNumber += 1
    connections[lastNumber] = Connection(
      descriptor: descriptor, peer: peer, phase: .idle, deadline: now + limits.idleMax)
    return lastNumber
  }

  /// Notes a step; a connection that has closed meanwhile stays closed.
  package mutating func enter(_ phase: Phase, _ number: UInt, now: Duration) {
    guard var connection = connections[number] else { return }
    connection.phase = phase
    connection.hasRequested = true
    connection.deadline = now + longest(phase)
    connections[number] = connection
  }

  /// Forgets a connection; what was known of it.
  @discardableResult
  package mutating func close(_ number: UInt) -> Connection? {
    connections.removeValue(forKey: number)
  }

  /// The connections whose deadline has passed, each reported once for each phase it enters.
  package mutating func takeOverdue(now: Duration) -> [Overdue] {
    var result: [Overdue] = []
    for (number, connection) in connections {
      guard let deadline = connection.deadline, deadline <= now else { continue }
      connections[number]?.deadline = nil
      result.append(Overdue(number: number, phase: connection.phase))
    }
    return result
  }

  private func longest(_ phase: Phase) -> Duration {
    switch phase {
    case .idle: limits.idleMax
    case .receiving: limits.receivingMax
    case .handling: limits.handlingMax
    case .sending: limits.sendingMax
    }
  }
}
