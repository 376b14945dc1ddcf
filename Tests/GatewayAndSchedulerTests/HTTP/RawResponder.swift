import Foundation
import Glibc

/// Listens on a free port, reads one request head, sends fixed bytes and hangs up.
final class RawResponder: Sendable {
  /// `http://127.0.0.1:port`.
  let origin: String
  private let descriptor: Int32

  init(_ text: String) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard bound else { throw RawError(errno: errno) }
    origin = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    self.descriptor = descriptor
    let bytes = Array(text.utf8)
    Thread.detachNewThread { RawResponder.answer(descriptor, bytes) }
  }

  deinit { close(descriptor) }

  private static func answer(_ listener: Int32, _ bytes: [UInt8]) {
    let connection = accept(listener, nil, nil)
    guard connection >= 0 else { return }
    var head: [UInt8] = []
    var byte: UInt8 = 0
    while !head.suffix(4).elementsEqual([13, 10, 13, 10]), unsafe recv(connection, &byte, 1, 0) == 1
    {
      head.append(byte)
    }
    unsafe bytes.withUnsafeBytes {
      _ = unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    close(connection)
  }
}
