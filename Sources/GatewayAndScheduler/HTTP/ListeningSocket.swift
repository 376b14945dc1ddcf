internal import CPlatform
internal import Glibc

/// A socket that listens, and what must be tidied up with it.
struct ListeningSocket: Sendable {
  let descriptor: Int32
  /// Where it listens, with the port that the kernel chose.
  let endpoint: HTTPEndpoint
  /// Holds the lock beside a Unix socket; -1 for TCP.
  private let lock: Int32
  /// Device and inode of the socket file, so that only our own is ever removed.
  private let identity: FileIdentity?

  private static let backlog: Int32 = 128

  /// Binds and listens; on an error nothing is left open or behind.
  init(_ endpoint: HTTPEndpoint) throws(HTTPServerError) {
    switch endpoint {
    case .loopback, .loopbackIPv6: try self.init(port: endpoint)
    case .unixSocket(let path): try self.init(path: path)
    }
  }

  /// Removes the socket file if it is ours, then stops listening and gives up the lock.
  func close() {
    if case .unixSocket(let path) = endpoint, identity != nil, FileIdentity(path) == identity {
      ListeningSocket.remove(path)
    }
    _ = Glibc.close(descriptor)
    if lock >= 0 { _ = Glibc.close(lock) }
  }

  // MARK: Loopback

