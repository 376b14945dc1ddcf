import Synchronization

/// One request, from its request line to the end of its answer.
///
/// The daemon's thread fills it; then the connection is suspended, a task runs the handler, and
/// whichever comes first - the handler, the deadline, the server's end - sets the answer and resumes
/// the connection. Suspending and resuming happen under the exchange's lock, so that no resume can
/// overtake its suspend (libmicrohttpd leaves that undefined).
final class HTTPExchange: Sendable {
  /// The connection's number in `ConnectionTable`.
  let number: UInt
  /// The target as it stood in the request line.
  let rawTarget: [UInt8]

  private enum Stage {
    case head
    case body
    case handling(connection: UInt, task: Task<Void, Never>?)
    case answered(HTTPResponse)
    case ended
  }

  private struct State {
    var stage = Stage.head
    var request: HTTPRequest?
    var body: [UInt8] = []
    var droppedByteCount = 0
  }

  private let state = Mutex(State())

  init(number: UInt, rawTarget: [UInt8]) {
    self.number = number
    self.rawTarget = rawTarget
  }

  /// Whether the headers are still to be looked at.
  var isFresh: Bool {
    state.withLock { if case .head = $0.stage { true } else { false } }
  }

  /// Keeps the request's head; its body follows.
  func accept(_ head: HTTPRequest) {
    state.withLock { state in
      state.request = head
      state.stage = .body
    }
  }

  /// Adds body bytes up to `byteCountMax` and drops as many again. False when even those are used
  /// up: the connection is to be cut.
  func append(_ bytes: [UInt8], byteCountMax: Int) -> Bool {
    state.withLock { state in
      if state.droppedByteCount == 0, state.body.count + bytes.count <= byteCountMax {
        state.body.append(contentsOf: bytes)
        return true
      }
      state.droppedByteCount += state.body.count + bytes.count
      state.body = []
      return state.droppedByteCount <= 2 * byteCountMax
    }
  }

  /// The request with its body; nil when the body was too long.
  func completeRequest() -> HTTPRequest? {
    state.withLock { state in
      guard state.droppedByteCount == 0, let head = state.request else { return nil }
      return HTTPRequest(
        method: head.method, target: head.target, headers: head.headers, body: state.body,
        peer: head.peer)
    }
  }

  /// Suspends the connection until `answer`. False when an answer is there already.
  func suspend(_ connection: UInt) -> Bool {
    state.withLock { state in
      guard case .body = state.stage else { return false }
      MicroHTTPDaemon.suspend(connection)
      state.stage = .handling(connection: connection, task: nil)
      return true
    }
  }

  /// Names the task that runs the handler, so that a deadline can cancel it.
  func attach(_ task: Task<Void, Never>) {
    state.withLock { state in
      guard case .handling(let connection, nil) = state.stage else { return }
      state.stage = .handling(connection: connection, task: task)
    }
  }

  /// Sets the answer if there is none yet, cancels the handler and resumes the connection.
  /// Whether this was the first answer.
  @discardableResult
  func answer(_ response: HTTPResponse) -> Bool {
    state.withLock { state in
      switch state.stage {
      case .handling(let connection, let task):
        state.stage = .answered(response)
        task?.cancel()
        MicroHTTPDaemon.resume(connection)
      case .body: state.stage = .answered(response)
      case .head, .answered, .ended: return false
      }
      return true
    }
  }

  /// The answer to send, once.
  func takeAnswer() -> HTTPResponse? {
    state.withLock { state in
      guard case .answered(let response) = state.stage else { return nil }
      state.stage = .ended
      return response
    }
  }

  /// Nothing more can be answered. Whether nothing was: no answer of ours, and no handler at work.
  @discardableResult
  func end() -> Bool {
    state.withLock { state in
      defer { state.stage = .ended }
      switch state.stage {
      case .head, .body: return true
      case .handling, .answered, .ended: return false
      }
    }
  }
}
