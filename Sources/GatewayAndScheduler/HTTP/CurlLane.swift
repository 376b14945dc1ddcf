internal import CCurl
internal import Dispatch
import Synchronization

/// One libcurl handle with a serial queue, for HTTP; mail and streams have `CurlExchange`.
///
/// `HTTPClient` gives a lane to one request at a time. The easy handle is reset for each request;
/// the multi handle around it keeps the connections, and lets another thread end a wait.
final class CurlLane: Sendable {
  /// Addresses of the CURL and CURLM handles; 0 when the library gave none.
  private let easy: UInt
  private let multi: UInt
  private let queue = DispatchQueue(label: "http-client")

  /// Bytes of the response's header lines together.
  static let headerByteCountMax = 64 << 10

  /// Not thread-safe in libcurl, hence once and first.
  static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  init() {
    guard CurlLane.isReady else {
      easy = 0
      multi = 0
      return
    }
    // SAFETY: both handles are owned by this lane until its deinit.
    easy = UInt(bitPattern: unsafe curl_easy_init())
    multi = UInt(bitPattern: unsafe curl_multi_init())
  }

  deinit {
    // SAFETY: no transfer is under way, and none of the handles is in the other any more; both
    // functions take null.
    unsafe curl_multi_cleanup(UnsafeMutableRawPointer(bitPattern: multi))
    unsafe curl_easy_cleanup(UnsafeMutableRawPointer(bitPattern: easy))
  }

  var isUsable: Bool { easy != 0 && multi != 0 }

  func newCancellation() -> CurlCancellation { CurlCancellation(lane: self) }

  /// Makes a wait for the network return. Safe at any time, also when there is none.
  fileprivate func wake() {
    // SAFETY: curl_multi_wakeup may be called from any thread while the handle lives.
    _ = unsafe curl_multi_wakeup(UnsafeMutableRawPointer(bitPattern: multi))
  }

  /// Runs one request on the lane's thread.
  func perform(
    _ request: HTTPClientRequest, _ origin: String, _ cancellation: CurlCancellation
  ) async -> Result<HTTPClientResponse, HTTPClientError> {
    await withCheckedContinuation { continuation in
      queue.async {
        continuation.resume(returning: self.run(request, origin, cancellation))
      }
    }
  }

  private func run(
    _ request: HTTPClientRequest, _ origin: String, _ cancellation: CurlCancellation
  ) -> Result<HTTPClientResponse, HTTPClientError> {
    let collector = CurlCollector(bodyByteCountMax: request.responseByteCountMax)
    guard let lines = unsafe CurlLane.headerLines(request.headers) else {
      return .failure(.failed(origin, code: CURLE_OUT_OF_MEMORY.rawValue))
    }
    defer { unsafe curl_slist_free_all(lines) }
    var code = configure(request)
    if code == CURLE_OK { code = unsafe attach(collector, lines) }
    // libcurl does not copy the body: it has to stay where it is until the transfer is over.
    unsafe request.body.withUnsafeBytes { body in
      if code == CURLE_OK { code = unsafe setBody(body, request.method) }
      if code == CURLE_OK { code = transfer(cancellation) }
    }
    if cancellation.isCancelled { return .failure(.cancelled) }
    return collector.result(request, origin, code, verification: verification())
  }

  // MARK: Options

  private func set(_ option: CURLoption, _ value: Int) -> CURLcode {
    // SAFETY: the handle is ours, and the option one that takes a long.
    unsafe vigil_curl_set_long(UnsafeMutableRawPointer(bitPattern: easy), option, value)
  }

  private func set(_ option: CURLoption, _ value: String) -> CURLcode {
    // SAFETY: the handle is ours, and the option one whose string the library copies.
    unsafe vigil_curl_set_string(UnsafeMutableRawPointer(bitPattern: easy), option, value)
  }

  private func configure(_ request: HTTPClientRequest) -> CURLcode {
    // SAFETY: the handle is ours; resetting keeps its connections.
    unsafe curl_easy_reset(UnsafeMutableRawPointer(bitPattern: easy))
    let (seconds, attoseconds) = request.timeout.components
    let milliseconds =
      min(max(0, seconds), 1_000_000) * 1000 + max(0, attoseconds) / 1_000_000_000_000_000
    var codes = [
      set(CURLOPT_URL, request.url), set(CURLOPT_PROTOCOLS_STR, "http,https"),
      set(CURLOPT_FOLLOWLOCATION, 0), set(CURLOPT_NOSIGNAL, 1), set(CURLOPT_PROXY, ""),
      set(CURLOPT_SSL_VERIFYPEER, 1), set(CURLOPT_SSL_VERIFYHOST, 2),
      set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
      set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
      set(CURLOPT_TIMEOUT_MS, Int(max(1, milliseconds))),
      // Not to wait for a resolver that is still at it when the time is over.
      set(CURLOPT_QUICK_EXIT, 1),
      set(CURLOPT_CUSTOMREQUEST, request.method.rawValue),
    ]
    codes.append(CurlTrust.set(request.authorityFile, for: easy))
    if let path = request.socketPath { codes.append(set(CURLOPT_UNIX_SOCKET_PATH, path)) }
    return codes.first { $0 != CURLE_OK } ?? CURLE_OK
  }

