import Foundation
import Synchronization
import Testing

/// A program that runs beside an asynchronous test, with both streams in one file.
///
/// Started and waited for by system calls: Foundation's `Process` wants to be waited for on the thread
/// that started it, and a test that awaits has no such thread.
final class ReceiverProcess: Sendable {
  /// Looks, 5 ms apart, for what is to appear: a minute on an idle machine.
  private static let lookCountMax = 12_000

  let log: String
  private let identifier: pid_t
  /// Its exit status, or 128 and the signal that ended it.
  private let status = Mutex<Int32?>(nil)

  init(_ program: String, _ words: [String], log: String) throws {
    self.log = log
    let texts = [program] + words
    let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "PYTHONUNBUFFERED=1"]
    var process: pid_t = 0
    // SAFETY: the copies are terminated and live until the call is over; both lists end with nil.
    let code = unsafe ReceiverProcess.withCopies(texts) { words in
      unsafe ReceiverProcess.withCopies(environment) { variables in
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(
          &actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Ours may be blocked on a pool's thread, and a mask is inherited.
        var (attributes, mask) = (posix_spawnattr_t(), sigset_t())
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe sigemptyset(&mask)
        unsafe posix_spawnattr_setsigmask(&attributes, &mask)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        return unsafe posix_spawn(&process, program, &actions, &attributes, words, variables)
      }
    }
    try #require(code == 0, "\(program): errno \(code)")
    identifier = process
  }

  deinit { crash() }

  private static func withCopies(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32
  ) -> Int32 {
    // SAFETY: strdup answers terminated copies, which are freed once the body has returned.
    let copies = unsafe texts.map { unsafe strdup($0) }
    defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
    return unsafe body(copies + [nil])
  }

  var text: String {
    String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
  }

  var isRunning: Bool { endStatus(0) == nil }

  private func endStatus(_ options: Int32) -> Int32? {
    status.withLock { status in
      if let status { return status }
      var found: Int32 = 0
      // SAFETY: the call fills the one number.
      guard unsafe waitpid(identifier, &found, options == 0 ? WNOHANG : 0) == identifier else {
        return nil
      }
      status = found & 0x7F == 0 ? found >> 8 & 0xFF : 128 + (found & 0x7F)
      return status
    }
  }

  /// Waits until something is there; fails with the log when the program ends before.
  func wait(for what: String, until isThere: () throws -> Bool) throws {
    for _ in 0..<ReceiverProcess.lookCountMax {
      if try isThere() { return }
      guard isRunning else { break }
      usleep(5000)  // between two looks
    }
    Issue.record("\(what): \(isRunning ? "not within the time" : "ended"): \(text)")
    throw CocoaError(.executableLoad)
  }

  /// Its exit status, when it has ended by itself.
  func wait() -> Int32 { endStatus(1) ?? -1 }

  /// SIGTERM, then its exit status.
  @discardableResult
  func stop() -> Int32 { end(SIGTERM) }

  /// SIGKILL.
  @discardableResult
  func crash() -> Int32 { end(SIGKILL) }

  private func end(_ signal: Int32) -> Int32 {
    if isRunning { kill(identifier, signal) }
    return wait()
  }
}
