internal import CMicroHTTPD
import Synchronization

/// libmicrohttpd behind Swift values; the only file that imports it.
///
/// One polling thread of the library parses and sends; the callbacks below turn its pointers into
/// values and ask `HTTPServerCore`. Connections travel as addresses (`UInt`), valid from the
/// access callback that suspends them until they are resumed.
final class MicroHTTPDaemon: Sendable {
  /// Address of the MHD_Daemon; 0 once stopped.
  private let daemon: Mutex<UInt>
  /// The library holds a plain pointer to it until `stop`.
  private let core: HTTPServerCore

  /// Serves the connections of a listening socket; nil when the library refuses.
  init?(listening descriptor: Int32, limits: HTTPLimits, core: HTTPServerCore) {
    // SAFETY: `core` outlives the daemon: `stop` joins its thread, and HTTPServer calls it before
    // letting go of either.
    let context = unsafe Unmanaged.passUnretained(core).toOpaque()
    let started = unsafe vigil_http_start(
      descriptor, UInt32(clamping: limits.connectionCountMax), limits.headerByteCountMax,
      UInt32(clamping: limits.silenceSecondsMax), accessRequest, beginRequest,
      changeConnection, endRequest, context)
    guard let started = unsafe started else { return nil }
    daemon = Mutex(UInt(bitPattern: started))
    self.core = core
  }

  /// Stops taking connections; the listening socket is the caller's to close from here on.
  func stopListening() {
    daemon.withLock { address in
      // SAFETY: the address is that of the running daemon, or 0, which reads as nil.
      _ = unsafe OpaquePointer(bitPattern: address).map { unsafe MHD_quiesce_daemon($0) }
    }
  }

  /// Closes every connection and joins the thread. Precondition: none is suspended any more.
  func stop() {
    let address = daemon.withLock { address in
      defer { address = 0 }
      return address
    }
    // SAFETY: taken out under the lock: only one caller gets the daemon's address.
    unsafe OpaquePointer(bitPattern: address).map { unsafe MHD_stop_daemon($0) }
  }

  /// Takes a connection out of the polling loop. Only within its own access callback.
  static func suspend(_ connection: UInt) {
    // SAFETY: called from the access callback that was given this connection.
    unsafe OpaquePointer(bitPattern: connection).map { unsafe MHD_suspend_connection($0) }
  }

  /// Puts a suspended connection back; its access callback is then called again.
  static func resume(_ connection: UInt) {
    // SAFETY: a suspended connection stays allocated until it is resumed, and HTTPExchange resumes
    // each once.
    unsafe OpaquePointer(bitPattern: connection).map { unsafe MHD_resume_connection($0) }
  }

  /// The process at the other end of a Unix socket.
  static func process(behind descriptor: Int32) -> HTTPPeer {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
    // SAFETY: three numbers of ours, of the types that the wrapper writes.
    let result = unsafe vigil_http_peer_credentials(descriptor, &process, &user, &group)
    return result == 0 ? .process(id: process, user: user, group: group) : .unnamed
  }
}

/// The request line is there. What is returned comes back as the request's own context.
private func beginRequest(
  _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?,
  _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  // SAFETY: `context` is the core given at the start; the target is a C string for this call. The
  // exchange is released by endRequest, which the library calls exactly once for each of these.
  guard let core = unsafe core(context) else { return nil }
  let number = unsafe vigil_http_connection_number(connection)
  let bytes = unsafe target.map { unsafe cString($0, limit: HTTPTarget.byteCountMax + 1) } ?? []
  let exchange = core.began(number: UInt(number), target: bytes)
  return unsafe Unmanaged.passRetained(exchange).toOpaque()
}

/// Called with the head, with each piece of the body, at the end of the request, and when resumed.
private func accessRequest(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
  _ uploadCount: UnsafeMutablePointer<Int>?,
  _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  // SAFETY: the library passes its own connection, the context of beginRequest, and `uploadCount`
  // readable bytes at `upload`; setting the count to 0 says that all were taken.
  guard let core = unsafe core(context), let connection = unsafe connection,
    let exchange = unsafe exchange(request?.pointee)
  else { return .NO }
  if exchange.isFresh {
    let name = unsafe method.map { unsafe cString($0, limit: 64) } ?? []
    let early = core.refusal(
      of: exchange, method: name, fields: unsafe fields(connection, limits: core.limits))
    return early.map { unsafe queue($0, on: connection) } ?? .YES
  }
  if let count = unsafe uploadCount?.pointee, count > 0 {
    let piece = unsafe UnsafeRawBufferPointer(start: upload, count: count)
    unsafe uploadCount?.pointee = 0
    return core.received(unsafe [UInt8](piece), for: exchange) ? .YES : .NO
  }
  guard let answer = core.answer(exchange, connection: UInt(bitPattern: connection)) else {
    return .YES
  }
  return unsafe queue(answer, on: connection)
}

