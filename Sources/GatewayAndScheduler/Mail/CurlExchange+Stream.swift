internal import CCurl
internal import CPlatform

extension CurlExchange {
  /// How long a server has to hang up on a stranger, in milliseconds: behind that it has taken the
  /// bytes.
  static let settlingMilliseconds: Int64 = 100

  /// Sends all bytes over the connection that a connect-only transfer has made, and waits until the
  /// peer's system has acknowledged them and the peer has not hung up at once.
  ///
  /// - Parameter deadline: on the clock of `vigil_steady_microseconds`.
  func stream(_ bytes: [UInt8], until deadline: Int64) -> CURLcode {
    // SAFETY: the handle is ours, connected, and in its multi handle.
    let socket = unsafe vigil_curl_get_socket(UnsafeMutableRawPointer(bitPattern: easy))
    guard socket >= 0 else { return CURLE_COULDNT_CONNECT }
    var mask = sigset_t()
    // SAFETY: the mask is a local.
    let blocked = unsafe vigil_pipe_signal_block(&mask)
    defer { if blocked == 0 { unsafe vigil_pipe_signal_restore(&mask) } }
    var offset = 0
    while offset < bytes.count {
      let (code, count) = send(bytes, from: offset)
      offset += count
      if code == CURLE_OK { continue }
      guard code == CURLE_AGAIN else { return code }
      guard pause(socket, forWriting: true, until: deadline) else { return endOfWait }
    }
    return settle(socket, until: deadline)
  }

  private var endOfWait: CURLcode {
    isCancelled ? CURLE_ABORTED_BY_CALLBACK : CURLE_OPERATION_TIMEDOUT
  }

  private func send(_ bytes: [UInt8], from offset: Int) -> (CURLcode, Int) {
    var count = 0
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    // SAFETY: the pointer and the length stay within the array, for `offset` is below its count.
    let code = unsafe bytes.withUnsafeBytes { raw in
      unsafe curl_easy_send(
        handle, raw.baseAddress?.advanced(by: offset), raw.count - offset, &count)
    }
    return (code, count)
  }

  private func settle(_ socket: Int32, until deadline: Int64) -> CURLcode {
    let settled = vigil_steady_microseconds() + CurlExchange.settlingMilliseconds * 1000
    while true {
      let now = vigil_steady_microseconds()
      let isAcknowledged = vigil_socket_unacknowledged(socket) == 0
      if isAcknowledged, now >= settled { return CURLE_OK }
      guard now < deadline, !isCancelled else { return endOfWait }
      guard vigil_socket_wait(socket, 0, 10) & 1 != 0 else { continue }
      // The end, an alert, TLS talking to itself; or words of a relay's own, which nobody asked for.
      guard hasMore() else { return CURLE_RECV_ERROR }
    }
  }

  /// False when the stream has ended or is broken. What came is thrown away.
  private func hasMore() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 512)
    var count = 0
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    // SAFETY: the library writes at most the buffer's length.
    let code = unsafe buffer.withUnsafeMutableBytes { raw in
      unsafe curl_easy_recv(handle, raw.baseAddress, raw.count, &count)
    }
    return code == CURLE_AGAIN || code == CURLE_OK && count > 0
  }

  /// False when the time is over, or the exchange cancelled.
  private func pause(_ socket: Int32, forWriting: Bool, until deadline: Int64) -> Bool {
    while !isCancelled, vigil_steady_microseconds() < deadline {
      if vigil_socket_wait(socket, forWriting ? 1 : 0, 50) & 2 != 0 { return true }
    }
    return false
  }
}
