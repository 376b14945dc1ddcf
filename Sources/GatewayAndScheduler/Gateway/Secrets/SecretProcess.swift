import CPlatform
import Glibc
import Ingest

/// Why a program gave no value. Nothing of what it wrote is in it.
struct SecretProcessFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// One run of a program for what it writes to standard output.
///
/// In a process group of its own, without standard input and error, with signals as they are by
/// default. Ends with the program, with its output's limit, or at the time limit; the whole group is
/// killed in the end, so that nothing is left behind.
struct SecretProcess: Sendable {
  let words: [String]
  let environment: [String]
  let clock: ContinuousClock
  let timeMax: Duration

  private static let pauseMilliseconds: Int32 = 5

  func run() -> Result<[UInt8], SecretProcessFailure> {
    do throws(SecretProcessFailure) {
      return .success(try output())
    } catch {
      return .failure(error)
    }
  }

  private func output() throws(SecretProcessFailure) -> [UInt8] {
    var ends: [Int32] = [-1, -1]
    // SAFETY: the call fills the two numbers of the array.
    guard unsafe vigil_blocking_pipe(&ends) == 0 else { throw failure("pipe", errno) }
    let reading = OwnedDescriptor(ends[0])
    let deadline = clock.now.advanced(by: timeMax)
    let process = try spawn(into: OwnedDescriptor(ends[1]))
    let bytes: Result<[UInt8], SecretProcessFailure>
    do throws(SecretProcessFailure) {
      bytes = .success(try collect(reading.number, until: deadline))
    } catch {
      bytes = .failure(error)
    }
    if case .failure = bytes { kill(-process, SIGKILL) }
    let status = wait(process, until: deadline)
    // What the program left running in its group.
    kill(-process, SIGKILL)
    let value = try bytes.get()
    guard let status else { throw late }
    guard status == 0 else { throw SecretProcessFailure(SecretProcess.text(ofStatus: status)) }
    return value
  }

  private var late: SecretProcessFailure {
    SecretProcessFailure("the program did not end within \(timeMax): it was killed")
  }

  private func failure(_ call: String, _ code: Int32) -> SecretProcessFailure {
    SecretProcessFailure("\(call): \(InputDescriptor.text(ofError: code))")
  }

  private static func text(ofStatus status: Int32) -> String {
    let signal = status & 0x7F
    return signal == 0
      ? "the program ended with status \(status >> 8 & 0xFF): expected 0"
      : "the program was ended by signal \(signal): expected status 0"
  }

  /// Starts the program; the pipe's writing end is closed here when it returns.
  private func spawn(
    into writing: consuming OwnedDescriptor
  ) throws(SecretProcessFailure) -> pid_t {
    let path = words[0]
    return try unsafe SecretProcess.withWords(words) { (words) throws(SecretProcessFailure) in
      try unsafe SecretProcess.withWords(environment) {
        (environment) throws(SecretProcessFailure) in
        var process: pid_t = 0
        // SAFETY: both lists end with nil, and they and the path outlive the call.
        let code = unsafe vigil_spawn_apart(path, words, environment, writing.number, &process)
        guard code == 0 else { throw failure("start the program", code) }
        return process
      }
    }
  }

  /// Lends the words as C strings, with nil behind the last.
  private static func withWords<Result>(
    _ words: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) throws(SecretProcessFailure) -> Result
  ) throws(SecretProcessFailure) -> Result {
    // SAFETY: strdup answers terminated copies, which are freed once the body has returned.
    let copies = unsafe words.map { unsafe strdup($0) }
    defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
    return try unsafe body(copies + [nil])
  }

  /// Everything up to the end of the output.
  private func collect(
    _ descriptor: Int32, until deadline: ContinuousClock.Instant
  ) throws(SecretProcessFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      guard try isReadable(descriptor, until: deadline) else { throw late }
      var piece = [UInt8](repeating: 0, count: 4096)
      // SAFETY: read writes at most the piece's length.
      let count = unsafe piece.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress, $0.count)
      }
      if count == 0 { return bytes }
      if count < 0 {
        guard errno == EINTR else { throw failure("read", errno) }
        continue
      }
      bytes += piece.prefix(count)
      guard bytes.count <= SystemSecretSource.byteCountMax else {
        throw SecretProcessFailure(
          "the program wrote more than \(SystemSecretSource.byteCountMax) bytes: it was killed")
      }
    }
  }

  private func isReadable(
    _ descriptor: Int32, until deadline: ContinuousClock.Instant
  ) throws(SecretProcessFailure) -> Bool {
    while true {
      let left = clock.now.duration(to: deadline).components
      let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
      guard milliseconds > 0 else { return false }
      var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // SAFETY: one structure, as the count says.
      let count = unsafe poll(&waited, 1, Int32(min(milliseconds, 60_000)))
      if count > 0 { return true }
      guard count == 0 || errno == EINTR else { throw failure("poll", errno) }
    }
  }

  /// The program's wait status; nil when it had to be killed at the deadline.
  private func wait(_ process: pid_t, until deadline: ContinuousClock.Instant) -> Int32? {
    var status: Int32 = 0
    while true {
      // SAFETY: waitpid fills the one number.
      let found = unsafe waitpid(process, &status, WNOHANG)
      if found == process { return status }
      if found < 0, errno != EINTR { return nil }
      guard clock.now < deadline else { break }
      usleep(UInt32(SecretProcess.pauseMilliseconds) * 1000)
    }
    kill(-process, SIGKILL)
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return nil
  }
}

/// Who may read a file.
enum SecretFileMode {
  /// Permission bits of what a path leads to; nil when that cannot be told.
  static func permissions(_ path: String) -> UInt32? {
    var status = stat()
    // SAFETY: stat fills the one structure; the path outlives the call.
    guard unsafe stat(path, &status) == 0 else { return nil }
    return UInt32(status.st_mode) & 0o7777
  }
}
