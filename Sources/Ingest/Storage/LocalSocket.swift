import CPlatform
import Glibc

/// A Unix stream socket in a journal's directory.
///
/// Each `unsafe` call that takes a path passes a Swift string: the compiler keeps it alive and
/// terminated for the length of the call. A path too long for a socket address is reached through
/// the open directory, `/proc/self/fd/N/name`.
package struct LocalSocket: ~Copyable, Sendable {
  /// Waiting connections that the kernel keeps.
  private static let backlog: Int32 = 128

  let descriptor: OwnedDescriptor
  private let path: String

  private init(_ number: Int32, path: String) {
    descriptor = OwnedDescriptor(number)
    self.path = path
  }

  package var number: Int32 { descriptor.number }

  /// Listens at `name` in `directory`, mode 0600, in place of a socket that is there.
  ///
  /// Precondition: the caller holds the directory's lock, so that a socket found there is nobody's.
  /// Anything but a socket is left alone and refused with EEXIST.
  package static func listen(
    directory: String, name: String
  ) throws(StorageError) -> LocalSocket {
    let place = try SocketPlace(directory: directory, name: name)
    if let isSocket = place.isSocket {
      guard isSocket else { throw StorageError(.listen, place.shown, EEXIST) }
      place.remove()
    }
    let number = unsafe vigil_local_listen(place.path, backlog)
    guard number >= 0 else { throw StorageError(.listen, place.shown, errno) }
    return LocalSocket(number, path: place.shown)
  }

  /// Connects to the socket at `name`; nil when nobody listens there.
  package static func connect(
    directory: String, name: String
  ) throws(StorageError) -> LocalSocket? {
    let place = try SocketPlace(directory: directory, name: name)
    let number = unsafe vigil_local_connect(place.path)
    if number >= 0 { return LocalSocket(number, path: place.shown) }
    // A full backlog (EAGAIN) is a writer that has no time just now, as good as none yet.
    if [ENOENT, ECONNREFUSED, ENOTSOCK, EAGAIN].contains(errno) { return nil }
    throw StorageError(.connect, place.shown, errno)
  }

  /// Removes the file of a socket. Precondition: as for `listen`.
  package static func remove(directory: String, name: String) throws(StorageError) {
    let place = try SocketPlace(directory: directory, name: name)
    if place.isSocket == true { place.remove() }
  }

  /// A waiting connection; nil when there is none, or none that can be taken now.
  package func accept() -> LocalSocket? {
    let number = vigil_local_accept(descriptor.number)
    return number >= 0 ? LocalSocket(number, path: path) : nil
  }

  /// The user id of the process at the other end, as it was when it connected; nil when not told.
  package var peerUser: UInt32? {
    var process: Int32 = 0
    var user: UInt32 = 0
    // SAFETY: two numbers of ours, of the types that the wrapper writes.
    return unsafe vigil_local_peer(descriptor.number, &process, &user) == 0 ? user : nil
  }

  /// The user id that this process acts under.
  package static var ownUser: UInt32 { geteuid() }

  /// What a transfer without waiting came to.
  package enum Transfer: Hashable, Sendable {
    /// Bytes moved, 1 or more.
    case moved(Int)
    /// Nothing moved; wait until the socket is ready.
    case notNow
    /// The other side is gone, or sends no more.
    case ended
  }

  /// Sends the beginning of `bytes` as far as there is room. Precondition: not empty.
  package func send(_ bytes: ArraySlice<UInt8>) -> Transfer {
    // SAFETY: the pointer and the count are those of the slice.
    let count = unsafe bytes.withUnsafeBytes { raw in
      unsafe vigil_local_send(descriptor.number, raw.baseAddress, raw.count)
    }
    return LocalSocket.transfer(count)
  }

  /// Fills the beginning of `buffer` with what has come. Precondition: not empty.
  package func receive(into buffer: inout [UInt8]) -> Transfer {
    // SAFETY: at most as many bytes are written as the buffer has.
    let count = unsafe buffer.withUnsafeMutableBytes { raw in
      unsafe vigil_local_receive(descriptor.number, raw.baseAddress, raw.count)
    }
    return LocalSocket.transfer(count)
  }

  private static func transfer(_ count: Int) -> Transfer {
    if count > 0 { return .moved(count) }
    return count < 0 && [EAGAIN, EINTR].contains(errno) ? .notNow : .ended
  }

  /// Waits until there is something to receive; false when the time is over first.
  package func waitForInput(milliseconds: Int32) -> Bool {
    var watched = [DescriptorWatch(descriptor.number, reads: true)]
    DescriptorWatch.wait(&watched, milliseconds: milliseconds)
    return watched[0].isReadable || watched[0].hasFailed
  }

  /// Waits until there is room to send; false when the time is over first.
  package func waitForRoom(milliseconds: Int32) -> Bool {
    var watched = [DescriptorWatch(descriptor.number, reads: false, writes: true)]
    DescriptorWatch.wait(&watched, milliseconds: milliseconds)
    return watched[0].isWritable || watched[0].hasFailed
  }
}

/// A socket's name in a directory, as a path that fits an address while this value lives.
private struct SocketPlace: ~Copyable {
  private let directory: OwnedDescriptor
  /// What is passed to the kernel.
  let path: String
  /// What is shown to people.
  let shown: String

  init(directory: String, name: String) throws(StorageError) {
    let number = unsafe vigil_open(directory, O_RDONLY | O_DIRECTORY, 0)
    guard number >= 0 else { throw StorageError(.open, directory, errno) }
    self.directory = OwnedDescriptor(number)
    shown = directory + "/" + name
    path = shown.utf8.count <= Int(VIGIL_LOCAL_PATH_MAX) ? shown : "/proc/self/fd/\(number)/\(name)"
  }

  /// Whether what is there is a socket; nil when there is nothing. A link is not followed.
  var isSocket: Bool? {
    var status = stat()
    // SAFETY: lstat fills one stat of ours.
    guard unsafe lstat(path, &status) == 0 else { return nil }
    return status.st_mode & S_IFMT == S_IFSOCK
  }

  func remove() { _ = unsafe unlink(path) }
}
