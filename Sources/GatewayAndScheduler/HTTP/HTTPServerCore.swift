import Synchronization

/// What the server decides between the library's callbacks and the handlers.
///
/// Called on the daemon's thread, on the tasks of the handlers and by the clock; every short state is
/// under one lock, and no lock is held while a handler runs.
final class HTTPServerCore: Sendable {
  let limits: HTTPLimits
  private let handler: HTTPHandler
  /// Time since the server started.
  private let now: @Sendable () -> Duration
  private let incidents: HTTPIncidentHandler

  private enum Lifecycle {
    case serving
    /// Answers what has begun; at the deadline, 503 for what is left.
    case draining(deadline: Duration)
    /// No request reaches a handler any more.
    case sealed(deadline: Duration)
  }

  private struct State {
    var table: ConnectionTable
    var exchanges: [UInt: HTTPExchange] = [:]
    var lifecycle = Lifecycle.serving
    var counters = HTTPServerCounters()
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  init(
    limits: HTTPLimits, now: @escaping @Sendable () -> Duration,
    incidents: @escaping HTTPIncidentHandler, handler: @escaping HTTPHandler
  ) {
    self.limits = limits
    self.incidents = incidents
    self.now = now
    self.handler = handler
    state = Mutex(State(table: ConnectionTable(limits: limits)))
  }

  var counters: HTTPServerCounters { state.withLock { $0.counters } }

  // MARK: Connections

  func opened(descriptor: Int32) -> UInt {
    let peer = SocketPeer.of(descriptor)
    return state.withLock { state in
      state.counters.connections += 1
      return state.table.open(descriptor: descriptor, peer: peer, now: now())
    }
  }

  /// The descriptor is closed as soon as this returns; nothing refers to it after.
  func closed(number: UInt) {
    let (connection, waiter) = state.withLock { state in
      let connection = state.table.close(number)
      let isLast = state.table.connections.isEmpty
      return (connection, isLast ? HTTPServerCore.takeWaiter(&state) : nil)
    }
    waiter?.resume()
    // Connections that say nothing are opened by every health check.
    if let connection, !connection.hasRequested, SocketPeer.hasSent(connection.descriptor) {
      incidents(
        HTTPIncident(
          .noRequest, peer: connection.peer, target: nil, status: nil,
          reason: "what was sent is no request line, or not all of one in time"))
    }
  }

  private func peer(_ number: UInt) -> HTTPPeer {
    state.withLock { $0.table.connections[number]?.peer } ?? .unnamed
  }

  private func tell(
    _ kind: HTTPIncident.Kind, _ exchange: HTTPExchange, _ status: HTTPStatus?, _ reason: String
  ) {
    incidents(
      HTTPIncident(
        kind, peer: peer(exchange.number), target: exchange.rawTarget, status: status,
        reason: reason))
  }

  // MARK: Requests

  func began(number: UInt, target: [UInt8]) -> HTTPExchange {
    state.withLock { state in
      state.counters.requests += 1
      state.table.enter(.receiving, number, now: now())
    }
    return HTTPExchange(number: number, rawTarget: target)
  }

  /// Looks at the head: the answer to a request that no handler is to see, or nil to go on.
  func refusal(of exchange: HTTPExchange, method: [UInt8], fields: [RawField]) -> HTTPResponse? {
    switch RequestHead.judge(
      method: method, target: exchange.rawTarget, fields: fields, peer: peer(exchange.number),
      limits: limits)
    {
    case .success(let head):
      exchange.accept(head)
      return nil
    case .failure(let refusal):
      exchange.end()
      state.withLock { $0.counters.refused += 1 }
      tell(.refused, exchange, refusal.response.status, refusal.reason)
      return prepared(refusal.response, exchange)
    }
  }

  /// False to cut the connection.
  func received(_ bytes: [UInt8], for exchange: HTTPExchange) -> Bool {
    guard exchange.append(bytes, byteCountMax: limits.bodyByteCountMax) else {
      exchange.end()
      state.withLock { $0.counters.cutOff += 1 }
      tell(.cutOff, exchange, nil, "more than twice the \(limits.bodyByteCountMax) bytes of a body")
      return false
    }
    return true
  }

  /// The answer to a complete request; nil when the connection now waits for its handler.
  func answer(_ exchange: HTTPExchange, connection: UInt) -> HTTPResponse? {
    if let answer = exchange.takeAnswer() { return prepared(answer, exchange) }
    guard let request = exchange.completeRequest() else {
      exchange.end()
      state.withLock { $0.counters.refused += 1 }
      tell(.refused, exchange, .contentTooLarge, RequestRefusal.contentTooLarge)
      return prepared(.text(.contentTooLarge, RequestRefusal.contentTooLarge), exchange)
    }
    let isSealed = state.withLock { state in
      if case .sealed = state.lifecycle { return true }
      state.table.enter(.handling, exchange.number, now: now())
      state.exchanges[exchange.number] = exchange
      return false
    }
    guard !isSealed else { return prepared(HTTPServerCore.stopping, exchange) }
    guard exchange.suspend(connection) else {
      return prepared(exchange.takeAnswer() ?? HTTPServerCore.stopping, exchange)
    }
    exchange.attach(Task.detached { [handler] in exchange.answer(await handler(request)) })
    return nil
  }

