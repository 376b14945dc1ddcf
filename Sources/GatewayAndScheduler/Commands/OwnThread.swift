internal import Dispatch

/// A thread for one job that blocks.
package enum OwnThread {
  /// Runs the job on a thread of its own, at once.
  ///
  /// By a serial queue, which gets a thread even when none is free. The global queues are no place for
  /// it: Swift's own tasks run on the same few threads, as many as there are cores, and while jobs block
  /// all of them the system adds one a second.
  package static func start(_ label: String, _ job: @escaping @Sendable () -> Void) {
    DispatchQueue(label: label).async(execute: job)
  }

  /// Runs the job on a thread of its own, some time from now.
  package static func start(
    _ label: String, after delay: Duration, _ job: @escaping @Sendable () -> Void
  ) {
    let (seconds, attoseconds) = delay.components
    let nanoseconds =
      Int(min(max(0, seconds), 100_000)) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    DispatchQueue(label: label)
      .asyncAfter(deadline: .now() + .nanoseconds(nanoseconds), execute: job)
  }
}
