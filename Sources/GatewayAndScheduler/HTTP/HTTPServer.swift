import Synchronization

/// An HTTP/1.1 server for this host: loopback or a Unix socket, no TLS.
///
/// One thread of libmicrohttpd parses and sends; each complete request runs its handler in a task of
/// its own, and the connection sleeps until the answer is there. Requests on one connection are
/// answered in order, one at a time. Nothing that a peer sends ends the process: what is malformed
/// is answered or cut, and counted.
package final class HTTPServer: Sendable {
  /// Where it listens, with the port that the kernel chose.
  package let endpoint: HTTPEndpoint
  private let core: HTTPServerCore
  private let daemon: MicroHTTPDaemon
  private let listener: Mutex<ListeningSocket?>
  private let sleep: @Sendable (Duration) async throws -> Void
  private let clockwork: Task<Void, Never>

  /// Listens, and serves from the moment it returns.
  ///
  /// - Parameters:
  ///   - clock: drives every limit of `limits`.
  ///   - incidents: is told of what no handler sees.
  package init(
    at endpoint: HTTPEndpoint, limits: HTTPLimits = HTTPLimits(), clock: some Clock<Duration>,
    incidents: @escaping HTTPIncidentHandler = { _ in }, handler: @escaping HTTPHandler
  ) throws(HTTPServerError) {
    let start = clock.now
    let core = HTTPServerCore(
      limits: limits, now: { start.duration(to: clock.now) }, incidents: incidents,
      handler: handler)
    let socket = try ListeningSocket(endpoint)
    self.endpoint = socket.endpoint
    guard
      let daemon = MicroHTTPDaemon(listening: socket.descriptor, limits: limits, core: core)
    else {
      socket.close()
      throw .libraryRefused(endpoint)
    }
    self.core = core
    self.daemon = daemon
    listener = Mutex(socket)
    let sleep: @Sendable (Duration) async throws -> Void = { try await clock.sleep(for: $0) }
    self.sleep = sleep
    clockwork = Task.detached {
      while !Task.isCancelled {
        try? await sleep(limits.tick)
        core.tick()
      }
    }
  }

  /// What has happened so far.
  package var counters: HTTPServerCounters { core.counters }

  /// Takes no more connections, answers what has begun, then closes everything.
  ///
  /// Idle connections are closed at once. A handler that is still at work after `limit` is cancelled
  /// and 503 is answered for it. Returns at the latest about a second after that. Only the first
  /// call does all this; others return at once.
  package func stop(draining limit: Duration) async {
    guard stopListening() else { return }
    // The drain's own deadlines, which are not to wait for the next tick.
    let alarm = Task.detached { [sleep, core] in
      for wait in [limit, HTTPServerCore.lastAnswersMax] {
        try? await sleep(wait)
        core.tick()
      }
    }
    await core.drain(within: limit)
    alarm.cancel()
    finish()
    await alarm.value
    await clockwork.value
  }

  deinit {
    _ = stopListening()
    finish()
  }

  private func stopListening() -> Bool {
    listener.withLock { socket in
      guard let open = socket else { return false }
      daemon.stopListening()
      open.close()
      socket = nil
      return true
    }
  }

  private func finish() {
    clockwork.cancel()
    core.seal()
    daemon.stop()
  }
}

/// What a server has done since it started.
package struct HTTPServerCounters: Sendable, Equatable {
  /// Connections accepted.
  package var connections = 0
  /// Request lines read.
  package var requests = 0
  /// Requests answered without a handler, because of what they are.
  package var refused = 0
  /// Connections cut because the peer was too slow.
  package var cutOff = 0
  /// Handlers that were cancelled for taking too long.
  package var handlersOverdue = 0
  /// Responses that a handler gave headers that cannot be sent; answered with 500.
  package var unsendable = 0
}
