import CPlatform
import Glibc
import ShimProtocol

/// Tells the server, without ever waiting for it: the truth is in the directory, this only saves time.
struct ServerNotice: ~Copyable {
  private let socket: String
  private let runID: String
  private let token: String
  /// Connections whose answers are still to come; the oldest is given up at four.
  private(set) var open: [Int32] = []

  init(_ specification: ShimSpecification) {
    socket = specification.socket
    runID = specification.runID
    token = specification.token
  }

  mutating func send(_ line: [UInt8]) {
    guard !socket.isEmpty else { return }
    let connection = unsafe vigil_local_connect_at_once(socket)
    guard connection >= 0 else { return }
    vigil_close_on_exec(connection)
    let head =
      "POST /runs/\(runID)/events HTTP/1.1\r\nHost: vigil\r\nAuthorization: Bearer \(token)\r\n"
      + "Content-Type: application/x-ndjson\r\nContent-Length: \(line.count)\r\n"
      + "Connection: close\r\n\r\n"
    let request = Array(head.utf8) + line
    // SAFETY: the pointer and the count are the array's own.
    let sent = unsafe request.withUnsafeBytes { raw in
      unsafe vigil_local_send(connection, raw.baseAddress, raw.count)
    }
    guard sent == request.count else {
      close(connection)
      return
    }
    if open.count == 4 { close(open.removeFirst()) }
    open.append(connection)
  }

  /// Reads away what came and closes what has ended.
  mutating func drain(_ buffer: inout [UInt8]) {
    open.removeAll { connection in
      // SAFETY: the pointer and the count are the buffer's own.
      let count = unsafe buffer.withUnsafeMutableBytes { raw in
        unsafe vigil_local_receive(connection, raw.baseAddress, raw.count)
      }
      if count > 0 || (count < 0 && errno == EAGAIN) { return false }
      close(connection)
      return true
    }
  }

  /// Waits for the answers at most so long, then gives them up.
  mutating func finish(milliseconds: Int64, _ buffer: inout [UInt8]) {
    let end = vigil_steady_microseconds() + milliseconds * 1000
    while !open.isEmpty {
      let rest = Int32((end - vigil_steady_microseconds()) / 1000)
      guard rest > 0 else { break }
      _ = unsafe vigil_wait_readable(open, open.count, rest)
      drain(&buffer)
    }
    for connection in open { close(connection) }
    open = []
  }
}
