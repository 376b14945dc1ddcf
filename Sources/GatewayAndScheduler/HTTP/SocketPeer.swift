internal import CPlatform
internal import Glibc

/// What the kernel says about, and does to, a connection's socket.
enum SocketPeer {
  /// Who is at the other end of a connected socket.
  static func of(_ descriptor: Int32) -> HTTPPeer {
    var address = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    // SAFETY: a sockaddr_in6 is no smaller than a sockaddr_in, and `length` says how large it is;
    // a longer address is cut, and of one only the family is read.
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getpeername(descriptor, $0, &length)
      }
    }
    guard result == 0 else { return .unnamed }
    switch Int32(address.sin6_family) {
    // The port stands at the same place, bytes 2 and 3, in both address families.
    case AF_INET, AF_INET6: return .loopback(port: UInt16(bigEndian: address.sin6_port))
    case AF_UNIX: return MicroHTTPDaemon.process(behind: descriptor)
    default: return .unnamed
    }
  }

  /// Whether a TCP peer has sent anything so far. The kernel counts the end of the stream as one byte, so
  /// that a single byte goes unseen.
  static func hasSent(_ descriptor: Int32) -> Bool { vigil_tcp_received(descriptor) > 1 }

  /// Ends both directions; what was written before is still delivered.
  static func shutDown(_ descriptor: Int32) {
    _ = shutdown(descriptor, Int32(SHUT_RDWR))
  }
}
