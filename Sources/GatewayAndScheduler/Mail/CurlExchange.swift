internal import CCurl
internal import CPlatform
internal import Dispatch
import Synchronization

/// One connection by libcurl for what is not HTTP: a mail, or a stream of bytes over TCP or TLS.
///
/// Made for one use and let go after it. `perform` runs it on a thread of its own; `cancel` ends its
/// waits from any thread.
final class CurlExchange: Sendable {
  /// Addresses of the CURL and CURLM handles; 0 when the library gave none.
  private let easy: UInt
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

  /// Lets the handles go. It may wait for a last word of the server, ten seconds at most.
  private func close() {
    let wasOpen = isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
    guard wasOpen else { return }
    // That word (QUIT, the end of TLS) may be written to a peer that has gone away.
    var mask = sigset_t()
    // SAFETY: this is the one call that gets here, and nothing uses the handles any more; all three
    // functions take null. The easy handle leaves the multi first. The mask is a local.
    let blocked = unsafe vigil_pipe_signal_block(&mask)
    defer { if blocked == 0 { unsafe vigil_pipe_signal_restore(&mask) } }
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: multi)
    if multi != 0, easy != 0 {
      unsafe curl_multi_remove_handle(handle, UnsafeMutableRawPointer(bitPattern: easy))
    }
    unsafe curl_easy_cleanup(UnsafeMutableRawPointer(bitPattern: easy))
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
        DispatchQueue.global().async {
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
      // Bounds the goodbye as well, on which the limit above has no hold.
      set(CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(max(1, min(seconds, 10)))),
    ]
    codes.append(CurlTrust.set(authorityFile, for: easy))
    return codes.first { $0 != CURLE_OK } ?? CURLE_OK
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
    while !isCancelled {
      guard unsafe curl_multi_perform(handle, &running) == CURLM_OK else { break }
      if running == 0 { return unsafe vigil_curl_result(handle) }
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

// MARK: Mail

extension CurlExchange {
  /// Lists and bytes that libcurl does not copy: they live as long as the transfer.
  func send(_ mail: MailRequest) -> CURLcode {
    guard let recipients = unsafe CurlExchange.list(mail.to) else { return CURLE_OUT_OF_MEMORY }
    defer { unsafe curl_slist_free_all(recipients) }
    let upload = CurlUpload(mail.message)
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    // SAFETY: list and upload outlive the transfer; reading asks for no more than it gives room for.
    let context = unsafe Unmanaged.passUnretained(upload).toOpaque()
    let codes = unsafe [
      vigil_curl_set_pointer(handle, CURLOPT_MAIL_RCPT, recipients),
      vigil_curl_set_sink(handle, CURLOPT_READFUNCTION, readUpload),
      vigil_curl_set_pointer(handle, CURLOPT_READDATA, context),
      vigil_curl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(mail.message.count)),
    ]
    if let wrong = codes.first(where: { $0 != CURLE_OK }) { return wrong }
    return withExtendedLifetime(upload) { transfer() }
  }

  private static func list(_ texts: [String]) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    for text in texts {
      // SAFETY: the library copies the text; on failure it returns null and leaves the list as it was.
      guard let longer = unsafe curl_slist_append(list, text) else {
        unsafe curl_slist_free_all(list)
        return nil
      }
      unsafe list = unsafe longer
    }
    return unsafe list
  }
}

/// A message on its way out; used by one thread.
private final class CurlUpload {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - offset)
    // SAFETY: `count` bytes are left here, and there is room for them there.
    unsafe buffer.copyBytes(from: bytes[offset..<offset + count])
    offset += count
    return count
  }
}

/// libcurl's call for the next piece of the message; 0 is its end.
private func readUpload(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  // SAFETY: `context` is the upload of the running transfer; size times count bytes may be written.
  guard let context = unsafe context else { return 0 }
  let upload = unsafe Unmanaged<CurlUpload>.fromOpaque(context).takeUnretainedValue()
  return unsafe upload.read(
    into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

// MARK: Streams

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
      // Syslog servers say nothing: it is the end, an alert, or TLS talking to itself.
      guard receive() == CURLE_AGAIN else { return CURLE_RECV_ERROR }
    }
  }

  /// CURLE_OK with the end of the stream or with anything that came.
  private func receive() -> CURLcode {
    var buffer = [UInt8](repeating: 0, count: 512)
    var count = 0
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    // SAFETY: the library writes at most the buffer's length.
    return unsafe buffer.withUnsafeMutableBytes { raw in
      unsafe curl_easy_recv(handle, raw.baseAddress, raw.count, &count)
    }
  }

  /// False when the time is over, or the exchange cancelled.
  private func pause(_ socket: Int32, forWriting: Bool, until deadline: Int64) -> Bool {
    while !isCancelled, vigil_steady_microseconds() < deadline {
      if vigil_socket_wait(socket, forWriting ? 1 : 0, 50) & 2 != 0 { return true }
    }
    return false
  }
}
