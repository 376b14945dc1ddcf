import Ingest
import Report

/// What the process hands back to its caller.
enum ExitStatus: Int32, Sendable {
  case done = 0
  /// Evidence is damaged or a proof is refused.
  case damaged = 1
  /// Wrong usage or unreadable input.
  case usage = 2
  /// Findings at or above `--fail-on`.
  case findings = 3
  /// Could not write or serve.
  case unwritable = 4
}

/// The world as commands see it: two streams, a clock, a terminal or none. Made in Assembly.
final class Tool {
  private let output: OutputStream
  private let errors: OutputStream
  let now: () -> Timestamp
  let outputWidth: Int?
  let errorWidth: Int?
  let style: TextStyle
  let errorStyle: TextStyle
  /// Whether progress lines may be drawn on the error stream.
  let showsProgress: Bool

  init(
    output: OutputStream, errors: OutputStream, now: @escaping () -> Timestamp,
    terminal: TerminalTraits
  ) {
    self.output = output
    self.errors = errors
    self.now = now
    outputWidth = terminal.outputWidth
    errorWidth = terminal.errorWidth
    style = TextStyle(usesColor: terminal.outputIsTerminal && terminal.wantsColor)
    errorStyle = TextStyle(usesColor: terminal.errorIsTerminal && terminal.wantsColor)
    showsProgress = terminal.errorIsTerminal
  }

  /// One line to standard output.
  func print(_ line: String) { output.write(Array((line + "\n").utf8)) }

  /// Bytes to standard output, as they are, with a newline behind.
  func print(bytes: [UInt8]) { output.write(bytes + [0x0A]) }

  /// Bytes to standard output, as they are.
  func write(bytes: [UInt8]) { output.write(bytes) }

  /// Text to standard output without a newline.
  func write(_ text: String) { output.write(Array(text.utf8)) }

  /// One line to standard error; what was printed before it is out first.
  func printError(_ line: String) {
    output.flush()
    errors.write(Array((line + "\n").utf8))
    errors.flush()
  }

  /// Redraws the progress line; a no-op when standard error is no terminal.
  func progress(_ text: String) {
    guard showsProgress else { return }
    errors.write(Array("\r\u{1B}[K\(text)".utf8))
    errors.flush()
  }

  func clearProgress() {
    guard showsProgress else { return }
    errors.write(Array("\r\u{1B}[K".utf8))
    errors.flush()
  }

  /// False when standard output could not be written: the report is not whole.
  func flush() -> Bool {
    output.flush()
    errors.flush()
    return output.failedErrno == nil
  }
}

/// What is known of the terminal at start.
struct TerminalTraits {
  var outputIsTerminal: Bool
  var errorIsTerminal: Bool
  var outputWidth: Int?
  var errorWidth: Int?
  /// False with NO_COLOR set (to anything but nothing) or TERM=dumb.
  var wantsColor: Bool
}

/// Text from the command line or a file inside a message: quoted, escaped, cut.
enum Quotation {
  static func quoted(_ text: String) -> String {
    "\"" + TerminalText.fitted(TerminalText.escaped(text), width: 80) + "\""
  }
}
