internal import CCurl
internal import Dispatch
import Synchronization

/// One connection by libcurl for what is not HTTP: a mail, or a stream of bytes over TCP or TLS.
///
/// Made for one use and let go after it. `perform` runs it on a thread of its own; `cancel` ends its
/// waits from any thread.
final class CurlExchange: Sendable {
  /// Addresses of the CURL and CURLM handles; 0 when the library gave none.
  let easy: UInt
  private let multi: UInt
  private let flag = Atomic<Bool>(false)
  /// Whether the handles may still be used.
  private let isOpen = Mutex(true)

  init() {
    guard CurlLane.isReady else {
      easy = 0
      multi = 0
      return
    }
    // SAFETY: both handles are owned by this object until its deinit.
    easy = UInt(bitPattern: unsafe curl_easy_init())
    multi = UInt(bitPattern: unsafe curl_multi_init())
  }

  deinit { close() }

  /// Lets the handles go. A goodbye (QUIT, the end of TLS) is said, its answer not waited for.
  private func close() {
    let wasOpen = isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
    guard wasOpen else { return }
    // It may be written to a peer that has gone away.
    var mask = sigset_t()
    // SAFETY: this is the one call that gets here, and nothing uses the handles any more; all three
    // functions take null. The easy handle leaves the multi first. The mask is a local.
    let blocked = unsafe vigil_pipe_signal_block(&mask)
    defer { if blocked == 0 { unsafe vigil_pipe_signal_restore(&mask) } }
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: multi)
    let single = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    if multi != 0, easy != 0 {
      // A cancelled exchange says goodbye as well.
      _ = set(CURLOPT_NOPROGRESS, 1)
      unsafe vigil_curl_stop_reading(single)
      unsafe curl_multi_remove_handle(handle, single)
    }
    unsafe curl_easy_cleanup(single)
    unsafe curl_multi_cleanup(handle)
  }

  var isCancelled: Bool { flag.load(ordering: .acquiring) }

  func cancel() {
    flag.store(true, ordering: .releasing)
    isOpen.withLock { isOpen in
      guard isOpen, multi != 0 else { return }
      // SAFETY: curl_multi_wakeup may be called from any thread while the handle lives, and it does
      // while it is open.
      _ = unsafe curl_multi_wakeup(UnsafeMutableRawPointer(bitPattern: multi))
    }
  }

  /// Runs `body` on another thread; cancelling the task makes its waits end.
  static func perform<Value: Sendable>(
    _ body: @escaping @Sendable (CurlExchange) -> Value
  ) async -> Value {
    let exchange = CurlExchange()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        OwnThread.start("curl-exchange") {
          // The answer first, and the goodbye here: no task is to wait for it.
          continuation.resume(returning: body(exchange))
          exchange.close()
        }
      }
    } onCancel: {
      exchange.cancel()
    }
  }

  // MARK: Options

  func set(_ option: CURLoption, _ value: Int) -> CURLcode {
    // SAFETY: the handle is ours, and the option one that takes a long.
    unsafe vigil_curl_set_long(UnsafeMutableRawPointer(bitPattern: easy), option, value)
  }

  func set(_ option: CURLoption, _ value: String) -> CURLcode {
    // SAFETY: the handle is ours, and the option one whose string the library copies.
    unsafe vigil_curl_set_string(UnsafeMutableRawPointer(bitPattern: easy), option, value)
  }

  /// What every exchange has: its URL and protocols, verified TLS of 1.2 and up, an end.
  ///
  /// The end is the whole timeout, for each reply too: libcurl allows two minutes otherwise, and a server
  /// that looks through a mail before it takes it may use all the time that it is given.
  func configure(
    _ url: String, protocols: String, authorityFile: String?, timeout: Duration
  ) -> CURLcode {
    guard easy != 0, multi != 0 else { return CURLE_FAILED_INIT }
    let (seconds, attoseconds) = timeout.components
    let milliseconds = min(max(0, seconds), 100_000) * 1000 + attoseconds / 1_000_000_000_000_000
    var codes = [
      set(CURLOPT_URL, url), set(CURLOPT_PROTOCOLS_STR, protocols), set(CURLOPT_NOSIGNAL, 1),
      set(CURLOPT_PROXY, ""), set(CURLOPT_SSL_VERIFYPEER, 1), set(CURLOPT_SSL_VERIFYHOST, 2),
      set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
      set(CURLOPT_TIMEOUT_MS, Int(max(1, milliseconds))),
      set(CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(max(1, (milliseconds + 999) / 1000))),
      // Not to wait for a resolver that is still at it when the time is over.
      set(CURLOPT_QUICK_EXIT, 1),
    ]
    codes += [CurlTrust.set(authorityFile, for: easy), watch()]
    return codes.first { $0 != CURLE_OK } ?? CURLE_OK
  }

  /// Has libcurl ask whether the exchange is cancelled: it waits for some replies without coming back
  /// to `transfer`.
  private func watch() -> CURLcode {
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    // SAFETY: the handle is ours, and calls back only within calls of ours.
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let codes = unsafe [
      vigil_curl_set_watch(handle, watchExchange),
      vigil_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context),
    ]
    return codes.first { $0 != CURLE_OK } ?? set(CURLOPT_NOPROGRESS, 0)
  }

  // MARK: The transfer

  /// Runs what is configured to its end, on the calling thread. The handle stays in the multi handle,
  /// for `send` and `receive` need it there.
  func transfer() -> CURLcode {
    var mask = sigset_t()
    // SAFETY: the handles are ours and used on this thread only; the mask is a local.
    let blocked = unsafe vigil_pipe_signal_block(&mask)
    defer { if blocked == 0 { unsafe vigil_pipe_signal_restore(&mask) } }
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: multi)
    let single = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    guard unsafe curl_multi_add_handle(handle, single) == CURLM_OK else { return CURLE_FAILED_INIT }
    var running: Int32 = 1
    while true {
      guard unsafe curl_multi_perform(handle, &running) == CURLM_OK else { break }
      if running == 0 { return unsafe vigil_curl_result(handle) }
      // Behind a call, never before one: libcurl ends a half-sent mail as if it were whole when the
      // handle is taken away from it, and knows of the cancellation only once it was called.
      if isCancelled { break }
      // Ends at the latest with the transfer's own timeout; a cancellation wakes it.
      guard unsafe curl_multi_poll(handle, nil, 0, 1000, nil) == CURLM_OK else { break }
    }
    return CURLE_ABORTED_BY_CALLBACK
  }

  /// The protocol's last reply code; 0 or -1 before any.
  var replyCode: Int {
    // SAFETY: the handle is ours; the information is a long.
    unsafe vigil_curl_get_long(UnsafeMutableRawPointer(bitPattern: easy), CURLINFO_RESPONSE_CODE)
  }

  private var verification: Int {
    // SAFETY: as above.
    unsafe vigil_curl_get_long(UnsafeMutableRawPointer(bitPattern: easy), CURLINFO_SSL_VERIFYRESULT)
  }

  /// What libcurl's number means.
  func fault(
    _ code: CURLcode, _ server: String, _ timeout: Duration, authorityFile: String?
  ) -> ConnectionFault {
    if isCancelled { return .cancelled }
    return switch code {
    case CURLE_COULDNT_RESOLVE_HOST: .couldNotResolve(server)
    case CURLE_COULDNT_CONNECT: .couldNotConnect(server)
    case CURLE_OPERATION_TIMEDOUT: .timedOut(server, after: timeout)
    // libcurl sets 1 before the handshake, and leaves it when only the host name is wrong.
    case CURLE_PEER_FAILED_VERIFICATION:
      .insecure(server, verification > 1 ? .certificate(verification: verification) : .hostName)
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER: .insecure(server, .handshake)
    case CURLE_SSL_CACERT_BADFILE: .authorityFile(path: authorityFile ?? "")
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE,
      CURLE_WEIRD_SERVER_REPLY:
      .lost(server)
    default: .failed(server, code: code.rawValue)
    }
  }
}

/// libcurl's question whether to go on; another answer than 0 ends the transfer.
private func watchExchange(
  _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> Int32 {
  // SAFETY: `context` is the exchange whose handle this is, and which is running it.
  guard let context = unsafe context else { return 0 }
  let exchange = unsafe Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
  return exchange.isCancelled ? 1 : 0
}
