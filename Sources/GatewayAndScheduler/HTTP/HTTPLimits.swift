/// What the server takes from one peer, and for how long. Every limit is enforced.
package struct HTTPLimits: Sendable, Equatable {
  /// Bytes of the longest request body taken; a longer one is answered with 413.
  ///
  /// As many bytes again are read and dropped, so that the answer reaches a peer that is still
  /// sending; after that the connection is cut.
  package var bodyByteCountMax = 1 << 20
  /// Bytes that request line, headers and the library's notes on them may take together.
  package var headerByteCountMax = 32 << 10
  /// Most header fields; more are answered with 431.
  package var headerCountMax = 100
  /// Most connections at once; further ones wait in the kernel's queue.
  package var connectionCountMax = 256
  /// Longest wait for a request line: after the accept, and between requests.
  package var idleMax: Duration = .seconds(30)
  /// Longest time from the request line to the last byte of the body.
  package var receivingMax: Duration = .seconds(30)
  /// Longest time for a handler; then it is cancelled and 503 is answered for it.
  package var handlingMax: Duration = .seconds(60)
  /// Longest time for the peer to take the response.
  package var sendingMax: Duration = .seconds(60)

  package init() {}

  /// How often deadlines are looked at: a quarter of the shortest, within 10 ms and 1 s. A limit is
  /// overrun by at most this.
  var tick: Duration {
    let shortest = min(min(idleMax, receivingMax), min(handlingMax, sendingMax))
    return max(.milliseconds(10), min(.seconds(1), shortest / 4))
  }

  /// Whole seconds of silence after which the library itself cuts a connection: later than any limit
  /// here, as a second line behind them.
  var silenceSecondsMax: Int64 {
    let longest = max(max(idleMax, receivingMax), sendingMax)
    return min(longest.components.seconds, 1_000_000) + 10
  }
}
