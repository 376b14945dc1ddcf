import CPlatform
import Glibc

/// Wakes a thread that waits for descriptors: an eventfd. Safe to ring from any thread.
package final class EventBell: Sendable {
  let descriptor: OwnedDescriptor

  /// Silent at first.
  package init() throws(StorageError) {
    let number = vigil_bell()
    guard number >= 0 else { throw StorageError(.open, "eventfd", errno) }
    descriptor = OwnedDescriptor(number)
  }

  /// Ends the wait under way, or the next one. Rings before a wait count once.
  package func ring() { vigil_bell_ring(descriptor.number) }

  /// Forgets what has rung so far.
  package func silence() { vigil_bell_silence(descriptor.number) }

  /// Lets other threads run for a moment.
  package static func yield() { _ = sched_yield() }

  /// Waits for the bell, a signal or the time, and silences it.
  package func wait(milliseconds: Int32) {
    var watched = [DescriptorWatch(descriptor.number, reads: true)]
    DescriptorWatch.wait(&watched, milliseconds: milliseconds)
    if watched[0].isReadable { silence() }
  }
}

/// One descriptor in a wait, what it is watched for, and what was found.
package struct DescriptorWatch: Sendable {
  package let number: Int32
  private let events: Int16
  /// Bytes, a connection or the end of the other side: a read would not block.
  package private(set) var isReadable = false
  /// A write would not block.
  package private(set) var isWritable = false
  /// Whether the other side is gone for good.
  package private(set) var hasFailed = false

  package init(_ number: Int32, reads: Bool, writes: Bool = false) {
    self.number = number
    events = (reads ? Int16(POLLIN) : 0) | (writes ? Int16(POLLOUT) : 0)
  }

  /// Waits until one of them is ready, a signal comes or the time is over. Negative waits for ever.
  package static func wait(_ watched: inout [DescriptorWatch], milliseconds: Int32) {
    var polled = watched.map { pollfd(fd: $0.number, events: $0.events, revents: 0) }
    // SAFETY: the pointer is to as many structures as the count says.
    let found = unsafe poll(&polled, nfds_t(polled.count), milliseconds)
    for position in watched.indices {
      let events = found > 0 ? polled[position].revents : 0
      watched[position].isReadable = events & Int16(POLLIN | POLLHUP) != 0
      watched[position].isWritable = events & Int16(POLLOUT) != 0
      watched[position].hasFailed = events & Int16(POLLERR | POLLNVAL) != 0
    }
  }
}