  private init(port endpoint: HTTPEndpoint) throws(HTTPServerError) {
    let isIPv6 = if case .loopbackIPv6 = endpoint { true } else { false }
    let descriptor = try ListeningSocket.open(isIPv6 ? AF_INET6 : AF_INET, endpoint)
    do {
      try ListeningSocket.reuseAddress(descriptor, endpoint)
      try ListeningSocket.bindLoopback(descriptor, endpoint)
      try ListeningSocket.listen(descriptor, endpoint)
      self.endpoint = try ListeningSocket.bound(descriptor, endpoint)
    } catch {
      _ = Glibc.close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    lock = -1
    identity = nil
  }

  /// Without this a restart would have to wait for the connections of the last run to be forgotten.
  private static func reuseAddress(
    _ descriptor: Int32, _ endpoint: HTTPEndpoint
  ) throws(HTTPServerError) {
    var one: Int32 = 1
    // SAFETY: the option's value is one Int32, of the stated size.
    let result = unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    guard result == 0 else { throw .systemCall("setsockopt", endpoint, errno: errno) }
  }

  private static func bindLoopback(
    _ descriptor: Int32, _ endpoint: HTTPEndpoint
  ) throws(HTTPServerError) {
    let result: Int32
    switch endpoint {
    case .loopback(let port):
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
      result = bind(descriptor, to: &address)
    case .loopbackIPv6(let port):
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_addr = in6addr_loopback
      result = bind(descriptor, to: &address)
    case .unixSocket: return
    }
    if result != 0 {
      throw errno == EADDRINUSE ? .inUse(endpoint) : .systemCall("bind", endpoint, errno: errno)
    }
  }

  private static func bound(
    _ descriptor: Int32, _ endpoint: HTTPEndpoint
  ) throws(HTTPServerError) -> HTTPEndpoint {
    var address = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    // SAFETY: `length` says how large the address is; the port stands at the same place in both
    // families.
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &length)
      }
    }
    guard result == 0 else { throw .systemCall("getsockname", endpoint, errno: errno) }
    let port = UInt16(bigEndian: address.sin6_port)
    return Int32(address.sin6_family) == AF_INET
      ? .loopback(port: port) : .loopbackIPv6(port: port)
  }

  // MARK: Unix sockets

  private init(path: String) throws(HTTPServerError) {
    let endpoint = HTTPEndpoint.unixSocket(path: path)
    guard !path.isEmpty, path.utf8.count <= HTTPEndpoint.pathByteCountMax, !path.utf8.contains(0)
    else { throw .invalidPath(path, byteCountMax: HTTPEndpoint.pathByteCountMax) }
    let lock = try ListeningSocket.takeLock(path)
    let descriptor: Int32
    do {
      descriptor = try ListeningSocket.bindPath(path)
    } catch {
      _ = Glibc.close(lock)
      throw error
    }
    self.descriptor = descriptor
    self.endpoint = endpoint
    self.lock = lock
    identity = FileIdentity(path)
  }

  /// Two servers that start at once could both find the same stale file, and the second remove the
  /// socket that the first has just made; the lock lets only one of them look. Its file stays.
  private static func takeLock(_ path: String) throws(HTTPServerError) -> Int32 {
    let endpoint = HTTPEndpoint.unixSocket(path: path)
    // SAFETY: the string is passed as a C string for the call.
    let lock = unsafe vigil_open(path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
    guard lock >= 0 else { throw .systemCall("open lock", endpoint, errno: errno) }
    guard vigil_lock_exclusive(lock) == 0 else {
      let number = errno
      _ = Glibc.close(lock)
      throw number == EWOULDBLOCK ? .inUse(endpoint) : .systemCall("flock", endpoint, errno: number)
    }
    return lock
  }

  private static func bindPath(_ path: String) throws(HTTPServerError) -> Int32 {
    let endpoint = HTTPEndpoint.unixSocket(path: path)
    try removeStale(path)
    let descriptor = try open(AF_UNIX, endpoint)
    // The kernel makes the file with the socket's own mode, so that at no moment anyone else can
    // connect; chmod after bind would leave one.
    guard fchmod(descriptor, 0o600) == 0, var address = address(path),
      bind(descriptor, to: &address) == 0
    else {
      defer { _ = Glibc.close(descriptor) }
      throw .systemCall("bind", endpoint, errno: errno)
    }
    do {
      try listen(descriptor, endpoint)
    } catch {
      ListeningSocket.remove(path)
      _ = Glibc.close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Removes a socket that nobody listens on any more; anything else at the path is left alone.
  private static func removeStale(_ path: String) throws(HTTPServerError) {
    let endpoint = HTTPEndpoint.unixSocket(path: path)
    guard let found = FileIdentity(path) else { return }
    guard found.isSocket else { throw .notASocket(path: path) }
    let probe = try open(AF_UNIX, endpoint)
    defer { _ = Glibc.close(probe) }
    guard var address = address(path) else { return }
    guard connect(probe, to: &address) != 0, errno == ECONNREFUSED else { throw .inUse(endpoint) }
    guard remove(path) == 0 else { throw .systemCall("unlink", endpoint, errno: errno) }
  }

  @discardableResult
  private static func remove(_ path: String) -> Int32 {
    // SAFETY: the string is passed as a C string for the call.
    unsafe unlink(path)
  }

  /// Nil when the path does not fit with its terminating zero.
  private static func address(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    // SAFETY: the copy was just found to be shorter than sun_path, which is zeroed.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    return address
  }

  // MARK: Both

  /// Not blocking, because the daemon polls it; closed in children.
  private static func open(
    _ family: Int32, _ endpoint: HTTPEndpoint
  ) throws(HTTPServerError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(family, type, 0)
    guard descriptor >= 0 else { throw .systemCall("socket", endpoint, errno: errno) }
    return descriptor
  }

  private static func listen(
    _ descriptor: Int32, _ endpoint: HTTPEndpoint
  ) throws(HTTPServerError) {
    guard Glibc.listen(descriptor, backlog) == 0 else {
      throw .systemCall("listen", endpoint, errno: errno)
    }
  }

  private static func bind<Address>(_ descriptor: Int32, to address: inout Address) -> Int32 {
    let length = socklen_t(MemoryLayout<Address>.size)
    // SAFETY: every socket address begins like a sockaddr, and `length` says how long this one is.
    return unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.bind(descriptor, $0, length)
      }
    }
  }

  private static func connect(_ descriptor: Int32, to address: inout sockaddr_un) -> Int32 {
    // SAFETY: as in `bind`.
    unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}

/// Which file a name stands for.
struct FileIdentity: Equatable, Sendable {
  let device: UInt64
  let inode: UInt64
  let isSocket: Bool

  /// Nil when there is nothing; a symbolic link is looked at itself, not followed.
  init?(_ path: String) {
    var status = stat()
    // SAFETY: lstat fills one stat of ours.
    guard unsafe lstat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    isSocket = status.st_mode & S_IFMT == S_IFSOCK
  }
}