  /// - Parameter status: of the answer that is queued, the library's own included; 0 for none.
  func ended(_ exchange: HTTPExchange, status: Int) {
    if exchange.end() { tellUnfinished(exchange, status) }
    state.withLock { state in
      state.exchanges[exchange.number] = nil
      state.table.enter(.idle, exchange.number, now: now())
      if case .serving = state.lifecycle { return }
      HTTPServerCore.shutDown(&state, exchange.number)
    }
  }

  /// Neither was the request complete nor did we answer it.
  private func tellUnfinished(_ exchange: HTTPExchange, _ status: Int) {
    let isTold = state.withLock { state in
      if status >= 400 { state.counters.refused += 1 }
      return state.table.connections[exchange.number]?.isOverdue ?? false
    }
    guard !isTold else { return }
    if status >= 400 {
      tell(.refused, exchange, HTTPStatus(code: status), "refused by the HTTP library")
    } else {
      tell(.cutOff, exchange, nil, "the peer left before the end of its request")
    }
  }

  /// A response as it goes out: framing headers are the library's; what cannot be written is 500.
  private func prepared(_ response: HTTPResponse, _ exchange: HTTPExchange) -> HTTPResponse {
    var result = response
    if response.headers.firstUnsendable != nil {
      result = .text(.internalServerError, "internal error")
    }
    for name in ["Content-Length", "Transfer-Encoding", "Connection"] {
      result.headers.remove(name)
    }
    state.withLock { state in
      if response.headers.firstUnsendable != nil { state.counters.unsendable += 1 }
      state.exchanges[exchange.number] = nil
      state.table.enter(.sending, exchange.number, now: now())
      if case .serving = state.lifecycle { return }
      result.headers.append("Connection", "close")
    }
    return result
  }

  // MARK: Time and the end

  /// Cuts what is out of time; to be called every `HTTPLimits.tick`.
  func tick() {
    var slow: [HTTPPeer] = []
    let (late, waiter) = state.withLock { state in
      let now = now()
      var late: [HTTPExchange] = []
      for overdue in state.table.takeOverdue(now: now) {
        if overdue.phase == .handling, let exchange = state.exchanges[overdue.number] {
          state.counters.handlersOverdue += 1
          late.append(exchange)
        } else {
          state.counters.cutOff += 1
          if overdue.phase == .receiving, let peer = state.table.connections[overdue.number]?.peer {
            slow.append(peer)
          }
          HTTPServerCore.shutDown(&state, overdue.number)
        }
      }
      return (late + advance(&state, now), HTTPServerCore.takeWaiter(&state, at: now))
    }
    for exchange in late { exchange.answer(.text(.serviceUnavailable, "timed out")) }
    for peer in slow {
      incidents(
        HTTPIncident(
          .cutOff, peer: peer, target: nil, status: nil,
          reason: "the rest of a request did not come within \(limits.receivingMax)"))
    }
    waiter?.resume()
  }

  /// Past the deadline of the drain: seals, and returns what must be answered at once.
  private func advance(_ state: inout State, _ now: Duration) -> [HTTPExchange] {
    guard case .draining(let deadline) = state.lifecycle, deadline <= now else { return [] }
    return HTTPServerCore.seal(&state, deadline: now + HTTPServerCore.lastAnswersMax)
  }

  /// How long the 503 of a drain that ran out may take to be sent.
  static let lastAnswersMax = Duration.seconds(1)

  /// Returns when every connection has closed, or a second after the deadline.
  func drain(within limit: Duration) async {
    await withCheckedContinuation { continuation in
      let isDone = state.withLock { state in
        guard case .serving = state.lifecycle, !state.table.connections.isEmpty else { return true }
        state.lifecycle = .draining(deadline: now() + limit)
        state.waiter = continuation
        for (number, connection) in state.table.connections where connection.phase == .idle {
          HTTPServerCore.shutDown(&state, number)
        }
        return false
      }
      if isDone { continuation.resume() }
    }
  }

  /// Lets no request through to a handler any more and answers those that are with one.
  ///
  /// After this no connection is suspended, nor will be: the daemon may be stopped.
  func seal() {
    let left = state.withLock { HTTPServerCore.seal(&$0, deadline: now()) }
    for exchange in left { exchange.answer(HTTPServerCore.stopping) }
  }

  private static let stopping = HTTPResponse.text(.serviceUnavailable, "stopping")

  private static func seal(_ state: inout State, deadline: Duration) -> [HTTPExchange] {
    state.lifecycle = .sealed(deadline: deadline)
    for (number, connection) in state.table.connections where connection.phase != .handling {
      shutDown(&state, number)
    }
    return Array(state.exchanges.values)
  }

  /// Ends both directions of a connection, which makes the daemon close it. Under the lock: `closed`
  /// cannot have happened yet, so that the descriptor is still this connection's.
  private static func shutDown(_ state: inout State, _ number: UInt) {
    if let connection = state.table.connections[number] {
      SocketPeer.shutDown(connection.descriptor)
    }
  }

  /// The waiter of a drain that is over: always, or from the deadline of the seal.
  private static func takeWaiter(
    _ state: inout State, at now: Duration? = nil
  ) -> CheckedContinuation<Void, Never>? {
    if let now {
      guard case .sealed(let deadline) = state.lifecycle, deadline <= now else { return nil }
    }
    defer { state.waiter = nil }
    return state.waiter
  }
}