/// A connection was accepted, or is about to be closed: its descriptor is still open in both cases.
private func changeConnection(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ number: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
  _ change: MHD_ConnectionNotificationCode
) {
  // SAFETY: `number` is the connection's own slot; what is stored there is a number, never followed.
  guard let core = unsafe core(context), let slot = unsafe number else { return }
  if change == .CONNECTION_NOTIFY_STARTED {
    let opened = core.opened(descriptor: unsafe vigil_http_descriptor(connection))
    unsafe slot.pointee = unsafe UnsafeMutableRawPointer(bitPattern: opened)
  } else {
    core.closed(number: UInt(bitPattern: unsafe slot.pointee))
  }
}

/// The answer was sent, or the connection broke.
private func endRequest(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _: MHD_RequestTerminationCode
) {
  // SAFETY: takes back the reference that beginRequest gave away, and clears the slot.
  guard let core = unsafe core(context), let held = unsafe request?.pointee else { return }
  unsafe request?.pointee = nil
  let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(held).takeRetainedValue()
  core.ended(exchange, status: Int(unsafe vigil_http_queued_status(connection)))
}

private func core(_ context: UnsafeMutableRawPointer?) -> HTTPServerCore? {
  // SAFETY: every context of this daemon is the core that MicroHTTPDaemon keeps.
  unsafe context.map { unsafe Unmanaged<HTTPServerCore>.fromOpaque($0).takeUnretainedValue() }
}

private func exchange(_ request: UnsafeMutableRawPointer?) -> HTTPExchange? {
  // SAFETY: a request's context is an exchange that beginRequest retained.
  unsafe request.map { unsafe Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue() }
}

/// The bytes of a C string, at most `limit` of them.
private func cString(_ text: UnsafePointer<CChar>, limit: Int) -> [UInt8] {
  // SAFETY: strnlen stops at the terminating zero or at the limit.
  let count = unsafe strnlen(text, limit)
  return unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: count))
}

/// A header field as the library read it.
package struct RawField {
  package let name: [UInt8]
  package let value: [UInt8]

  package init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }
}

private final class FieldCollector {
  var fields: [RawField] = []
  let countMax: Int
  init(countMax: Int) { self.countMax = countMax }
}

/// The request's fields, in order; one more than the limit where there are more.
private func fields(_ connection: OpaquePointer, limits: HTTPLimits) -> [RawField] {
  let collector = FieldCollector(countMax: limits.headerCountMax)
  // SAFETY: the collector lives past the call, which keeps no pointer to it; names and values are
  // as long as the library says, for the length of the callback.
  let context = unsafe Unmanaged.passUnretained(collector).toOpaque()
  _ = unsafe MHD_get_connection_values_n(
    connection, .HEADER_KIND,
    { context, _, name, nameCount, value, valueCount in
      guard let context = unsafe context else { return .NO }
      let collector = unsafe Unmanaged<FieldCollector>.fromOpaque(context).takeUnretainedValue()
      collector.fields.append(
        RawField(
          name: unsafe [UInt8](UnsafeRawBufferPointer(start: name, count: nameCount)),
          value: unsafe [UInt8](UnsafeRawBufferPointer(start: value, count: valueCount))))
      return collector.fields.count > collector.countMax ? .NO : .YES
    }, context)
  return withExtendedLifetime(collector) { collector.fields }
}

/// Hands a response over for sending. `.NO` closes the connection.
private func queue(_ response: HTTPResponse, on connection: OpaquePointer) -> MHD_Result {
  // SAFETY: the library copies the body and the headers; our reference to its response is dropped.
  let made = unsafe response.body.withUnsafeBytes { body in
    unsafe MHD_create_response_from_buffer(
      body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
  }
  guard let made = unsafe made else { return .NO }
  defer { unsafe MHD_destroy_response(made) }
  for field in response.headers.fields {
    // The library refuses an empty value; a space is one on the wire (RFC 9110 section 5.5).
    let value = field.value.isEmpty ? " " : field.value
    let isAdded = unsafe MHD_add_response_header(made, field.name, value)
    guard isAdded == .YES else { return .NO }
  }
  return unsafe MHD_queue_response(connection, UInt32(response.status.code), made)
}