  private func setBody(_ body: UnsafeRawBufferPointer, _ method: HTTPMethod) -> CURLcode {
    if method == .head { return set(CURLOPT_NOBODY, 1) }
    let isBare = unsafe body.isEmpty
    if isBare, method == .get || method == .delete || method == .options { return CURLE_OK }
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    // SAFETY: the library reads exactly the stated number of bytes, before the caller's closure ends.
    let size = unsafe vigil_curl_set_offset(
      handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
    guard size == CURLE_OK else { return size }
    if isBare { return set(CURLOPT_COPYPOSTFIELDS, "") }
    return unsafe vigil_curl_set_pointer(
      handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress))
  }

  /// The fields as libcurl wants them, and two of its own additions taken away: waiting for a
  /// go-ahead, and a content type that nobody chose. Nil when memory is short.
  private static func headerLines(_ headers: HTTPHeaders) -> UnsafeMutablePointer<curl_slist>? {
    var lines = headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    if headers["Expect"] == nil { lines.append("Expect:") }
    if headers["Content-Type"] == nil { lines.append("Content-Type:") }
    return unsafe CurlList.make(lines)
  }

  private func attach(
    _ collector: CurlCollector, _ lines: UnsafeMutablePointer<curl_slist>
  ) -> CURLcode {
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    // SAFETY: collector and lines outlive the transfer: `run` holds both until it is over.
    let context = unsafe Unmanaged.passUnretained(collector).toOpaque()
    let codes = unsafe [
      vigil_curl_set_pointer(handle, CURLOPT_HTTPHEADER, lines),
      vigil_curl_set_sink(handle, CURLOPT_WRITEFUNCTION, collectBody),
      vigil_curl_set_pointer(handle, CURLOPT_WRITEDATA, context),
      vigil_curl_set_sink(handle, CURLOPT_HEADERFUNCTION, collectHeader),
      vigil_curl_set_pointer(handle, CURLOPT_HEADERDATA, context),
    ]
    return codes.first { $0 != CURLE_OK } ?? CURLE_OK
  }

  // MARK: The transfer

  private func transfer(_ cancellation: CurlCancellation) -> CURLcode {
    var mask = sigset_t()
    // SAFETY: the handles are this lane's own and used on its thread only; the mask is a local.
    let blocked = unsafe vigil_pipe_signal_block(&mask)
    defer { if blocked == 0 { unsafe vigil_pipe_signal_restore(&mask) } }
    let single = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: multi)
    guard unsafe curl_multi_add_handle(handle, single) == CURLM_OK else { return CURLE_FAILED_INIT }
    defer { unsafe curl_multi_remove_handle(handle, single) }
    var running: Int32 = 1
    while !cancellation.isCancelled {
      guard unsafe curl_multi_perform(handle, &running) == CURLM_OK else {
        return CURLE_FAILED_INIT
      }
      if running == 0 { return unsafe vigil_curl_result(handle) }
      // Ends at the latest with the transfer's own timeout; a cancellation wakes it.
      guard unsafe curl_multi_poll(handle, nil, 0, 1000, nil) == CURLM_OK else { break }
    }
    return CURLE_ABORTED_BY_CALLBACK
  }

  /// OpenSSL's verdict on the certificate.
  private func verification() -> Int {
    // SAFETY: the handle is ours; the information is a long.
    unsafe vigil_curl_get_long(UnsafeMutableRawPointer(bitPattern: easy), CURLINFO_SSL_VERIFYRESULT)
  }
}

/// Ends a transfer from another thread.
final class CurlCancellation: Sendable {
  private let lane: CurlLane
  private let flag = Atomic<Bool>(false)

  fileprivate init(lane: CurlLane) { self.lane = lane }

  var isCancelled: Bool { flag.load(ordering: .acquiring) }

  func cancel() {
    flag.store(true, ordering: .releasing)
    lane.wake()
  }
}

