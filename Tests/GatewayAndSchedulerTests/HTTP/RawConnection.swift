import Foundation
import GatewayAndScheduler
import Glibc

/// A bare socket, for saying things to a server that no client would say.
///
/// Blocks: use inside `offPool`, or the server's handlers may find no thread to run on.
final class RawConnection: Sendable {
  private let descriptor: Int32

  init(_ endpoint: HTTPEndpoint) throws {
    let isUnix = if case .unixSocket = endpoint { true } else { false }
    descriptor = socket(isUnix ? AF_UNIX : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    guard RawConnection.connect(descriptor, endpoint) == 0 else { throw RawError(errno: errno) }
  }

  deinit { close(descriptor) }

  private static func connect(_ descriptor: Int32, _ endpoint: HTTPEndpoint) -> Int32 {
    switch endpoint {
    case .loopback(let port):
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
      return connect(descriptor, &address)
    case .loopbackIPv6: return -1
    case .unixSocket(let path):
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
      return connect(descriptor, &address)
    }
  }

  private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
    unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  /// Sends all bytes, or as many as the server takes before it hangs up.
  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  /// Sends `text` again and again, 20 ms apart, until the server hangs up; how often it went out.
  func drip(_ text: String, atMost count: Int) -> Int {
    for number in 0..<count {
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&ready, 1, 20) > 0 { return number }
      send(text)
    }
    return count
  }

  func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// What comes until the server hangs up, at most 8 MiB; nil when it does not within 20 s.
  func readToEnd() -> [UInt8]? {
    var result: [UInt8] = []
    while result.count < 8 << 20 {
      guard let piece = readSome() else { return nil }
      if piece.isEmpty { return result }
      result += piece
    }
    return result
  }

  /// What comes up to and including the first occurrence of `end`.
  func read(through end: String) -> String {
    var result: [UInt8] = []
    while !String(decoding: result, as: UTF8.self).hasSuffix(end) {
      guard let piece = readSome(atMost: 1), !piece.isEmpty else { break }
      result += piece
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Empty at the end, also when the server reset the connection; nil after 20 s of silence.
  private func readSome(atMost count: Int = 65536) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: count)
    let got = unsafe buffer.withUnsafeMutableBytes {
      unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
    }
    if got < 0, errno == EAGAIN { return nil }
    return Array(buffer.prefix(max(0, got)))
  }
}

struct RawError: Error, Equatable { let errno: Int32 }

/// Runs a blocking body on a thread of its own, which no task needs.
func offPool<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
  }
}

/// Sends text on a new connection and returns all that comes back until the server hangs up.
func exchange(_ endpoint: HTTPEndpoint, _ text: [UInt8]) async throws -> String {
  try await offPool {
    let connection = try RawConnection(endpoint)
    connection.send(text)
    return String(decoding: connection.readToEnd() ?? Array("silence".utf8), as: UTF8.self)
  }
}

func exchange(_ endpoint: HTTPEndpoint, _ text: String) async throws -> String {
  try await exchange(endpoint, Array(text.utf8))
}

/// A server on a free port for as long as a body runs.
struct TestServer {
  var endpoint = HTTPEndpoint.loopback(port: 0)
  var limits = HTTPLimits()
  var incidents: HTTPIncidentHandler = { _ in }
  let handler: HTTPHandler

  @discardableResult
  func use<Value: Sendable>(_ body: (HTTPServer) async throws -> Value) async throws -> Value {
    let server = try HTTPServer(
      at: endpoint, limits: limits, clock: ContinuousClock(), incidents: incidents,
      handler: handler)
    do {
      let value = try await body(server)
      await server.stop(draining: .seconds(5))
      return value
    } catch {
      await server.stop(draining: .zero)
      throw error
    }
  }
}

/// Answers with what it was asked: method, segments, query, body length.
let describingHandler: HTTPHandler = { request in
  let query = request.target.query.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
  return .text(
    .ok,
    "\(request.method.rawValue) \(request.target.segments) [\(query)] \(request.body.count) bytes")
}
