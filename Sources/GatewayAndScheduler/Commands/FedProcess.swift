internal import CPlatform
internal import Glibc
internal import Ingest
import Synchronization

/// One run of a program that gets bytes on its standard input, within a time limit.
///
/// Without a shell, in a process group of its own, with signals as they are by default, nothing open but
/// the input, and what it writes thrown away. When it ends, or at its limit, all that is left of its
/// group is killed.
package struct FedProcess: Sendable {
  /// How a run ended.
  package enum End: Sendable, Equatable {
    case exited(Int)
    /// Ended by this signal.
    case signalled(Int)
    /// Killed at the time limit.
    case late
    /// Killed since the task was cancelled.
    case cancelled
    /// The system did not start it: its errno.
    case notStarted(Int32)
    /// It was started, and the system does not say what became of it: its errno. It may have done all
    /// that it was to do.
    case unknown(Int32)
  }

  /// Absolute path and arguments.
  package let words: [String]
  /// `NAME=value`; it gets nothing else.
  package let environment: [String]
  package let input: [UInt8]
  package let timeMax: Duration

  package init(_ words: [String], environment: [String], input: [UInt8], timeMax: Duration) {
    precondition(!words.isEmpty, "a program of no words")
    self.words = words
    self.environment = environment
    self.input = input
    self.timeMax = timeMax
  }

  private final class Flag: Sendable {
    let isSet = Atomic<Bool>(false)
  }

  /// Waits on a thread of its own.
  package func run() async -> End {
    let flag = Flag()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        OwnThread.start("fed-process") {
          continuation.resume(returning: self.runNow { flag.isSet.load(ordering: .acquiring) })
        }
      }
    } onCancel: {
      flag.isSet.store(true, ordering: .releasing)
    }
  }

  private func runNow(_ isCancelled: () -> Bool) -> End {
    var process: pid_t = 0
    let code = spawn(&process)
    guard code == 0 else { return .notStarted(code) }
    let cutShort = wait(for: process, isCancelled)
    // Where SIGCHLD is ignored the system reaps our children itself, and the number is nobody's any more.
    let fault = vigil_child_fault(process)
    guard fault == 0 else { return .unknown(fault) }
    // The child is not reaped yet, so that the group's number is still its own.
    kill(-process, SIGKILL)
    var status: Int32 = 0
    // SAFETY: waitpid fills the one number.
    while unsafe waitpid(process, &status, 0) != process {
      guard errno == EINTR else { return .unknown(errno) }
    }
    if let cutShort { return cutShort }
    let signal = status & 0x7F
    return signal == 0 ? .exited(Int(status >> 8 & 0xFF)) : .signalled(Int(signal))
  }

  /// Nil when the program ended by itself.
  private func wait(for process: pid_t, _ isCancelled: () -> Bool) -> End? {
    let (seconds, attoseconds) = timeMax.components
    let deadline =
      vigil_steady_microseconds() + min(seconds, 100_000) * 1_000_000
      + attoseconds / 1_000_000_000_000
    let number = vigil_process_descriptor(process)
    guard number >= 0 else { return .unknown(errno) }
    let descriptor = OwnedDescriptor(number)
    while vigil_steady_microseconds() < deadline {
      if isCancelled() { return .cancelled }
      var watched = descriptor.number
      // SAFETY: one descriptor, as the count says.
      if unsafe vigil_wait_readable(&watched, 1, 50) != 0 { return nil }
    }
    return .late
  }

  private func spawn(_ process: inout pid_t) -> Int32 {
    unsafe FedProcess.withWords(words) { words in
      unsafe FedProcess.withWords(environment) { environment in
        // SAFETY: both lists end with nil; they, the path and the input outlive the call.
        unsafe input.withUnsafeBytes { raw in
          unsafe vigil_spawn_fed(
            self.words[0], words, environment, raw.baseAddress, raw.count, &process)
        }
      }
    }
  }

  /// Lends the words as C strings, with nil behind the last.
  private static func withWords(
    _ words: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32
  ) -> Int32 {
    // SAFETY: strdup answers terminated copies, which are freed once the body has returned.
    let copies = unsafe words.map { unsafe strdup($0) }
    defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
    return unsafe body(copies + [nil])
  }
}