/// What a transfer has brought so far; used by one thread.
private final class CurlCollector {
  private let bodyByteCountMax: Int
  private var headerByteCount = 0
  private var status: HTTPStatus?
  private var headers = HTTPHeaders()
  /// Whether that is the whole head of a final response (not of a 100, say).
  private var isHeadComplete = false
  private var body: [UInt8] = []
  /// The limit that was exceeded, in bytes.
  private var exceeded: Int?

  init(bodyByteCountMax: Int) { self.bodyByteCountMax = bodyByteCountMax }

  /// False ends the transfer.
  func addBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let left = bodyByteCountMax - body.count
    // SAFETY: copies within the buffer's bounds.
    unsafe body.append(contentsOf: bytes.prefix(left))
    guard bytes.count > left else { return true }
    exceeded = bodyByteCountMax
    return false
  }

  /// One header line; a status line begins a new head (after a 100, say). False ends the transfer.
  func addHeader(_ line: [UInt8]) -> Bool {
    headerByteCount += line.count
    guard headerByteCount <= CurlLane.headerByteCountMax else {
      exceeded = CurlLane.headerByteCountMax
      return false
    }
    let text = HTTPSyntax.text(line.filter { $0 != 0x0D && $0 != 0x0A })
    if text.hasPrefix("HTTP/") {
      let parts = text.split(separator: " ", maxSplits: 2)
      status = parts.count > 1 ? Int(parts[1]).flatMap { HTTPStatus(code: $0) } : nil
      headers = [:]
      isHeadComplete = false
    } else if text.isEmpty {
      isHeadComplete = (status?.code ?? 0) >= 200
    } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
      let value = text[text.utf8.index(after: colon)...]
      let start = value.firstIndex { $0 != " " && $0 != "\t" } ?? value.endIndex
      let end = value.lastIndex { $0 != " " && $0 != "\t" }
      headers.append(String(text[..<colon]), end.map { String(value[start...$0]) } ?? "")
    }
    return true
  }

  func result(
    _ request: HTTPClientRequest, _ origin: String, _ code: CURLcode, verification: Int
  ) -> Result<HTTPClientResponse, HTTPClientError> {
    if request.takesCutBody, isHeadComplete, let status {
      return .success(HTTPClientResponse(status: status, headers: headers, body: body))
    }
    if let exceeded { return .failure(.responseTooLarge(origin, byteCountMax: exceeded)) }
    guard code == CURLE_OK else {
      return .failure(CurlCollector.error(request, origin, code, verification))
    }
    guard let status else { return .failure(.malformedResponse(origin)) }
    // To libcurl a head that breaks off is a head.
    guard isHeadComplete else { return .failure(.connectionLost(origin)) }
    return .success(HTTPClientResponse(status: status, headers: headers, body: body))
  }

  private static func error(
    _ request: HTTPClientRequest, _ origin: String, _ code: CURLcode, _ verification: Int
  ) -> HTTPClientError {
    switch code {
    case CURLE_URL_MALFORMAT: .invalidURL(.host)
    case CURLE_COULDNT_RESOLVE_HOST: .couldNotResolve(origin)
    case CURLE_COULDNT_CONNECT: .couldNotConnect(origin)
    case CURLE_OPERATION_TIMEDOUT: .timedOut(origin, after: request.timeout)
    // libcurl sets 1 before the handshake, and leaves it when only the host name is wrong.
    case CURLE_PEER_FAILED_VERIFICATION:
      .insecure(origin, verification > 1 ? .certificate(verification: verification) : .hostName)
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER: .insecure(origin, .handshake)
    case CURLE_SSL_CACERT_BADFILE: .authorityFile(path: request.authorityFile ?? "")
    // The scheme was checked: what is not supported is an answer without a status line.
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL: .malformedResponse(origin)
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE:
      .connectionLost(origin)
    default: .failed(origin, code: code.rawValue)
    }
  }
}

/// libcurl's call for each piece of the body; another number than it gave ends the transfer.
private func collectBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  // SAFETY: `context` is the collector of the running transfer; size is 1, and `count` bytes are
  // readable.
  guard let context = unsafe context else { return 0 }
  let collector = unsafe Unmanaged<CurlCollector>.fromOpaque(context).takeUnretainedValue()
  let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
  return unsafe collector.addBody(piece) ? size * count : 0
}

/// libcurl's call for each header line.
private func collectHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  // SAFETY: as in `collectBody`.
  guard let context = unsafe context else { return 0 }
  let collector = unsafe Unmanaged<CurlCollector>.fromOpaque(context).takeUnretainedValue()
  let line = unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: size * count))
  return collector.addHeader(line) ? size * count : 0
}
